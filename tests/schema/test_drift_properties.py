"""For any two schemas: what breaks the task is found, and nothing else ever fails it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from hypothesis import assume, given, settings
from hypothesis import strategies as st
from shapes import NAMES, UNTIMED, object_shapes

from airflow_sf_health.requirements import ObjectUse
from airflow_sf_health.schema.change import Change, Kind
from airflow_sf_health.schema.drift import changes
from airflow_sf_health.schema.shape import FieldShape, ObjectShape

TEXT = ("string", "textarea", "phone")
WRITTEN = ("insert", "update", "upsert")


@dataclass(frozen=True)
class Break:
    """One way to break a used field: on which fields, for which operations, and what is left of the field."""

    kind: Kind
    operations: tuple[str, ...]
    applies: Callable[[FieldShape], bool]
    change: Callable[[FieldShape], FieldShape | None]


ANY = ("read", *WRITTEN, "key")
BREAKS = {
    "removed": Break(Kind.FIELD_REMOVED, ANY, lambda field: True, lambda field: None),
    "retyped": Break(
        *(Kind.FIELD_RETYPED, ANY, lambda field: True),
        lambda field: replace(field, type="address" if field.type == "boolean" else "boolean"),
    ),
    "shorter": Break(
        *(Kind.FIELD_SHORTENED, WRITTEN, lambda field: field.type in TEXT and field.length > 1),
        lambda field: replace(field, length=field.length // 2),
    ),
    "fewer digits": Break(
        *(Kind.FIELD_SHORTENED, WRITTEN, lambda field: field.type == "double" and field.precision > 2),
        lambda field: replace(field, precision=field.precision - 1),
    ),
    "fewer decimals": Break(
        *(
            Kind.FIELD_SHORTENED,
            WRITTEN,
            lambda field: field.type == "double" and field.precision > 2 and field.scale > 1,
        ),
        lambda field: replace(field, scale=field.scale - 1),
    ),
    "not createable": Break(
        *(Kind.FIELD_NOT_WRITEABLE, ("insert", "upsert"), lambda field: field.createable),
        lambda field: replace(field, createable=False),
    ),
    "not updateable": Break(
        *(Kind.FIELD_NOT_WRITEABLE, ("update", "upsert"), lambda field: field.updateable),
        lambda field: replace(field, updateable=False),
    ),
    "required": Break(
        *(Kind.FIELD_MADE_REQUIRED, WRITTEN, lambda field: not field.is_mandatory and field.type != "boolean"),
        lambda field: replace(field, nillable=False, defaulted=False, createable=True, calculated=False),
    ),
    "values gone": Break(
        *(Kind.PICKLIST_VALUES_GONE, WRITTEN),
        lambda field: field.type in {"picklist", "multipicklist"} and bool(field.picklist),
        lambda field: replace(field, picklist=field.picklist[1:]),
    ),
    "closed": Break(
        *(Kind.PICKLIST_VALUES_GONE, WRITTEN, lambda field: field.type == "picklist" and not field.restricted_picklist),
        lambda field: replace(field, restricted_picklist=True),
    ),
    "no key": Break(
        *(Kind.FIELD_NO_LOOKUP_KEY, ("key",), lambda field: field.external_id or field.id_lookup),
        lambda field: replace(field, external_id=False, id_lookup=False),
    ),
    "another target": Break(
        *(Kind.FIELD_RETYPED, ANY, lambda field: bool(field.reference_to)),
        lambda field: replace(field, reference_to=("Contract",)),
    ),
}


@st.composite
def uses(draw: st.DrawFn, shape: ObjectShape) -> ObjectUse:
    """Any use of some of the object's fields, by name in any case or by a path."""
    paths = {f"{each.relationship_name}.Name": each for each in shape.fields.values() if each.relationship_name}
    names = st.sampled_from([*shape.fields, *paths]) | st.sampled_from([name.upper() for name in shape.fields])
    plain = st.sampled_from([*shape.fields])
    key = draw(st.none() | plain)
    return ObjectUse(
        name="Account",
        read=draw(st.none() | st.lists(names, max_size=3).map(tuple)),
        insert=draw(st.none() | st.lists(names, max_size=3).map(tuple)),
        update=draw(st.none() | st.lists(plain, max_size=3).map(tuple)),
        upsert=None if key is None else draw(st.lists(plain, max_size=3).map(tuple)),
        external_id=key,
        delete=draw(st.none() | st.booleans()),
        record_types=draw(st.none() | st.lists(st.sampled_from(["retail", "Trade label"]), max_size=1).map(tuple)),
    )


def field_of(shape: ObjectShape, name: str) -> str:
    found = shape.field_of(name)
    return (found.name if found else name).casefold()


def operations(use: ObjectUse, shape: ObjectShape) -> dict[str, set[str]]:
    """By field in lower case what is done with it, worked out apart from the code that is tested."""
    done: dict[str, set[str]] = {}
    for operation in ("read", *WRITTEN):
        for name in getattr(use, operation) or ():
            done.setdefault(field_of(shape, name), set()).add(operation)
    if use.external_id:
        done.setdefault(field_of(shape, use.external_id), set()).add("key")
    return done


@settings(UNTIMED, max_examples=200)
@given(st.data())
def test_each_break_of_a_used_field_is_found(data: st.DataObject) -> None:
    """Whatever else changed, a break of a field that the task uses is told with its kind, its field and advice."""
    before, other = data.draw(object_shapes()), data.draw(object_shapes())
    assume(before.fields)
    use = data.draw(uses(before))
    done = operations(use, before)
    possible = [
        (each, field)
        for each in BREAKS.values()
        for field in before.fields.values()
        if set(each.operations) & done.get(field.name.casefold(), set()) and each.applies(field)
    ]
    assume(possible)
    way, field = data.draw(st.sampled_from(possible))
    changed = way.change(field)
    rest = {name: each for name, each in other.fields.items() if name != field.name}
    after = replace(other, fields={**rest, **({field.name: changed} if changed else {})})
    found = [each for each in changes(before, after, use) if each.field == field.name and each.breaking]
    kinds = {each.kind for each in found}
    assert way.kind in kinds or (way.kind is Kind.FIELD_REMOVED and Kind.FIELD_RENAMED in kinds)
    assert all(each.advice and each.used for each in found)


@UNTIMED
@given(st.data())
def test_nothing_else_is_breaking(data: st.DataObject) -> None:
    """Of any two schemas no change of what the task does not use is breaking, but a field that its new records need now."""
    before, after = data.draw(object_shapes()), data.draw(object_shapes())
    use = data.draw(uses(before)) if before.fields else ObjectUse(name="Account", read=())
    done = operations(use, before)
    new = use.insert is not None or use.upsert is not None
    for change in changes(before, after, use):
        assert not change.breaking or change.used or (change.kind is Kind.FIELD_MADE_REQUIRED and new)
        assert not change.notable or (change.used and use.writes and not change.breaking)
        if change.field and change.used:
            assert change.field.casefold() in done or change.field.casefold() not in _lower(before)
        if change.breaking and change.used and change.field is None:
            assert change.kind in {Kind.OBJECT_RIGHT_GONE, Kind.RECORD_TYPE_GONE}
    assert not any(each.breaking or each.notable for each in changes(before, after, None))


def _lower(shape: ObjectShape) -> set[str]:
    return {name.casefold() for name in shape.fields}


@UNTIMED
@given(object_shapes(), object_shapes(), st.data())
def test_no_change_outside_fails_a_task(before: ObjectShape, after: ObjectShape, data: st.DataObject) -> None:
    """Where all that the task uses stayed as it was, nothing is breaking but a field that new records need now."""
    assume(before.fields)
    use = data.draw(uses(before))
    kept = {name: each for name, each in before.fields.items() if name.casefold() in operations(use, before)}
    now = replace(before, label=after.label, fields={**_without(after.fields, kept), **kept})
    found: list[Change] = [each for each in changes(before, now, use) if each.breaking]
    assert all(each.kind is Kind.FIELD_MADE_REQUIRED and not each.used for each in found)
    assert not any(each.notable for each in changes(before, now, use))
    if use.insert is None and use.upsert is None:
        assert found == []


def _without(fields: Mapping[str, FieldShape], kept: Mapping[str, FieldShape]) -> dict[str, FieldShape]:
    """Other fields; none of them by the relationship name of a kept one, which paths would go over."""
    taken = {each.relationship_name for each in kept.values()}
    return {name: each for name, each in fields.items() if each.relationship_name not in taken or name in kept}


@UNTIMED
@given(object_shapes(), object_shapes())
def test_same_or_told(before: ObjectShape, after: ObjectShape) -> None:
    """A removed and an added field are always told, each one once, and a field that is guessed is guessed once."""
    found = changes(before, after, None)
    gone = {each.field for each in found if each.kind in {Kind.FIELD_REMOVED, Kind.FIELD_RENAMED}} - set(after.fields)
    assert gone == set(before.fields) - set(after.fields)
    came = [each.field for each in found if each.field in set(after.fields) - set(before.fields)]
    assert sorted(map(str, came)) == sorted(set(after.fields) - set(before.fields))
    guesses = [each.guess for each in found if each.guess and each.field not in after.fields]
    assert len(guesses) == len(set(guesses))
    assert set(guesses) <= set(after.fields) - set(before.fields)


@UNTIMED
@given(object_shapes(), st.data())
def test_part_of_a_shape(shape: ObjectShape, data: st.DataObject) -> None:
    """Against the part of itself that a lock keeps, no shape has changed."""
    assume(shape.fields)
    use = data.draw(uses(shape))
    required = [each.name for each in shape.fields.values() if each.required]
    part = shape.only([*use.fields, *required], use.record_types or ())
    assert changes(part, shape, use) == ()


def test_names_are_enough() -> None:
    """The generated objects have names that paths and cases can be mixed up in."""
    assert len({name.casefold() for name in NAMES}) == len(NAMES)
