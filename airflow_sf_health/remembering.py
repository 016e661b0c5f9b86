"""After the verdict: what of the look is kept for the next one, and who it was where the login did not get far enough to tell."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING

from airflow_sf_health.checks import load
from airflow_sf_health.checks._check import judge
from airflow_sf_health.checks._schemas import Schema, named
from airflow_sf_health.checks._words import span
from airflow_sf_health.evidence.baselines import is_stale, key_of
from airflow_sf_health.evidence.evidence import Evidence
from airflow_sf_health.evidence.facts import Described, Remembered, RememberedUser
from airflow_sf_health.evidence.memory import Memory, Snapshot, Whose
from airflow_sf_health.evidence.needs import LOCK, LOGIN, MEMORY, NOW, OPTIONS, REQUIREMENTS, Describe
from airflow_sf_health.evidence.recalling import door, in_time, whose
from airflow_sf_health.evidence.remembered_user import remembered_user
from airflow_sf_health.evidence.rights import rights_digest
from airflow_sf_health.org.login import Identity as Owner
from airflow_sf_health.report import Identity, Level, Report
from airflow_sf_health.requirements import ObjectUse, Requirements
from airflow_sf_health.schema.uses import use_of

if TYPE_CHECKING:
    import pendulum

    from airflow_sf_health.options import Options
    from airflow_sf_health.org.connection import OrgConnection

ACCESS = ("access.objects", "access.fields")
"""The checks that tell what is missing, or not as required."""
LONGEST = 5.0
"""Seconds that a memory may take at most to keep something; what it holds is worth no more of a task's time."""
NAMED = 3
"""Objects that a sentence names at most."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """What is to be kept of one look. ``renewed`` are the objects whose baseline had been too old."""

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
    if user is None and not kept.snapshots and not kept.baselines:
        return "", ()
    return memory.keep(by, kept.snapshots, kept.baselines, user, way), kept.renewed


def what_to_keep(evidence: Evidence) -> Kept:
    """The schemas of a look, as the memory takes them: each whole describe, and the baselines of what this task does."""
    seen = list(described(evidence))
    judged = [(each, schema, _judged(each, schema, evidence)) for each in seen for schema in [_schema(each, evidence)]]
    renewed = [
        each.shape.name
        for each, schema, baseline in judged
        if baseline is not None
        and _is_stale(schema, evidence)
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


def _schema(seen: Described, evidence: Evidence) -> Schema:
    """A site's own check may have an object described that the task does not name."""
    name, lock = seen.shape.name, evidence[LOCK]
    locked = named(lock.objects, name) if lock is not None else None
    return Schema(
        use=use_of(evidence[REQUIREMENTS], name) or ObjectUse(name=name),
        described=seen,
        refusal=None,
        locked=locked.shape if locked is not None else None,
        remembered=named(evidence[MEMORY].snapshots, name),
    )


def _judged(seen: Described, schema: Schema, evidence: Evidence) -> Remembered | None:
    """The baseline of what this task does with the object.

    What it accepts is the new one, and what it does not leaves the old one, as its own from now on: else a retry would turn green
    by itself, or by another task that accepts. Where it lacks what it needs there is nothing to accept.
    """
    before = schema.remembered
    key = key_of(seen.shape.name, evidence[REQUIREMENTS], evidence[OPTIONS], evidence[LOCK])
    is_own, is_same = before is not None and before.use == key, schema.is_as_remembered
    accepted = (is_same and is_own) or (_is_acceptable(schema, evidence) and not _lacks(schema, evidence))
    if not accepted:
        return _refused(before, key, seen.at) if before is not None and not is_same else None
    if before is None or not is_same:
        before = Remembered(shape=seen.shape, taken_at=seen.at, compared_at=seen.at, confirmed_at=seen.at)
    found = replace(before, use=key, confirmed_at=seen.at, refused_at=None)
    if seen.unchanged:  # That Salesforce says so moves nothing but the clock.
        return found
    return replace(found, compared_at=seen.at, last_modified=seen.last_modified, rights=rights_digest(evidence))


def _refused(before: Remembered, key: str, at: pendulum.DateTime) -> Remembered:
    """The same baseline, with since when it is not what is there."""
    return replace(before, use=key, refused_at=(before.refused_at if before.use == key else None) or at)


def _is_acceptable(schema: Schema, evidence: Evidence) -> bool:
    """Whether nothing has changed that this task must be told of."""
    options = evidence[OPTIONS]
    if _is_stale(schema, evidence) and options.on_stale == "fail" and not schema.is_as_remembered:
        return False
    strict = options.on_drift == "fail"
    return options.on_drift == "warn" or not any(each.breaking or (each.used and strict) for each in schema.changes)


def _lacks(schema: Schema, evidence: Evidence) -> bool:
    """Whether something that the task uses is missing, or not as required; told by the checks that look for it."""
    if schema.now is not None and any(schema.now.field_of(name) is None for name in schema.use.fields):
        return True
    use = evidence[REQUIREMENTS].use_of(schema.use.name)
    alone = evidence.plus({REQUIREMENTS: Requirements(objects=(use,))}) if use is not None else None
    if alone is None:
        return False
    return any(each.level is Level.FAILED for name in ACCESS for each in judge(load(name), alone))


def _is_stale(schema: Schema, evidence: Evidence) -> bool:
    """What a lock file holds does not age."""
    if schema.remembered is None or schema.locked is not None:
        return False
    return is_stale(schema.remembered, evidence[NOW], evidence[OPTIONS])


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
