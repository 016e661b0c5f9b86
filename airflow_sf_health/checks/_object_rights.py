"""What a describe says against what a task does with an object."""

from __future__ import annotations

from dataclasses import dataclass, field

from airflow_sf_health.checks._earlier import earlier_key, earlier_record_type, is_key
from airflow_sf_health.checks._gone import CHANGED, HIDDEN, why_field
from airflow_sf_health.checks._rights import rights_since
from airflow_sf_health.checks._schemas import Schema
from airflow_sf_health.checks._words import listed, minute
from airflow_sf_health.evidence.evidence import Evidence
from airflow_sf_health.evidence.needs import ALL_PERMISSIONS
from airflow_sf_health.report.finding import Candidate
from airflow_sf_health.requirements import ObjectUse
from airflow_sf_health.schema.shape import ObjectShape
from airflow_sf_health.schema.suggest import nearest

HARD_DELETE = "PermissionsBulkApiHardDelete"
RIGHTS = {
    "read": ("queryable",),
    "insert": ("createable",),
    "update": ("updateable",),
    "upsert": ("createable", "updateable"),
    "delete": ("deletable",),
    "hard_delete": ("deletable",),
}
"""What describe must say of an object for each operation."""
WORDS = {"queryable": "query", "createable": "insert", "updateable": "update", "deletable": "delete"}


@dataclass(slots=True)
class Looked:
    """What is wrong with one object, what could not be known, and which causes that has; the first one leads."""

    wrong: list[str] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)
    saw: list[str] = field(default_factory=list)
    hints: list[str] = field(default_factory=list)
    causes: dict[str, tuple[Candidate, ...]] = field(default_factory=dict)
    """Each with what it may be instead, nothing where it is certain."""

    def blame(self, cause: str, wrong: str, saw: str, candidates: tuple[Candidate, ...] = ()) -> None:
        self.causes.setdefault(cause, candidates)
        self.wrong.append(wrong)
        self.saw.append(saw)


def look(schema: Schema, shape: ObjectShape, evidence: Evidence) -> Looked:
    """All that stands against this use."""
    use, looked = schema.use, Looked()
    _look_at_rights(schema, shape, looked, evidence)
    _look_at_external_id(schema, shape, looked, evidence)
    _look_at_record_types(use, shape, looked, evidence)
    _look_at_hard_delete(use, evidence, looked)
    return looked


def operations(use: ObjectUse) -> list[str]:
    """The keys of what is done, the keys of :data:`RIGHTS`."""
    return [each for each in RIGHTS if getattr(use, each) is not None and getattr(use, each) is not False]


def _look_at_rights(schema: Schema, shape: ObjectShape, looked: Looked, evidence: Evidence) -> None:
    use, before = schema.use, schema.remembered
    lacking = [(each, right) for each in operations(use) for right in RIGHTS[each] if not getattr(shape, right)]
    for right in dict.fromkeys(right for _, right in lacking):
        wanted = " and ".join(dict.fromkeys(each for each, needed in lacking if needed == right))
        words = f"the user may not {WORDS[right]} records, as {wanted} needs"
        looked.blame(HIDDEN, words, f"describe of {shape.name}: {right} = false")
    could = [
        WORDS[right] for right in dict.fromkeys(each for _, each in lacking) if before and getattr(before.shape, right)
    ]
    if could and before is not None:
        since = rights_since(evidence, before)
        why = f", and {since.why}" if since.moved else ""
        looked.hints.append(f"The user could {' and '.join(could)} them on {minute(before.confirmed_at)}{why}")


def _look_at_external_id(schema: Schema, shape: ObjectShape, looked: Looked, evidence: Evidence) -> None:
    use = schema.use
    if use.external_id is None or use.external_id.casefold() == "id":
        return
    key = shape.field_named(use.external_id)
    if key is None:
        why = why_field(evidence, use.name, use.external_id, schema)
        words = f"its external id {use.external_id} is not there for this user"
        looked.blame(why.cause, words, f"describe of {shape.name}: no field {use.external_id}", why.candidates)
        looked.hints.append(why.said)
        return
    if not is_key(key):
        earlier = earlier_key(evidence, use.name, key.name)
        keys = sorted(each.name for each in shape.fields.values() if is_key(each))
        words = f"{key.name} is no external id, so no upsert finds records by it"
        saw = f"describe of {shape.name}.{key.name}: idLookup = false, externalId = false"
        looked.blame(CHANGED, words, saw, earlier.candidates)
        looked.hints.append(earlier.said)
        looked.hints.append(f"Upsert finds records of {shape.name} by {listed(keys) or 'Id'}.")


def _look_at_record_types(use: ObjectUse, shape: ObjectShape, looked: Looked, evidence: Evidence) -> None:
    available = [each for each, is_available in shape.record_types.items() if is_available]
    saw = f"describe of {shape.name}: available record types {listed(available) or 'none'}"
    for name in use.record_types or ():
        known = shape.record_type_named(name)
        if known is None:
            earlier, near = earlier_record_type(evidence, use.name, name), nearest(name, shape.record_types)
            words = f"there is no active record type {name}{f' (nearest: {near})' if near else ''}"
            looked.blame(CHANGED, words, saw, earlier.candidates)
            looked.hints.append(earlier.said)
            looked.hints.append(f"The user may use these of {shape.name}: {listed(available) or 'none'}.")
        elif not shape.record_types[known]:
            looked.blame(HIDDEN, f"its record type {known} is not assigned to the user", saw)
            where = f"the record type settings of {shape.name}, in the profile or in a permission set of the user"
            looked.hints.append(f"Assign {known} in {where}.")


def _look_at_hard_delete(use: ObjectUse, evidence: Evidence, looked: Looked) -> None:
    if not use.hard_delete:
        return
    rows = evidence.get(ALL_PERMISSIONS)
    granted = rows[0].get(HARD_DELETE) if rows else None
    if granted is None:
        looked.unknown.append("whether the user has 'Bulk API Hard Delete' could not be read")
    elif not granted:
        words = "its records cannot be deleted past the recycle bin: the user lacks 'Bulk API Hard Delete'"
        looked.blame(HIDDEN, words, f"UserPermissionAccess.{HARD_DELETE} = false")
        looked.hints.append("Give 'Bulk API Hard Delete' by a permission set, or have the task delete without 'hard'.")
