"""What a task does with each field of an object."""

from __future__ import annotations

from dataclasses import dataclass, field

from airflow_sf_health.requirements import WRITES, ObjectUse
from airflow_sf_health.schema.shape import ObjectShape

__all__ = ["UNUSED", "FieldUse", "fields_used", "writes_new"]


@dataclass(slots=True)
class FieldUse:
    """``creates``: written into new records; ``updates``: into existing ones; ``key``: upsert finds records by it; ``paths``: the
    relationship names by which it is gone through; ``targets``: the objects that the parents in them are said to be of; all in lower
    case.
    """

    reads: bool = False
    creates: bool = False
    updates: bool = False
    key: bool = False
    paths: set[str] = field(default_factory=set)
    targets: set[str] = field(default_factory=set)

    @property
    def writes(self) -> bool:
        return self.creates or self.updates

    @property
    def used(self) -> bool:
        return self.reads or self.creates or self.updates or self.key


UNUSED = FieldUse()


def fields_used(use: ObjectUse | None, *shapes: ObjectShape) -> dict[str, FieldUse]:
    """By API name in lower case; a name or path belongs to the field that the first of the shapes knows by it."""
    found: dict[str, FieldUse] = {}
    if use is None:
        return found
    for name in use.read or ():
        _use(found, name, shapes).reads = True
    for operation in WRITES:
        for name in getattr(use, operation) or ():
            each = _use(found, name, shapes)
            each.creates |= operation != "update"
            each.updates |= operation != "insert"
    if use.external_id:
        key = _use(found, use.external_id, shapes)
        key.key = True
        # A new record gets the value by which it was looked for; only Id is never written.
        key.creates |= use.external_id.casefold() != "id"
    return found


def _use(found: dict[str, FieldUse], name: str, shapes: tuple[ObjectShape, ...]) -> FieldUse:
    known = next((shown for shape in shapes if (shown := shape.field_of(name)) is not None), None)
    each = found.setdefault((known.name if known else name).casefold(), FieldUse())
    hop = ObjectShape.hop(name)
    if hop is not None:
        each.paths.add(hop.casefold())
        each.targets |= {target.casefold() for target in name.partition(".")[0].split(":")[1:]}
    return each


def writes_new(use: ObjectUse | None) -> bool:
    """Whether the task makes new records, which then need all that is required."""
    return use is not None and (use.insert is not None or use.upsert is not None)
