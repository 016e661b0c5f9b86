"""What changed in an object as a whole: its rights and its record types."""

from __future__ import annotations

from collections.abc import Iterator

from airflow_sf_health.requirements import ObjectUse
from airflow_sf_health.schema._words import quoted
from airflow_sf_health.schema.change import Change, Kind
from airflow_sf_health.schema.shape import ObjectShape

__all__ = ["gone", "object_changes"]

_RIGHTS = {
    "queryable": ("queried", ("read",)),
    "createable": ("created", ("insert", "upsert")),
    "updateable": ("updated", ("update", "upsert")),
    "deletable": ("deleted", ("delete", "hard_delete")),
}
"""Describe's flag -> the verb, and the operations that need it."""


def gone(before: ObjectShape, use: ObjectUse | None) -> Change:
    """The object is not there for this user any more."""
    name = before.name
    return Change(
        kind=Kind.OBJECT_GONE,
        sobject=name,
        said=f"{name} is not there any more: deleted, renamed, or hidden from this user",
        advice=f"Where {name} was deleted or renamed, take it out of the mapping or write its new name; where it is hidden, have the "
        "integration user given access to it again."
        if use
        else "",
        regain=f"Give the integration user access to {name} again." if use else "",
        breaking=use is not None,
        used=use is not None,
    )


def object_changes(before: ObjectShape, after: ObjectShape, use: ObjectUse | None) -> Iterator[Change]:
    yield from _rights(before, after, use)
    yield from _record_types(before, after, use)
    if before.label != after.label:
        said = f"{before.name} is labelled {quoted(after.label)}, and was {quoted(before.label)}"
        yield Change(kind=Kind.LABEL_CHANGED, sobject=before.name, used=use is not None, said=said)


def _rights(before: ObjectShape, after: ObjectShape, use: ObjectUse | None) -> Iterator[Change]:
    for flag, (verb, operations) in _RIGHTS.items():
        had, has = getattr(before, flag), getattr(after, flag)
        if had == has:
            continue
        used = use is not None and any(getattr(use, each) not in {None, False} for each in operations)
        if has:
            said = f"{before.name} can be {verb} now"
            yield Change(kind=Kind.OTHER, sobject=before.name, used=used, said=said)
            continue
        yield Change(
            kind=Kind.OBJECT_RIGHT_GONE,
            sobject=before.name,
            said=f"{before.name} cannot be {verb} by this user any more",
            advice=f"Give the integration user the right again by which {before.name} is {verb}, or drop the operation from the task."
            if used
            else "",
            regain=f"Give the integration user the right again by which {before.name} is {verb}." if used else "",
            breaking=used,
            used=used,
        )


def _record_types(before: ObjectShape, after: ObjectShape, use: ObjectUse | None) -> Iterator[Change]:
    named = {before.record_type_named(name): name for name in (use and use.record_types) or ()}
    for developer_name, available in before.record_types.items():
        name = named.get(developer_name)
        found = after.record_type_named(name or developer_name)
        if not available or (found is not None and after.record_types[found]):
            continue
        what = f"The record type {quoted(developer_name)} of {before.name}"
        yield Change(
            kind=Kind.RECORD_TYPE_GONE,
            sobject=before.name,
            said=f"{what} {_lost(developer_name, found, after)}",
            advice=f"{what} has to be made active and assigned to the integration user's profile or permission set again; "
            "or map another one."
            if name
            else "",
            regain=f"Assign {developer_name} in the record type settings of {before.name}, in the profile or in a permission set of the user."
            if name and found is not None
            else "",
            breaking=name is not None,
            used=name is not None,
        )
    fresh = [name for name in after.record_types if after.record_types[name] and not before.record_types.get(name)]
    for name in [] if before.partial else fresh:
        said = f"The record type {quoted(name)} of {before.name} is available now"
        yield Change(kind=Kind.OTHER, sobject=before.name, said=said)


def _lost(developer_name: str, found: str | None, after: ObjectShape) -> str:
    if found is not None:
        return "is not available to this user any more"
    label = after.record_type_labels.get(developer_name) if developer_name in after.record_types else None
    return "is not there any more" if label is None else f"is labelled {quoted(label)} now"
