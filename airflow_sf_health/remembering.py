"""After the verdict: what of the look is kept for the next one, and who it was where the login did not get far enough to tell."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING

from airflow_sf_health.checks._accepting import baseline_of, is_too_old, schema_seen
from airflow_sf_health.checks._words import span
from airflow_sf_health.evidence.damage import damage
from airflow_sf_health.evidence.evidence import Evidence
from airflow_sf_health.evidence.facts import Described, Remembered, RememberedUser
from airflow_sf_health.evidence.memory import Memory, Snapshot, Whose
from airflow_sf_health.evidence.needs import LOGIN, MEMORY, OPTIONS, Describe
from airflow_sf_health.evidence.recalling import door, in_time, whose
from airflow_sf_health.evidence.remembered_user import remembered_user
from airflow_sf_health.org.login import Identity as Owner
from airflow_sf_health.report import Identity, Report

if TYPE_CHECKING:
    from airflow_sf_health.options import Options
    from airflow_sf_health.org.connection import OrgConnection

LONGEST = 5.0
"""Seconds that a memory may take at most to keep something; what it holds is worth no more of a task's time."""
NAMED = 3
"""Objects that a sentence names at most."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """What is to be kept of one look. ``renewed`` are the objects whose baseline had been too old."""

    user: RememberedUser | None = None
    snapshots: tuple[Snapshot, ...] = ()
    baselines: tuple[Remembered, ...] = ()
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
    problem, kept = (done, Kept()) if isinstance(done, str) else done
    new = [] if problem else [each.shape.name for each in kept.baselines]
    broken = damage(evidence[MEMORY], report.conn_id, new, user_renewed=kept.user is not None and not problem)
    if problem:
        said = f"{memory.reach}; this look was not kept: {_plain(problem)}"
        return _warned(report, f"{said}; {broken}" if broken else said)
    repairs = (*report.repairs, *_renewals(kept.renewed, evidence[OPTIONS]))
    report = replace(report, memory=memory.reach, repairs=repairs)
    return _warned(report, f"{memory.reach}; {broken}") if broken else report


def _keep(memory: Memory, by: Whose, report: Report, evidence: Evidence, connection: OrgConnection) -> tuple[str, Kept]:
    user = remembered_user(evidence) if report.may_proceed else None
    kept = replace(what_to_keep(evidence), user=user)
    way = door(connection) if user is not None else None
    if user is None and not kept.snapshots and not kept.baselines:
        return "", kept
    return memory.keep(by, kept.snapshots, kept.baselines, user, way), kept


def what_to_keep(evidence: Evidence) -> Kept:
    """The schemas of a look, as the memory takes them: each whole describe, and the baselines of what this task does."""
    seen = list(described(evidence))
    judged = [
        (each, schema, baseline_of(each, schema, evidence)) for each in seen for schema in [schema_seen(each, evidence)]
    ]
    renewed = [
        each.shape.name
        for each, schema, baseline in judged
        if baseline is not None
        and is_too_old(schema, evidence)
        and baseline.confirmed_at == each.at
        and not each.unchanged
    ]
    return Kept(
        snapshots=tuple(Snapshot(shape=each.shape, body=each.body, at=each.at) for each in seen if each.body),
        baselines=tuple(baseline for _, _, baseline in judged if baseline is not None),
        renewed=tuple(renewed),
    )


def described(evidence: Evidence) -> Iterator[Described]:
    """All objects that were described in this look."""
    answers = (evidence.get(need) for need in evidence.needs() if isinstance(need, Describe))
    yield from (answer for answer in answers if answer is not None)


def _renewals(renewed: Sequence[str], options: Options) -> Iterator[str]:
    if not renewed:
        return
    more = len(renewed) - NAMED
    names = ", ".join(renewed[:NAMED]) + (f" and {more} more" if more > 0 else "")
    what = "schema of {} was" if len(renewed) == 1 else "schemas of {} were"
    yield f"The remembered {what.format(names)} older than {span(options.max_age or 0)}, and read anew."


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
