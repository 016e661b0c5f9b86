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
SYSTEM_FIELDS = ("id", "isdeleted", "lastactivitydate", "lastreferenceddate", "lastvieweddate", "systemmodstamp")
COMPOUND = ("address", "location")
"""Types of fields that are made of others and can only be read."""
ID, NAME, OWNER = "id", "name", "ownerid"
LAST_NAME = "LastName"
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
    is_of_person: bool = False
    """It is a person's whole name, which Salesforce puts together."""

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
        if self.is_of_person:
            return f"{self.name} (put together of FirstName and LastName)"
        return f"{self.name} (not in {'new' if self.lacking == 'createable' else 'existing'} records)"


def unwriteable(use: ObjectUse, shape: ObjectShape) -> Iterator[Unwriteable]:
    """Each field once, for what comes first."""
    told: set[str] = set()
    for operations, lacking in ((CREATES, "createable"), (UPDATES, "updateable")):
        for operation in operations:
            for name in getattr(use, operation) or ():
                found = shape.field_of(name)
                if (
                    found is None
                    or getattr(found, lacking)
                    or name.casefold() in told
                    or _is_key(use, operation, found)
                ):
                    continue
                if operation == "upsert" and _is_for_new_records(found, shape):
                    continue
                told.add(name.casefold())
                yield _barred(name, lacking, found, shape)


def kept(use: ObjectUse, shape: ObjectShape) -> Iterator[str]:
    """Fields of an upsert that only new records take; it writes those, and is refused where the record is there already."""
    for name in use.upsert or ():
        found = shape.field_of(name)
        if found is not None and not _is_key(use, "upsert", found) and _is_for_new_records(found, shape):
            yield name


def unfillable_key(use: ObjectUse, shape: ObjectShape) -> FieldShape | None:
    """The external id of an upsert that takes no value in a new record, so that the upsert makes none: it would have to write it."""
    found = shape.field_named(use.external_id) if use.external_id and use.upsert is not None else None
    if found is None or found.name.casefold() == ID or found.createable or not shape.createable:
        return None
    return found


def unfilled(use: ObjectUse, shape: ObjectShape, operation: str) -> list[str]:
    """The fields that new records need and the list of this operation leaves out. Whoever creates a record owns it."""
    names = getattr(use, operation)
    if not names:
        return []
    keys = (use.external_id,) if operation == "upsert" and use.external_id else ()
    filled = {found.name for name in (*names, *keys) if (found := shape.field_of(name)) is not None}
    given, name = {OWNER}, shape.field_named(NAME)
    if LAST_NAME in filled or (name is not None and name.createable and name.name in filled):
        given |= {NAME, LAST_NAME.casefold()}  # an account has one of them, as it is a person's or a business's
    return [
        each
        for each, field in shape.fields.items()
        if field.required and each.casefold() not in given and each not in filled
    ]


def _barred(name: str, lacking: str, found: FieldShape, shape: ObjectShape) -> Unwriteable:
    """Field-level security gives one right to edit for new and existing records, so what takes a value in new ones alone is so for
    everybody, where the user may change the object at all.
    """
    if found.is_generated or found.type in COMPOUND or found.name.casefold() in SYSTEM_FIELDS:
        return Unwriteable(name, lacking, found, Bar.NOBODY)
    if _is_of_person(found, shape):
        return Unwriteable(name, lacking, found, Bar.NOBODY, is_of_person=True)
    if _is_audit(found):
        return Unwriteable(name, lacking, found, Bar.AUDIT if lacking == "createable" else Bar.NOBODY)
    if _is_for_new_records(found, shape):
        return Unwriteable(name, lacking, found, Bar.NOBODY, is_certain=found.is_fixed)
    return Unwriteable(name, lacking, found, Bar.RIGHTS, is_certain=not getattr(shape, lacking))


def _is_for_new_records(found: FieldShape, shape: ObjectShape) -> bool:
    return found.createable and not found.updateable and (shape.updateable or _is_audit(found))


def _is_of_person(found: FieldShape, shape: ObjectShape) -> bool:
    """Whether it is the whole name of a person, as a contact, a lead or a user has one. Of an object that the user may not change this is
    not to be seen: an account has a last name too, where the org has person accounts, and a name that can be written.
    """
    takes_none = not found.createable and not found.updateable and (shape.createable or shape.updateable)
    return takes_none and found.name.casefold() == NAME and shape.field_named(LAST_NAME) is not None


def _is_audit(found: FieldShape) -> bool:
    return found.name.casefold() in AUDIT_FIELDS


def _is_key(use: ObjectUse, operation: str, found: FieldShape) -> bool:
    """Whether the operation only finds the record by it."""
    if found.name.casefold() == ID:
        return operation != "insert"
    return operation == "upsert" and found.name.casefold() == (use.external_id or "").casefold()
