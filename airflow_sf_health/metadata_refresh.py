"""Describe objects afresh, and accept what they are now as what they should be, for whatever is done with them.

No Airflow here: the operator and the command ``sf-health metadata refresh`` hand in what they have resolved.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

from airflow_sf_health import checks
from airflow_sf_health.checks._absence import is_absence
from airflow_sf_health.checks._uses import describe_of
from airflow_sf_health.evidence.baselines import EVERY_USE
from airflow_sf_health.evidence.facts import Remembered
from airflow_sf_health.evidence.look import Look
from airflow_sf_health.evidence.memory import Snapshot, Whose
from airflow_sf_health.evidence.needs import API, LOGIN, MEMORY, ORGANIZATION
from airflow_sf_health.evidence.recalling import door, in_time, recall, whose
from airflow_sf_health.evidence.remembered_user import remembered_user
from airflow_sf_health.evidence.rights import RIGHTS, rights_digest
from airflow_sf_health.evidence.told import out_of_time
from airflow_sf_health.judgement import cost_of, report_on
from airflow_sf_health.options import Options
from airflow_sf_health.org.deadline import DeadlineReached, within
from airflow_sf_health.org.login import Identity
from airflow_sf_health.report import Cost
from airflow_sf_health.report.refreshed import Refreshed, RefreshedObject
from airflow_sf_health.requirements import ObjectUse, Requirements

if TYPE_CHECKING:
    from airflow_sf_health.evidence.evidence import Evidence
    from airflow_sf_health.evidence.facts import Described
    from airflow_sf_health.evidence.memory import Memory
    from airflow_sf_health.org.connection import OrgConnection
    from airflow_sf_health.org.sharing import Sharing
    from airflow_sf_health.report import Report

__all__ = ["Refreshed", "RefreshedObject", "refresh"]

NO_STORE = "[sf_health] store is none, so nothing is remembered"
NOBODY = "the reply of the login does not tell whose token it is"
LONGEST_KEEP = 30.0
"""Seconds that the store may take to keep what was described."""


def refresh(
    connection: OrgConnection,
    objects: Sequence[ObjectUse | str],
    memory: Memory | None,
    options: Options | None = None,
    *,
    sharing: Sharing | None = None,
) -> Refreshed:
    """Describe these objects afresh, whatever is remembered, and keep them as the baselines of every use. What hooks keep of them
    in the API version that the connection pins is dropped, being as old as what was just replaced.

    :param objects: by API name; an :class:`~airflow_sf_health.requirements.ObjectUse` has the changes judged by what the task
        does with the object, a bare name only has them told.
    :param memory: None keeps nothing, and says so in ``problem``.
    :param options: of which ``reauthenticate`` counts here.
    :param sharing: by which a login is shared with other tasks. A refresh proves nothing, so any token that still works will do.
    :return: always; a refused login and an object that is not there are told in it. It takes no longer than
        ``connection.time_limits.examination`` seconds, and half a second to end.
    :raises RequirementsError: a name that no object can have; before any request.
    """
    started, choices = time.monotonic(), replace(options or Options(), max_age=0).filled()
    uses = tuple(each if isinstance(each, ObjectUse) else ObjectUse(name=each) for each in objects)
    chosen = tuple(checks.load(each) for each in checks.ALWAYS)
    asked = (*(need for check in chosen for need in check.needs), *RIGHTS, ORGANIZATION, *map(describe_of, uses))
    limit = connection.time_limits.examination
    look = Look(
        asked, Requirements(objects=uses), choices, memory=memory, until=started + limit, sharing=sharing, proven=False
    )
    seen: list[Evidence] = []
    with suppress(DeadlineReached):
        within(limit, lambda: seen.extend(_seen(look, connection, choices)), stop=look.stop, spends=True)
    evidence = seen[-1] if seen else look.without_login(connection, out_of_time(connection))
    found = _refreshed(report_on(connection, chosen, evidence), evidence, uses)
    judged = [each.name for each in objects if isinstance(each, ObjectUse)]
    if not found.refusal:
        known = recall(memory, found.whose, {use.name: EVERY_USE for use in uses}, seconds=LONGEST_KEEP).snapshots
        objects_now = tuple(_object(evidence, use, known, judged=use.name in judged) for use in uses)
        problem = _kept(connection, found.whose, evidence, uses, memory)
        found = replace(found, objects=objects_now, problem=problem, reach=memory.reach if memory else "")
    cost = cost_of(look.traffic, time.monotonic() - started)
    return replace(found, cost=cost, report=replace(found.report, cost=cost))


def _seen(look: Look, connection: OrgConnection, options: Options) -> Iterator[Evidence]:
    """What is seen, as soon as it is; by a fresh login where a ready session is dead."""
    renewal = connection.renewal if connection.session_id and options.reauthenticate else None
    is_dead = False
    for evidence in look.each(connection, is_last=renewal is None):
        yield evidence
        api = evidence.get(API)
        is_dead = api is not None and api.refusal is not None and api.refusal.status == 401
    if renewal is not None and is_dead:
        yield from look.each(renewal)


def _refreshed(report: Report, evidence: Evidence, uses: Sequence[ObjectUse]) -> Refreshed:
    """Without the objects: whose they are, or why none could be described."""
    login, main = evidence[LOGIN], report.main
    found = Refreshed(conn_id=report.conn_id, at=report.examined_at, cost=Cost(), report=report)
    if login.withheld is not None:
        return replace(found, refusal=f"no login was made: {login.withheld}")
    if not report.may_proceed:
        return replace(found, refusal=main.summary if main is not None else "nothing was answered")
    identity = Identity(login.org_id, login.user_id) if login.org_id and login.user_id else None
    return replace(found, whose=whose(identity), username=report.identity.username)


def _object(evidence: Evidence, use: ObjectUse, known: Mapping[str, Remembered], *, judged: bool) -> RefreshedObject:
    from airflow_sf_health.schema.drift import changes

    described = evidence.get(describe_of(use))
    if described is None:
        refusal = evidence.refusal(describe_of(use))
        is_gone = refusal is not None and is_absence(refusal)
        return RefreshedObject(name=use.name, refusal=refusal.said if refusal is not None else "", is_gone=is_gone)
    before = known.get(use.name)
    return RefreshedObject(
        name=described.shape.name,
        shape=described.shape,
        changes=changes(before.shape, described.shape, use if judged else None) if before is not None else (),
        before=before.taken_at if before is not None else None,
    )


def _kept(
    connection: OrgConnection, by: Whose | None, evidence: Evidence, uses: Sequence[ObjectUse], memory: Memory | None
) -> str:
    """Keep what was described, all of it or nothing; gives why nothing was kept, or the empty text."""
    if memory is None:
        return NO_STORE
    problem = evidence[MEMORY].problem
    if by is None or problem:
        return problem or NOBODY
    found = [described for use in uses if (described := evidence.get(describe_of(use))) is not None]
    names, copies = [each.shape.name for each in found], replace(by, version=connection.version)
    # A user who is known stays as at the last good look, so that the next one can tell what has changed since.
    user = evidence[MEMORY].user or remembered_user(evidence)

    def keep() -> str:
        if names and copies != by:
            memory.forget(copies, names)
        snapshots = [Snapshot(shape=each.shape, body=each.body, at=each.at) for each in found if each.body is not None]
        return memory.keep(by, snapshots, list(_baselines(found, evidence)), user, door(connection))

    return in_time(keep, LONGEST_KEEP)


def _baselines(found: Sequence[Described], evidence: Evidence) -> Iterator[Remembered]:
    rights = rights_digest(evidence)
    for each in found:
        yield Remembered(
            shape=each.shape,
            taken_at=each.at,
            compared_at=each.at,
            confirmed_at=each.at,
            last_modified=each.last_modified,
            rights=rights,
            use=EVERY_USE,
        )
