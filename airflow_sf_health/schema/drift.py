"""What a change of an object's schema means for one task. Pure.

A processor that is free compares 500 fields within 5 ms, each of them changed; it takes 1 ms where 20 changed.

Breaking is what makes an operation of the task fail, or write something else than meant: nothing that the task does not name, but
for a field that new records need now and the task does not fill. Of a path (``Owner.Name``) the first step is judged.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from airflow_sf_health.requirements import ObjectUse
from airflow_sf_health.schema._fields import field_changes
from airflow_sf_health.schema._objects import gone, object_changes
from airflow_sf_health.schema._pair import Pair
from airflow_sf_health.schema._renames import ALIKE, ALIKE_TO_ANY, renames
from airflow_sf_health.schema._uses import UNUSED, FieldUse, fields_used, writes_new
from airflow_sf_health.schema._writing import made_required
from airflow_sf_health.schema.change import Change, Kind
from airflow_sf_health.schema.shape import FieldShape, ObjectShape

__all__ = ["changes"]


def changes(before: ObjectShape, after: ObjectShape | None, use: ObjectUse | None) -> tuple[Change, ...]:
    """All differences, what breaks the task first, then what may, then what it uses.

    :param before: how it was; of a partial shape (:meth:`ObjectShape.only`) the fields that it lacks are not taken for new ones.
    :param after: how it is; None: it is not there for this user any more.
    :param use: what the task does with it; None: nothing, so nothing is breaking.
    """
    if after is None:
        return (gone(before, use),)
    if before == after:
        return ()
    uses = fields_used(use, before, after)
    found = [*object_changes(before, after, use), *_fields(before, after, uses, creates=writes_new(use))]
    return tuple(sorted(found, key=lambda change: (not change.breaking, not change.notable, not change.used)))


def _fields(
    before: ObjectShape, after: ObjectShape, uses: Mapping[str, FieldUse], *, creates: bool
) -> Iterator[Change]:
    old = {name.casefold(): field for name, field in before.fields.items()}
    new = {name.casefold(): field for name, field in after.fields.items()}
    sobject = before.name
    removed = [old[name] for name in old if name not in new]
    added = {name: field for name, field in new.items() if name not in old}
    alike = ALIKE_TO_ANY if before.partial else ALIKE
    guesses = renames(removed, added.values(), uses, alike) if removed and added else {}
    for field in removed:
        yield _removed(sobject, field, uses.get(field.name.casefold(), UNUSED), guesses.get(field.name))
    for name, field in new.items():
        was, use = old.get(name), uses.get(name, UNUSED)
        if was == field:
            continue
        if was is not None:
            yield from field_changes(Pair(sobject, was, field, use))
        required = made_required(sobject, was, field, use, creates=creates, partial=before.partial)
        if required is not None:
            yield required
        elif was is None and not before.partial:
            yield _added(sobject, field, use)


def _removed(sobject: str, field: FieldShape, use: FieldUse, guess: FieldShape | None) -> Change:
    name, why = f"{sobject}.{field.name}", "deleted, renamed, or hidden from this user"
    if guess is None:
        said = f"{name} ({field.type}) is not there any more: {why}"
        advice = (
            f"Where {name} was deleted or renamed, take it out of the mapping or map its new name; where it is hidden, have the "
            "integration user given read access to it again."
        )
    else:
        said = f"{name} ({field.type}) is not there any more: {why}; it may be {guess.name} now (a guess)"
        advice = (
            f"Look whether {guess.name} ('{guess.label}') took the place of {name}, and map it instead{_hops(field, use, guess)}; else "
            f"take {name} out of the mapping."
        )
    return Change(
        kind=Kind.FIELD_RENAMED if guess else Kind.FIELD_REMOVED,
        sobject=sobject,
        field=field.name,
        said=said,
        advice=advice if use.used else "",
        regain=f"Give the integration user read access to {name} again." if use.used else "",
        breaking=use.used,
        used=use.used,
        guess=guess.name if guess else None,
    )


def _hops(field: FieldShape, use: FieldUse, guess: FieldShape) -> str:
    """What the paths of the mapping go over then."""
    if not use.paths or not guess.relationship_name:
        return ""
    return f", with {guess.relationship_name} for {field.relationship_name} in paths"


def _added(sobject: str, field: FieldShape, use: FieldUse) -> Change:
    said = f"{sobject}.{field.name} ({field.type}) is new"
    return Change(kind=Kind.FIELD_ADDED, sobject=sobject, field=field.name, said=said, used=use.used)
