"""What is kept of a describe, and how its fields are found."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from shapes import UNTIMED, account, object_shapes, text

from airflow_sf_health.schema.drift import changes
from airflow_sf_health.schema.pack import packed, unpacked
from airflow_sf_health.schema.shape import FieldShape, ObjectShape

BESIDE = Path(__file__).parents[3] / "shared" / "salesforce" / "recordings"
FOLDER = Path(os.environ.get("SF_HEALTH_RECORDINGS", BESIDE)) / "rest"
RECORDED = sorted(FOLDER.glob("describe_[act]*.json"))
OWNER = FieldShape(name="OwnerId", type="reference", relationship_name="Owner")


@pytest.mark.skipif(not RECORDED, reason="the recordings are not there")
@pytest.mark.parametrize("file", RECORDED, ids=lambda file: file.stem)
def test_recorded(file: Path) -> None:
    """A describe of a real org is read, packed, and equal to itself after that."""
    body = json.loads(file.read_text(encoding="utf-8"))
    shape = ObjectShape.of(body)
    assert [each["name"] for each in body["fields"]] == list(shape.fields)
    again = ObjectShape.of(unpacked(packed(body)))
    assert again == shape
    assert changes(shape, again, None) == ()
    assert not shape.fields["Id"].required
    assert not shape.partial


@UNTIMED
@given(object_shapes())
def test_round_trip(shape: ObjectShape) -> None:
    """A shape, whole or a part, is written as JSON and read back equal."""
    for each in (shape, shape.only(list(shape.fields)[:2], list(shape.record_types)[:1])):
        assert ObjectShape.from_dict(json.loads(json.dumps(each.as_dict()))) == each


@pytest.mark.parametrize(
    ("described", "expected"),
    [
        ({"digits": 9, "precision": 0}, {"precision": 9}),
        ({"digits": 0, "precision": 18, "scale": 2}, {"precision": 18, "scale": 2}),
        ({"picklistValues": [{"value": "A"}, {"value": "B", "active": False}]}, {"picklist": ("A",)}),
        ({"defaultedOnCreate": True, "nillable": False}, {"defaulted": True, "nillable": False}),
        (
            {"referenceTo": ["User"], "relationshipName": "Owner"},
            {"reference_to": ("User",), "relationship_name": "Owner"},
        ),
    ],
)
def test_field(described: dict[str, Any], expected: dict[str, Any]) -> None:
    """Of a field its digits, active values and targets are kept; what describe leaves out is the default."""
    assert FieldShape.of({"name": "A", "type": "x", **described}) == FieldShape(name="A", type="x", **expected)


@pytest.mark.parametrize(
    ("path", "field"),
    [
        ("Phone", "Phone"),
        ("PHONE", "Phone"),
        ("Owner.Name", "OwnerId"),
        ("owner.Profile.Name", "OwnerId"),
        ("Owner:User.Code__c", "OwnerId"),
        ("OwnerId", "OwnerId"),
        ("Owner", None),
        ("OwnerId.Name", None),
        ("Parent.Name", None),
        (".", None),
        ("", None),
    ],
)
def test_field_of_a_path(path: str, field: str | None) -> None:
    """A path begins with the name of a relationship, a name is that of a field, both in any case."""
    found = account(text(), OWNER).field_of(path)
    assert (found.name if found else None) == field


@pytest.mark.parametrize(
    ("described", "is_generated", "is_fixed"),
    [
        ({"calculated": True}, True, False),
        ({"autoNumber": True}, True, False),
        ({"relationshipOrder": 0, "createable": True}, False, True),
        ({"relationshipOrder": 1, "createable": True, "updateable": True}, False, False),
        ({"relationshipOrder": None, "createable": True}, False, False),
        ({"relationshipOrder": 0}, False, False),
        ({}, False, False),
    ],
)
def test_what_nobody_can_write(described: dict[str, Any], is_generated: bool, is_fixed: bool) -> None:
    """A formula, a number that Salesforce gives, and the master of a detail that may not be reparented are known as such."""
    found = FieldShape.of({"name": "Field__c", "type": "reference", **described})
    assert (found.is_generated, found.is_fixed) == (is_generated, is_fixed)
    assert FieldShape.from_dict(found.as_dict()) == found


def test_record_type() -> None:
    """A record type is found by developer name before label, in any case."""
    shape = account(record_types={"A": True, "B": False}, record_type_labels={"A": "b", "B": "Second"})
    assert [shape.record_type_named(each) for each in ("a", "B", "second", "C")] == ["A", "B", "B", None]
