"""The needs of several tasks as those of one."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import fields

from airflow_sf_health.requirements import WRITES, ObjectUse, Requirements

_ALIKE = ("audit_fields", "inactive_owners", "s2s")


def merged(needs: Iterable[Requirements | None]) -> Requirements | None:
    """What all of them need together; None where nothing is known. What two of them contradict each other in is left out.

    Records are those of the largest: whether two loads touch the same ones is not known. Nothing is read-only where one task may
    write, and one of which nothing is known may.
    """
    listed = list(needs)
    known = [each for each in listed if each is not None]
    if not known:
        return None
    one = {each.name: _agreed([getattr(need, each.name) for need in known]) for each in fields(Requirements)}
    one["objects"] = _objects(known)
    for name in ("queries", "owners", "permission_set_licenses", "packages"):
        one[name] = tuple(dict.fromkeys(value for need in known for value in getattr(need, name) or ())) or None
    one["records"] = max((need.records for need in known if need.records is not None), default=None)
    one |= {name: any(getattr(need, name) for need in known) or None for name in _ALIKE}
    one["writes"] = False if len(known) == len(listed) and all(need.writes is False for need in known) else None
    return Requirements(**one)  # type: ignore[arg-type]


def _agreed(values: list[object]) -> object:
    """The one value that is asked for."""
    asked = [value for value in values if value is not None]
    return asked[0] if asked and all(value == asked[0] for value in asked) else None


def _objects(known: list[Requirements]) -> tuple[ObjectUse, ...] | None:
    found: dict[str, ObjectUse] = {}
    for use in (use for need in known for use in need.objects or ()):
        before = found.get(use.name.casefold())
        found[use.name.casefold()] = use if before is None else _together(before, use)
    return tuple(found.values()) or None


def _together(one: ObjectUse, other: ObjectUse) -> ObjectUse:
    """Both uses of an object. Two upserts by different external ids are no single use: the first one stays."""
    both: dict[str, object] = {
        name: _united(getattr(one, name), getattr(other, name)) for name in ("read", *WRITES, "record_types")
    }
    both |= {name: getattr(one, name) or getattr(other, name) for name in ("external_id", "delete", "hard_delete")}
    if one.external_id and other.external_id and one.external_id.casefold() != other.external_id.casefold():
        both["upsert"] = one.upsert
    return ObjectUse(name=one.name, **both)  # type: ignore[arg-type]


def _united(one: tuple[str, ...] | None, other: tuple[str, ...] | None) -> tuple[str, ...] | None:
    return None if one is None and other is None else tuple(dict.fromkeys((*(one or ()), *(other or ()))))
