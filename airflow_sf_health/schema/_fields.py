"""What changed in a field that is still there."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields
from operator import attrgetter

from airflow_sf_health.schema._pair import Pair
from airflow_sf_health.schema._retyped import reads_alike, writes_alike
from airflow_sf_health.schema._words import listed, quoted
from airflow_sf_health.schema._writing import SIZES, lookup_key, picklist, room, writeable
from airflow_sf_health.schema.change import Change, Kind
from airflow_sf_health.schema.shape import FieldShape

__all__ = ["field_changes"]


def field_changes(pair: Pair) -> Iterator[Change]:
    """The differences of one field, but for :func:`made_required`, which new fields have too."""
    alike = _WHAT_FEW_CHANGE(pair.before) == _WHAT_FEW_CHANGE(pair.after)
    for judge in (room, _label) if alike else _ALL:
        yield from judge(pair)


def _retyped(pair: Pair) -> Iterator[Change]:
    if not pair.retyped:
        return
    misread = pair.use.reads and not reads_alike(pair.before, pair.after)
    miswritten = (pair.use.writes or pair.use.key) and not writes_alike(pair.before, pair.after)
    sides = [words for words, hit in (("where it is read", misread), ("where it is written", miswritten)) if hit]
    yield pair.change(
        Kind.FIELD_RETYPED,
        f"is of type {pair.after.type}, and was {pair.before.type}",
        breaking=misread or miswritten,
        advice=f"Map {pair.name} as {pair.after.type} {' and '.join(sides)}.",
    )


def _target(pair: Pair) -> Iterator[Change]:
    """Where a target is left, the others went because those objects are gone or hidden, and the field goes on as it was."""
    old, new = set(pair.before.reference_to), set(pair.after.reference_to)
    if pair.retyped or old == new:
        return
    lost, came = sorted(old - new), sorted(new - old)
    if not old & new:
        yield pair.change(
            Kind.FIELD_RETYPED,
            f"refers to {listed(sorted(new))}, and referred to {listed(sorted(old))}",
            breaking=bool(lost) and pair.use.used,
            advice=f"Expect ids of {listed(sorted(new))} in {pair.name}, and write none of {listed(lost)} to it.",
        )
        return
    missed = [each for each in lost if each.casefold() in pair.use.targets]
    said = [f"refers to {listed(came)} too"] if came else []
    said += [f"refers to {listed(lost)} no more"] if lost else []
    yield pair.change(
        Kind.FIELD_RETYPED if missed else Kind.OTHER,
        " and ".join(said),
        breaking=bool(missed) and pair.use.writes,
        advice=f"Write no parents of {listed(missed)} to {pair.name}.",
    )


def _relationship(pair: Pair) -> Iterator[Change]:
    """The name by which paths go over a lookup; where the type changed with it, :func:`_retyped` tells it all."""
    old, new = pair.before.relationship_name, pair.after.relationship_name
    if pair.retyped or old is None or old.casefold() == (new or "").casefold():
        return
    breaking = old.casefold() in pair.use.paths
    if new:
        said = f"is gone through as {quoted(new)}, and was as {quoted(old)}"
        advice = f"Write {new} for {old} in the paths of the mapping."
        yield pair.change(Kind.FIELD_RENAMED, said, breaking=breaking, advice=advice, guess=new)
    else:
        advice = f"Take the paths over {old} out of the mapping."
        said = f"cannot be gone through as {quoted(old)} any more"
        yield pair.change(Kind.FIELD_RETYPED, said, breaking=breaking, advice=advice)


def _label(pair: Pair) -> Iterator[Change]:
    if pair.before.label != pair.after.label:
        said = f"is labelled {quoted(pair.after.label)}, and was {quoted(pair.before.label)}"
        yield pair.change(Kind.LABEL_CHANGED, said)


_CAME = {
    "createable": "can be filled in new records now",
    "updateable": "can be updated now",
    "external_id": "is an external id now",
    "calculated": "is calculated now",
}
_WENT = {
    "unique": "need not be unique any more",
    "calculated": "is not calculated any more",
    "restricted_picklist": "takes values beside its own now",
    "is_mandatory": "is not required any more",
}


def _made_unique(pair: Pair) -> Iterator[Change]:
    if not pair.after.unique or pair.before.unique:
        return
    if not pair.use.writes:
        yield pair.change(Kind.FIELD_MADE_UNIQUE, "must be unique now")
        return
    yield pair.change(
        Kind.FIELD_MADE_UNIQUE,
        "must be unique now, so that a row with a value that another record has is refused",
        notable=True,
        advice=f"See to it that no two records get the same value for {pair.name}.",
    )


def _other(pair: Pair) -> Iterator[Change]:
    """Flags that came and went, and new values, as far as they are of no consequence."""
    said = [words for flag, words in _CAME.items() if getattr(pair.after, flag) and not getattr(pair.before, flag)]
    said += [words for flag, words in _WENT.items() if pair.lost(flag) and not (flag == "unique" and pair.use.key)]
    had = set(pair.before.picklist)
    fresh = [value for value in pair.after.picklist if value not in had]
    if fresh and not pair.retyped:
        said.append(f"has the new value {listed(fresh)}")
    if said:
        yield pair.change(Kind.OTHER, ", ".join(said))


_ALL = (_retyped, _target, _relationship, room, writeable, lookup_key, picklist, _made_unique, _label, _other)
_WHAT_FEW_CHANGE = attrgetter(*(each.name for each in fields(FieldShape) if each.name not in {"name", "label", *SIZES}))
"""All but label and size, which alone change in most fields: then most judges need not look."""
