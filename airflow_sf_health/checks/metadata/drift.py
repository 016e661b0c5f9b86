"""The schema is the one that the task's mapping was made for.

Fields are renamed, retyped, shortened or hidden between two runs, and the load fails or writes something else than meant. Each object
that the task names, or has a simple query on, is compared with its lock file, or else with what is remembered of it. What the task does not use fails
nothing; of what it uses, a change that breaks it is told with what to change in the mapping, and one that may make some rows fail is a
warning. A field that has vanished may be
deleted, renamed, or hidden from this user by a permission: Salesforce tells those apart to nobody but an administrator.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from typing import Any

from airflow_sf_health.causes import cause
from airflow_sf_health.checks._check import Check
from airflow_sf_health.checks._gone import HIDDEN, NEEDS
from airflow_sf_health.checks._mapping import cures, lost
from airflow_sf_health.checks._schemas import Schema, not_known, schemas
from airflow_sf_health.checks._uses import describes
from airflow_sf_health.checks._words import MOST_LISTED, counted
from airflow_sf_health.evidence.evidence import Evidence
from airflow_sf_health.evidence.needs import CONNECTION, LOCK, MEMORY, OPTIONS, REQUIREMENTS, Need
from airflow_sf_health.report.finding import Candidate, Finding, Level
from airflow_sf_health.requirements import Requirements
from airflow_sf_health.schema.change import Change, Kind
from airflow_sf_health.schema.uses import uses

CAUSE = "schema_changed"
MASKED = {Kind.OBJECT_GONE, Kind.OBJECT_RIGHT_GONE, Kind.FIELD_REMOVED, Kind.FIELD_RENAMED, Kind.FIELD_NOT_WRITEABLE}
"""What a permission that was taken away looks like as well."""
BENIGN = {Kind.FIELD_ADDED: "new field", Kind.FIELD_LENGTHENED: "longer field", Kind.LABEL_CHANGED: "changed label"}
OTHER = "other harmless change"


def evaluate(evidence: Evidence) -> Iterator[Finding]:
    """One finding on all changes that matter, one on those that may, one on objects that could not be compared; without the first two
    one that sums up the rest.
    """
    found = list(schemas(evidence))
    if not found:
        yield Finding(level=Level.NOT_APPLICABLE, summary="the task names no objects")
        return
    compared = [each for each in found if _is_comparable(each)]
    matter = [(schema, change) for schema in compared for change in schema.changes if _matters(change, evidence)]
    told = [(schema, change) for schema in compared for change in schema.changes if change.notable]
    told = [each for each in told if each not in matter]
    if matter:
        yield _drifted(matter, evidence)
    if told:
        yield replace(_drifted(told, evidence), level=Level.WARNING)
    if len(compared) < len(found):
        yield not_known([each for each in found if not _is_comparable(each)], evidence, "nothing to compare with for")
    if compared and not matter and not told:
        yield _calm(compared)


def _is_comparable(schema: Schema) -> bool:
    return schema.baseline is not None and (schema.described is not None or schema.is_gone)


def _matters(change: Change, evidence: Evidence) -> bool:
    return change.breaking or (change.used and evidence[OPTIONS].on_drift == "fail")


def _drifted(found: Sequence[tuple[Schema, Change]], evidence: Evidence) -> Finding:
    said = list(dict.fromkeys(change.said for _, change in found))
    taken = frozenset[Change]().union(*(lost(evidence, schema) for schema in dict.fromkeys(each for each, _ in found)))
    by_rights = all(change in taken for _, change in found)
    masked, main = any(change.kind in MASKED for _, change in found), HIDDEN if by_rights else CAUSE
    number = f"{len(said)} changes of the schema: " if len(said) > 1 else "the schema has changed: "
    more = [f"and {len(said) - MOST_LISTED} more"] if len(said) > MOST_LISTED else []
    return Finding(
        level=Level.WARNING if evidence[OPTIONS].on_drift == "warn" else Level.FAILED,
        summary=number + "; ".join([*said[:MOST_LISTED], *more]),
        cause=main,
        saw="\n".join([*said, f"compared with {_baselines([schema for schema, _ in found])}"]),
        certain=not masked,
        candidates=_candidates(main) if masked else (),
        hint="\n".join([*cures([change for _, change in found], taken), *_then(found, taken, evidence)]),
    )


def _candidates(main: str) -> tuple[Candidate, ...]:
    """What else looks like the main cause in a describe."""
    wanted = [each for each in cause(main).candidates if (not each.codes if main == CAUSE else each.cause == CAUSE)]
    return tuple(Candidate(cause=each.cause, tell=each.tell) for each in wanted)


def _then(found: Sequence[tuple[Schema, Change]], taken: Collection[Change], evidence: Evidence) -> Iterator[str]:
    """How the new schema is accepted: until then each run meets the same difference. What a store remembers of a change that does not
    break the task is replaced by itself, and so is all of it where changes shall only warn.
    """
    conn_id, news = evidence[CONNECTION].conn_id, [each for each in found if _is_schema(each[1], taken)]
    if evidence[OPTIONS].on_drift == "warn" or not news:
        return
    first = "After the mapping is changed, accept the new schema"
    names = dict.fromkeys(each.use.name for each, change in news if each.locked is None and not change.notable)
    if names:
        yield f"{first}: sf-health metadata refresh {conn_id} {' '.join(names)}"
    if any(each.locked is not None for each, _ in news):
        yield f"{first}: sf-health metadata lock {conn_id} --requirements FILE --update -o LOCKFILE"


def _is_schema(change: Change, taken: Collection[Change]) -> bool:
    """Whether it is a change of the schema that can be accepted: neither a lost right nor an object that is not there."""
    by_right = change.kind in (Kind.OBJECT_GONE, Kind.OBJECT_RIGHT_GONE)
    return not by_right and change not in taken and not (change.kind is Kind.FIELD_NOT_WRITEABLE and change.regain)


def _baselines(found: Sequence[Schema]) -> str:
    return " and ".join(dict.fromkeys(each.compared_with for each in found))


def _calm(compared: Sequence[Schema]) -> Finding:
    number = Counter(BENIGN.get(change.kind, OTHER) for schema in compared for change in schema.changes)
    told = ", ".join(counted(count, what) for what, count in number.items())
    one = compared[0]
    fit = f"{one.use.name} fits the task as in {one.compared_with}"
    if len(compared) > 1:
        fit = f"{len(compared)} objects fit the task as they were"
    return Finding(level=Level.OK, summary=f"{fit}{f'; {told}' if told else ''}")


def _needs_for(requirements: Requirements) -> tuple[Need[Any], ...]:
    return (*describes(requirements), *NEEDS) if uses(requirements) else ()


CHECK = Check(
    id="metadata.drift",
    title="Changes of the schema",
    needs=(CONNECTION, LOCK, MEMORY, OPTIONS, REQUIREMENTS),
    needs_for=_needs_for,
    evaluate=evaluate,
)
