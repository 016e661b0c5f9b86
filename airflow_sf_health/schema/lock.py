"""What a task uses of a schema, and what that looked like when its mapping was made: the lock file beside the DAG."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from airflow_sf_health.errors import LockError
from airflow_sf_health.requirements import ObjectUse, Requirements
from airflow_sf_health.schema._lock_text import read, written
from airflow_sf_health.schema._uses import writes_new
from airflow_sf_health.schema.shape import ObjectShape
from airflow_sf_health.schema.suggest import nearest
from airflow_sf_health.schema.uses import uses

__all__ = ["Lock", "LockedObject", "covers", "dumps", "loads", "make", "requirements"]


@dataclass(frozen=True, slots=True, kw_only=True)
class LockedObject:
    """One object: what the task does with it, and the shape of what it uses.

    The shape is partial (:meth:`ObjectShape.only`). Where the task makes new records, it has the fields too that were required when
    it was made and that the task leaves to defaults and triggers: another one that is required later is news.
    """

    use: ObjectUse
    shape: ObjectShape


@dataclass(frozen=True, slots=True, kw_only=True)
class Lock:
    """The content of a lock file. It names no org and no user, so that it holds for a sandbox and for production alike."""

    objects: Mapping[str, LockedObject]
    """By API name."""


def make(requirements: Requirements, shapes: Mapping[str, ObjectShape]) -> Lock:
    """Lock what the requirements use, as it is in these shapes (by API name, in any case).

    :raises LockError: an object, field or record type that is used is not there; names each, and the nearest name that is.
    """
    known = {name.casefold(): shape for name, shape in shapes.items()}
    locked: dict[str, LockedObject] = {}
    lacking: list[str] = []
    for use in uses(requirements):
        shape = known.get(use.name.casefold())
        if shape is None:
            lacking.append(use.name)
            continue
        lacking += _lacking(use, shape, hints=True)
        locked[shape.name] = LockedObject(use=replace(use, name=shape.name), shape=_used(use, shape))
    if lacking:
        raise LockError(
            f"No lock is made, for this is not there, or hidden from this user: {', '.join(lacking)}. Mend the requirements, or have "
            "the integration user given access to it."
        )
    return Lock(objects=locked)


def dumps(lock: Lock) -> str:
    """The text of the lock file: JSON in a stable order, a line for each operation, field and record type. Ends with a newline."""
    return written({name: (each.use.as_dict(), each.shape) for name, each in lock.objects.items()})


def loads(text: str) -> Lock:
    """Read what :func:`dumps` wrote. Keys that this version does not know are passed over.

    :raises LockError: the text is damaged, or of a newer format; says where, and the cure.
    """
    return Lock(objects={name: LockedObject(use=use, shape=shape) for name, (use, shape) in read(text).items()})


def requirements(lock: Lock) -> dict[str, dict[str, Any]]:
    """What the task does with which object, as :attr:`Requirements.objects` takes it."""
    return {each.use.name: each.use.as_dict() for each in lock.objects.values()}


def covers(lock: Lock, requirements: Requirements) -> tuple[str, ...]:
    """What the requirements use and the lock lacks: ``Invoice__c``, ``Account.Phone``, ``Account (insert)``; empty where it covers all.

    An insert or upsert is lacking where the lock was made for a task that makes no new records: it knows no required fields then.
    """
    known = {name.casefold(): each for name, each in lock.objects.items()}
    lacking: list[str] = []
    for use in uses(requirements):
        locked = known.get(use.name.casefold())
        if locked is None:
            lacking.append(use.name)
            continue
        lacking += _lacking(use, locked.shape, hints=False)
        if writes_new(use) and not writes_new(locked.use):
            lacking.append(f"{use.name} ({'insert' if use.insert is not None else 'upsert'})")
    return tuple(lacking)


def _used(use: ObjectUse, shape: ObjectShape) -> ObjectShape:
    """What the task uses of it, in an order that does not move when something else does."""
    kept = shape.only([*use.fields, *(_required(shape) if writes_new(use) else ())], use.record_types or ())
    ordered = {name: kept.fields[name] for name in sorted(kept.fields)}
    return replace(
        kept, fields={name: replace(field, picklist=tuple(sorted(field.picklist))) for name, field in ordered.items()}
    )


def _required(shape: ObjectShape) -> list[str]:
    """What new records need. To a user who may create none no field is createable, and it is needed all the same."""
    needed = (each for each in shape.fields.values() if each.required or (each.is_mandatory and not shape.createable))
    return [each.name for each in needed]


def _lacking(use: ObjectUse, shape: ObjectShape, *, hints: bool) -> list[str]:
    fields = [name for name in use.fields if shape.field_of(name) is None]
    types = [name for name in use.record_types or () if shape.record_type_named(name) is None]
    if not hints:
        return [f"{use.name}.{name}" for name in fields] + [f"{use.name} record type '{name}'" for name in types]
    return [
        *(f"{use.name}.{name}{_hint(ObjectShape.hop(name) or name, [*shape.fields])}" for name in fields),
        *(f"{use.name} record type '{name}'{_hint(name, [*shape.record_types])}" for name in types),
    ]


def _hint(name: str, known: Sequence[str]) -> str:
    near = nearest(name, known)
    return f" (is {near} meant?)" if near else ""
