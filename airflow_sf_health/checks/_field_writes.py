"""Which of the fields that a task writes take no value from it, and why."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

from airflow_sf_health.checks._gone import HIDDEN
from airflow_sf_health.report.finding import Candidate
from airflow_sf_health.requirements import ObjectUse
from airflow_sf_health.schema.shape import FieldShape, ObjectShape

AUDIT_FIELDS = ("createdbyid", "createddate", "lastmodifiedbyid", "lastmodifieddate")
SYSTEM_FIELDS = ("isdeleted", "lastactivitydate", "lastreferenceddate", "lastvieweddate", "systemmodstamp")
COMPOUND = ("address", "location")
"""Types of fields that are made of others and can only be read."""
OWNER = "ownerid"
CREATES, UPDATES = ("insert", "upsert"), ("update", "upsert")


class Bar(Enum):
    """What keeps a task from writing a field; the value is the cause."""

    RIGHTS = HIDDEN
    AUDIT = "audit_field_permission"
    NOBODY = "query_error"


@dataclass(frozen=True, slots=True)
class Unwriteable:
    """A used field that is there and takes no value from the task."""

    name: str
    lacking: str
    """``createable`` or ``updateable``."""
    shape: FieldShape
    bar: Bar
    is_certain: bool = True

    @property
    def is_for_new_records(self) -> bool:
        """Whether somebody could write it in a new record."""
        return self.lacking == "updateable" and (self.shape.createable or _is_audit(self.shape))

    @property
    def candidates(self) -> tuple[Candidate, ...]:
        if self.is_certain:
            return ()
        if self.bar is Bar.RIGHTS:
            tell = "An administrator cannot edit the field in any record either: nobody can write it, and the mapping must leave it out."
            return (Candidate(cause="query_error", tell=tell),)
        return (Candidate(cause=HIDDEN, tell="An administrator can edit the field in a record that exists."),)

    @property
    def said(self) -> str:
        if self.shape.calculated:
            return f"{self.name} (calculated)"
        if self.shape.auto_number:
            return f"{self.name} (numbered by Salesforce)"
        return f"{self.name} (not in {'new' if self.lacking == 'createable' else 'existing'} records)"


def unwriteable(use: ObjectUse, shape: ObjectShape) -> Iterator[Unwriteable]:
    """Each field once, for what comes first."""
    told: set[str] = set()
    for operations, lacking in ((CREATES, "createable"), (UPDATES, "updateable")):
        for operation in operations:
            for name in getattr(use, operation) or ():
                found = shape.field_of(name)
                if found is None or getattr(found, lacking) or name.casefold() in told or _is_key(use, found):
                    continue
                if operation == "upsert" and _is_for_new_records(found, shape):
                    continue
                told.add(name.casefold())
                yield _barred(name, lacking, found, shape)


def kept(use: ObjectUse, shape: ObjectShape) -> Iterator[str]:
    """Fields of an upsert that only new records take; it writes those, and is refused where the record is there already."""
    for name in use.upsert or ():
        found = shape.field_of(name)
        if found is not None and not _is_key(use, found) and _is_for_new_records(found, shape):
            yield name


def unfilled(use: ObjectUse, shape: ObjectShape, operation: str) -> list[str]:
    """The fields that new records need and the list of this operation leaves out. Whoever creates a record owns it."""
    names = getattr(use, operation)
    if not names:
        return []
    keys = (use.external_id,) if operation == "upsert" and use.external_id else ()
    filled = {found.name for name in (*names, *keys) if (found := shape.field_of(name)) is not None}
    return [
        each
        for each, field in shape.fields.items()
        if field.required and each.casefold() != OWNER and each not in filled
    ]


def _barred(name: str, lacking: str, found: FieldShape, shape: ObjectShape) -> Unwriteable:
    """Field-level security gives one right to edit for new and existing records, so what takes a value in new ones alone is so for
    everybody, where the user may change the object at all.
    """
    if found.is_generated or found.type in COMPOUND or found.name.casefold() in SYSTEM_FIELDS:
        return Unwriteable(name, lacking, found, Bar.NOBODY)
    if _is_audit(found):
        return Unwriteable(name, lacking, found, Bar.AUDIT if lacking == "createable" else Bar.NOBODY)
    if _is_for_new_records(found, shape):
        return Unwriteable(name, lacking, found, Bar.NOBODY, is_certain=found.is_fixed)
    return Unwriteable(name, lacking, found, Bar.RIGHTS, is_certain=not getattr(shape, lacking))


def _is_for_new_records(found: FieldShape, shape: ObjectShape) -> bool:
    return found.createable and not found.updateable and (shape.updateable or _is_audit(found))


def _is_audit(found: FieldShape) -> bool:
    return found.name.casefold() in AUDIT_FIELDS


def _is_key(use: ObjectUse, found: FieldShape) -> bool:
    """Whether the record is only found by it."""
    return found.name in ("Id", "id") or found.name.casefold() == (use.external_id or "").casefold()
