"""What is remembered of the schema is not too old.

A tool that remembers fields and does not ask for them again works with a schema that is no more; clearing that cache is the third cure
of the inactive-user error. The snapshot of each object that the task names is held against `max_age`, with a margin of a twentieth; what
happens to an older one is for `on_stale` to say. What was never looked at is not fresh, it is not known; what a lock file holds does
not age. Caches elsewhere, such as Skyvia's, cannot be seen.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from enum import Enum, auto
from typing import Any

from airflow_sf_health.checks._check import Check
from airflow_sf_health.checks._schemas import Schema, not_known, schemas
from airflow_sf_health.checks._uses import describes
from airflow_sf_health.checks._words import listed, sentences, span
from airflow_sf_health.evidence.baselines import age, is_stale
from airflow_sf_health.evidence.evidence import Evidence
from airflow_sf_health.evidence.needs import CONNECTION, LOCK, MEMORY, NOW, OPTIONS, REQUIREMENTS, Need
from airflow_sf_health.report.finding import Finding, Level
from airflow_sf_health.requirements import Requirements

CAUSE = "metadata_cache_stale"
STALE_LEVELS = {"fail": Level.FAILED, "warn": Level.WARNING}
"""By ``on_stale``; with ``refresh`` a stale snapshot is replaced, and that is all."""


class State(Enum):
    """How the remembered schema of one object stands."""

    STALE = auto()
    UNKNOWN = auto()
    RENEWED = auto()
    FRESH = auto()


def evaluate(evidence: Evidence) -> Iterator[Finding]:
    """One finding for each way in which objects stand: too old, not known, fresh."""
    by_state: dict[State, list[Schema]] = {state: [] for state in State}
    for schema in schemas(evidence):
        by_state[_state(schema, evidence)].append(schema)
    if not any(by_state.values()):
        yield Finding(level=Level.NOT_APPLICABLE, summary="the task names no objects")
    if by_state[State.STALE]:
        yield _stale(by_state[State.STALE], evidence)
    if by_state[State.UNKNOWN]:
        yield not_known(by_state[State.UNKNOWN], evidence, "no known age of")
    if by_state[State.FRESH] or by_state[State.RENEWED]:
        yield _fresh(by_state[State.FRESH], by_state[State.RENEWED], evidence)


def _state(schema: Schema, evidence: Evidence) -> State:
    options, is_described = evidence[OPTIONS], schema.described is not None
    if schema.is_gone:
        return State.UNKNOWN
    if schema.locked is not None or schema.remembered is None:
        return State.FRESH if schema.locked is not None and is_described else State.UNKNOWN
    if not is_stale(schema.remembered, evidence[NOW], options):
        return State.FRESH
    if schema.is_broken and options.on_drift != "warn":
        return (
            State.FRESH
        )  # as far as it was read just now; what has changed is told elsewhere, and to refresh would accept it
    if options.on_stale in STALE_LEVELS:
        return State.STALE
    return State.RENEWED if is_described else State.UNKNOWN


def _told(schema: Schema, evidence: Evidence) -> str:
    if schema.remembered is None:
        return schema.use.name
    passed = age(schema.remembered, evidence[NOW])
    return (
        f"{schema.use.name} ({span(passed)} old)"
        if passed >= 0
        else f"{schema.use.name} (read by a clock that is ahead)"
    )


def _stale(stale: Sequence[Schema], evidence: Evidence) -> Finding:
    told, limit = listed([_told(schema, evidence) for schema in stale]), span(evidence[OPTIONS].max_age or 0)
    what = "the snapshot is" if len(stale) == 1 else f"{len(stale)} snapshots are"
    return Finding(
        level=STALE_LEVELS[evidence[OPTIONS].on_stale or ""],
        summary=f"{what} older than {limit}: {told}",
        cause=CAUSE,
        saw=f"{told}, max_age is {limit}",
        hint=sentences(*_then(stale, evidence)),
    )


def _then(stale: Sequence[Schema], evidence: Evidence) -> Iterator[str]:
    """What follows for those that are as they were, and for the others, which a look replaces that only warns of their age."""
    same = [each.use.name for each in stale if each.is_as_remembered]
    changed = [each for each in stale if not each.is_as_remembered]
    replaces = evidence[OPTIONS].on_stale == "warn"
    taken = [each.use.name for each in changed if replaces and each.described is not None]
    others = [each.use.name for each in changed if each.use.name not in taken]
    if same:
        yield f"{listed(same)}: as remembered, so that the next run finds it fresh where this look could be kept"
    if taken:
        yield f"{listed(taken)}: taken anew by this look, where it could be kept and finds nothing wrong"
    if others:
        yield f"To have it taken anew: sf-health metadata refresh {evidence[CONNECTION].conn_id} {' '.join(others)}"


def _fresh(fresh: Sequence[Schema], renewed: Sequence[Schema], evidence: Evidence) -> Finding:
    described = [(each, each.described) for each in (*fresh, *renewed) if each.described is not None]
    read = [each for each, now in described if not now.unchanged]
    unchanged = [each for each, now in described if now.unchanged]
    parts = [f"{_objects(read)} read just now"] if read else []
    parts += [f"{_objects(unchanged)} unchanged, says Salesforce"] if unchanged else []
    if renewed:
        before = listed([_told(each, evidence) for each in renewed])
        parts.append(f"too old until now: {before}")
    for each in fresh:
        if each.refusal is not None:
            parts.append(f"{_told(each, evidence)} could not be asked now: {each.refusal.said}")
    return Finding(level=Level.OK, summary="; ".join(parts))


def _objects(found: Sequence[Schema]) -> str:
    return f"{len(found)} objects" if len(found) > 1 else found[0].use.name


def _needs_for(requirements: Requirements) -> tuple[Need[Any], ...]:
    return describes(requirements)


CHECK = Check(
    id="metadata.freshness",
    title="Age of the remembered schema",
    needs=(CONNECTION, LOCK, MEMORY, NOW, OPTIONS, REQUIREMENTS),
    needs_for=_needs_for,
    evaluate=evaluate,
)
