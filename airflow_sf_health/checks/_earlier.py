"""What earlier looks say of a key that is no external id, or of a record type that is not there: that it was changed, or nothing.

What no look has seen may be misnamed in the requirements as well, which is no change of the org.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from airflow_sf_health.checks._gone import Baseline, baselines
from airflow_sf_health.evidence.evidence import Evidence
from airflow_sf_health.report.finding import Candidate
from airflow_sf_health.schema.shape import FieldShape, ObjectShape

MISNAMED = Candidate(
    cause="query_error",
    tell="Setup > View Setup Audit Trail tells of no change to it: then the requirements have never named it rightly.",
)


@dataclass(frozen=True, slots=True)
class Earlier:
    """The sentence, and what else than a change it may be; nothing where a look has seen it as it should be."""

    said: str
    candidates: tuple[Candidate, ...] = (MISNAMED,)


def is_key(field: FieldShape) -> bool:
    """Whether Salesforce finds records by it."""
    return field.id_lookup or field.external_id


def earlier_key(evidence: Evidence, sobject: str, name: str) -> Earlier:
    """Of a field by which records are to be found."""

    def was_key(shape: ObjectShape) -> bool | None:
        found = shape.field_named(name)
        return is_key(found) if found is not None else None

    had, lacked = _looks(evidence, sobject, was_key)
    if had is not None:
        return Earlier(f"{name} was one {had.when}", ())
    if lacked is not None:
        return Earlier(f"{name} was none {lacked.when} either, so that another field may be meant")
    return Earlier(f"{name} was unmarked, or never was one: no earlier look at it is remembered")


def earlier_record_type(evidence: Evidence, sobject: str, name: str) -> Earlier:
    """Of a record type that a describe does not have."""

    def was_there(shape: ObjectShape) -> bool | None:
        return True if shape.record_type_named(name) is not None else None if shape.partial else False

    had, lacked = _looks(evidence, sobject, was_there)
    if had is not None:
        return Earlier(f"{name} was there {had.when}, and was made inactive, deleted or renamed since", ())
    if lacked is not None:
        said = f"{sobject} had no such record type {lacked.when} either"
        return Earlier(f"{name} is misspelt, or was gone before: {said}")
    return Earlier(f"{name} was made inactive, deleted or renamed, or is misspelt: no earlier look at it is remembered")


def _looks(
    evidence: Evidence, sobject: str, told: Callable[[ObjectShape], bool | None]
) -> tuple[Baseline | None, Baseline | None]:
    """The first look that has seen it, and the first that has seen it missing."""
    looks = [(each, told(each.shape)) for each in baselines(evidence, sobject)]
    had = next((each for each, is_there in looks if is_there), None)
    return had, next((each for each, is_there in looks if is_there is False), None)
