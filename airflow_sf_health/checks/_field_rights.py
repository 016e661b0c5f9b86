"""Which of the fields that a task uses are not there for its user, and which of those that it writes cannot be written."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from airflow_sf_health.checks._columns import bad_column
from airflow_sf_health.checks._gone import HIDDEN, Why, why_field
from airflow_sf_health.checks._schemas import Schema
from airflow_sf_health.evidence.evidence import Evidence
from airflow_sf_health.org.errors import Refusal
from airflow_sf_health.requirements import ObjectUse
from airflow_sf_health.schema.shape import FieldShape, ObjectShape

AUDIT_FIELDS = ("createdbyid", "createddate", "lastmodifiedbyid", "lastmodifieddate")
CREATES, UPDATES = ("insert", "upsert"), ("update", "upsert")


@dataclass(frozen=True, slots=True)
class Missing:
    """A used field that is not there, by its name in the requirements."""

    name: str
    why: Why


@dataclass(frozen=True, slots=True)
class Unwriteable:
    """A used field that is there and takes no value from the task."""

    name: str
    lacking: str
    """``createable`` or ``updateable``."""
    shape: FieldShape

    @property
    def is_audit(self) -> bool:
        return self.shape.name.casefold() in AUDIT_FIELDS

    @property
    def said(self) -> str:
        if self.shape.calculated:
            return f"{self.name} (calculated)"
        return f"{self.name} (not in {'new' if self.lacking == 'createable' else 'existing'} records)"


def missing(schema: Schema, refusals: list[Refusal], evidence: Evidence) -> Iterator[Missing]:
    """Those that the describe lacks, and the one that the refusal of a query names.

    :param refusals: of the queries that prove the rights.
    """
    use, shape = schema.use, schema.now
    told: set[str] = set()
    for name in use.fields if shape is not None else ():
        if shape is not None and shape.field_of(name) is None:
            told.add(name)
            yield Missing(name, why_field(evidence, use.name, name, schema))
    for refusal in refusals:
        column = bad_column(refusal)
        if column is None or column.is_of_any_owner:
            continue
        named = next((name for name in use.fields if column.is_in(name)), column.name)
        if named not in told:
            told.add(named)
            yield Missing(named, _why_refused(schema, named, column.name, column.sobject, evidence))


def _why_refused(schema: Schema, named: str, column: str, sobject: str, evidence: Evidence) -> Why:
    """Why the query was refused for a field that the describe shows, or of which there is no describe."""
    use = schema.use
    own = sobject.casefold() in ("", use.name.casefold())
    if not own:
        return why_field(evidence, sobject, column, None)
    if schema.now is not None and "." not in named:
        return Why(
            HIDDEN,
            f"The describe shows {named}, and the query for it is refused, which counts: the task's query would be too.",
        )
    return why_field(evidence, use.name, named, schema)


def unwriteable(use: ObjectUse, shape: ObjectShape) -> Iterator[Unwriteable]:
    """Each field once, for what comes first."""
    told: set[str] = set()
    for operations, lacking in ((CREATES, "createable"), (UPDATES, "updateable")):
        for name in (each for operation in operations for each in getattr(use, operation) or ()):
            found = shape.field_of(name)
            if found is None or getattr(found, lacking) or name.casefold() in told or _is_key(use, found):
                continue
            told.add(name.casefold())
            yield Unwriteable(name, lacking, found)


def _is_key(use: ObjectUse, found: FieldShape) -> bool:
    """Whether the record is only found by it."""
    return found.name in ("Id", "id") or found.name.casefold() == (use.external_id or "").casefold()
