"""After the verdict: what of the look is kept for the next one, and who it was where the login did not get far enough to tell."""

from __future__ import annotations

import logging
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING

from airflow_sf_health.evidence.evidence import Evidence
from airflow_sf_health.evidence.facts import Described, Remembered, RememberedUser
from airflow_sf_health.evidence.memory import Confirmation, Memory, Snapshot, Whose
from airflow_sf_health.evidence.needs import LOGIN, MEMORY, NOW, OPTIONS, REQUIREMENTS, Describe
from airflow_sf_health.evidence.recalling import door, in_time, whose
from airflow_sf_health.evidence.remembered_user import remembered_user
from airflow_sf_health.evidence.rights import rights_digest
from airflow_sf_health.org.login import Identity as Owner
from airflow_sf_health.report import Identity, Report

if TYPE_CHECKING:
    from airflow_sf_health.options import Options
    from airflow_sf_health.org.connection import OrgConnection
    from airflow_sf_health.requirements import ObjectUse

LONGEST = 5.0
"""Seconds that a memory may take at most to keep something; what it holds is worth no more of a task's time."""
NAMED = 3
"""Objects that a sentence names at most."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """What is to be kept of one look. ``renewed`` are the objects whose snapshot had been too old."""

    snapshots: tuple[Snapshot, ...] = ()
    confirmations: tuple[Confirmation, ...] = ()
    renewed: tuple[str, ...] = ()


def remember(
    memory: Memory, report: Report, evidence: Evidence, connections: Sequence[OrgConnection], *, seconds: float
) -> Report:
    """Keep what this look has found, and give the report with how far the memory reaches, or why nothing was kept. Never raises:
    a memory that fails or is slow is told, and changes no verdict.

    :param connections: that of the look first, then the one that it was made for, where a session was renewed.
    :param seconds: how long it may take.
    """
    problem, login = evidence[MEMORY].problem, evidence[LOGIN]
    if problem:
        return _warned(report, f"no memory: {_plain(problem)}")
    owner = Owner(login.org_id, login.user_id) if login.org_id and login.user_id else None
    by = whose(owner) if login.refusal is None else None
    if by is None:
        return recognised(memory, report, connections, seconds=seconds)
    done = in_time(lambda: _keep(memory, by, report, evidence, connections[0]), min(seconds, LONGEST))
    problem, renewed = (done, ()) if isinstance(done, str) else done
    if problem:
        return _warned(report, f"{memory.reach}; this look was not kept: {_plain(problem)}")
    repairs = (*report.repairs, *_renewals(renewed, evidence[OPTIONS]))
    return replace(report, memory=memory.reach, repairs=repairs)


def _keep(
    memory: Memory, by: Whose, report: Report, evidence: Evidence, connection: OrgConnection
) -> tuple[str, tuple[str, ...]]:
    kept = what_to_keep(evidence)
    user = remembered_user(evidence) if report.may_proceed else None
    way = door(connection) if user is not None else None
    if user is None and not kept.snapshots and not kept.confirmations:
        return "", ()
    return memory.keep(by, kept.snapshots, kept.confirmations, user, way), kept.renewed


def what_to_keep(evidence: Evidence) -> Kept:
    """The schemas of a look, as the memory takes them.

    A schema that breaks what the task does is no new baseline, else a retry would turn green by itself; nor is anything kept in
    place of a snapshot that is too old where that is to be told and not mended.
    """
    options, requirements = evidence[OPTIONS], evidence[REQUIREMENTS]
    baselines = {name.casefold(): each for name, each in evidence[MEMORY].snapshots.items()}
    rights, snapshots, confirmations, renewed = rights_digest(evidence), [], [], []
    for seen in described(evidence):
        name = seen.shape.name
        before = baselines.get(name.casefold())
        is_stale = before is not None and _is_stale(before, evidence)
        leave = is_stale and options.on_stale != "refresh"
        if before is not None and (seen.unchanged or seen.shape == before.shape):
            if not leave:
                confirmations.append(_confirmation(seen, rights))
        else:
            accepted = not leave and _is_acceptable(before, seen, requirements.use_of(name), options)
            snapshots.append(_snapshot(seen, rights, accepted=accepted))
        if is_stale and not leave and not seen.unchanged:
            renewed.append(name)
    return Kept(snapshots=tuple(snapshots), confirmations=tuple(confirmations), renewed=tuple(renewed))


def described(evidence: Evidence) -> Iterator[Described]:
    """All objects that were described in this look."""
    answers = (evidence.get(need) for need in evidence.needs() if isinstance(need, Describe))
    yield from (answer for answer in answers if answer is not None)


def _snapshot(seen: Described, rights: str | None, *, accepted: bool) -> Snapshot:
    return Snapshot(
        shape=seen.shape,
        body=seen.body or {},
        at=seen.at,
        accepted=accepted,
        last_modified=seen.last_modified,
        rights=rights,
    )


def _confirmation(seen: Described, rights: str | None) -> Confirmation:
    """That Salesforce says so moves nothing but the clock; a whole describe that is equal brings its stamps too."""
    if seen.unchanged:
        return Confirmation(sobject=seen.shape.name, at=seen.at)
    stamp = seen.last_modified
    return Confirmation(sobject=seen.shape.name, at=seen.at, compared=True, last_modified=stamp, rights=rights)


def _is_acceptable(before: Remembered | None, seen: Described, use: ObjectUse | None, options: Options) -> bool:
    if before is None or options.on_drift == "warn":
        return True
    from airflow_sf_health.schema.drift import changes

    found = changes(before.shape, seen.shape, use)
    return not any(each.breaking or (each.used and options.on_drift == "fail") for each in found)


def _is_stale(before: Remembered, evidence: Evidence) -> bool:
    age = float((evidence[NOW] - before.confirmed_at).total_seconds())
    return 0 < (evidence[OPTIONS].max_age or 0) < age


def _renewals(renewed: Sequence[str], options: Options) -> Iterator[str]:
    if not renewed:
        return
    more = len(renewed) - NAMED
    names = ", ".join(renewed[:NAMED]) + (f" and {more} more" if more > 0 else "")
    hours = math.floor((options.max_age or 0) / 360) / 10
    what = "schema of {} was" if len(renewed) == 1 else "schemas of {} were"
    yield f"The remembered {what.format(names)} older than {hours:g} h, and read anew."


def recognised(memory: Memory, report: Report, connections: Sequence[OrgConnection], *, seconds: float) -> Report:
    """The report of a login that did not tell whose it is, with who came by this door last."""
    ways = list(dict.fromkeys(door(each) for each in connections))

    def asked() -> RememberedUser | None:
        return next((user for way in ways if (user := memory.who_came_by(way)) is not None), None)

    found = in_time(asked, min(seconds, LONGEST))
    if isinstance(found, str):
        return _warned(report, f"no memory: {_plain(found)}")
    return replace(report, memory=memory.reach, identity=_completed(report.identity, found))


def _completed(seen: Identity, user: RememberedUser | None) -> Identity:
    """What is known now, and what was known of the user where that is silent; nothing of somebody else."""
    known = {each.name: getattr(user, each.name, None) for each in fields(Identity) if each.name != "as_of"}
    now = {name: getattr(seen, name) for name in known if getattr(seen, name) is not None}
    if user is None or any(_differs(now.get(name), known[name]) for name in ("username", "user_id", "org_id")):
        return seen
    return Identity(**{**known, **now}, as_of=user.at)


def _differs(one: str | None, other: str | None) -> bool:
    return one is not None and other is not None and one.casefold() != other.casefold()


def _warned(report: Report, said: str) -> Report:
    """The report with why the memory is of no use; the log has a warning, since a healthy report is told in passing."""
    logging.getLogger(__name__).warning("Salesforce connection '%s': %s.", report.conn_id, said)
    return replace(report, memory=said)


def _plain(problem: str) -> str:
    """For a line of several parts, which is no sentence."""
    return problem.removeprefix("no memory: ").rstrip(".")
