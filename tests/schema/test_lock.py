"""The lock file: what it holds, how it reads, and that nothing but a LockError comes of a damaged one."""

from __future__ import annotations

import contextlib
import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from shapes import NAMES, UNTIMED, account, object_shapes, text

from airflow_sf_health import Requirements
from airflow_sf_health.errors import ConfigurationError, LockError
from airflow_sf_health.exceptions import LockError as PublicLockError
from airflow_sf_health.requirements import ObjectUse
from airflow_sf_health.schema.drift import changes
from airflow_sf_health.schema.lock import Lock, LockedObject, covers, dumps, loads, make, requirements
from airflow_sf_health.schema.shape import FieldShape, ObjectShape

OWNER = FieldShape(name="OwnerId", type="reference", label="Owner", reference_to=("User",), relationship_name="Owner")
NEEDED = text("Code__c", nillable=False)
STATUS = text("Status__c", type="picklist", picklist=("Open", "Lost"), restricted_picklist=True)
SHAPE = account(
    *(text(), text("Name"), NEEDED, STATUS, OWNER),
    record_types={"Retail": True, "Trade": False},
    record_type_labels={"Retail": "Retail trade", "Trade": "Trade"},
)
ASKED: dict[str, Any] = {
    "account": {"read": ["owner.Name"], "insert": ["Name", "Status__c"], "record_types": ["retail trade"]}
}
TEXT = """{
"format": 1,
"objects": {
  "Account": {
    "use": {
      "read": ["owner.Name"],
      "insert": ["Name", "Status__c"],
      "record_types": ["retail trade"]
    },
    "object": {"label": "Account", "queryable": true, "createable": true, "updateable": true, "deletable": true},
    "record_types": {
      "Retail": {"available": true, "label": "Retail trade"}
    },
    "fields": {
      "Code__c": {"type": "string", "label": "Code__c", "length": 80, "nillable": false, "createable": true, "updateable": true},
      "Name": {"type": "string", "label": "Name", "length": 80, "createable": true, "updateable": true},
      "OwnerId": {"type": "reference", "label": "Owner", "reference_to": ["User"], "relationship_name": "Owner"},
      "Status__c": {"type": "picklist", "label": "Status__c", "length": 80, "createable": true, "updateable": true, "restricted_picklist": true, "picklist": ["Lost", "Open"]}
    }
  }
}
}
"""
LINE = next(line.strip() for line in TEXT.splitlines() if '"Name": {' in line)


def made(asked: dict[str, Any] | None = None) -> Lock:
    return make(Requirements.of({"objects": asked or ASKED}), {"Account": SHAPE})


def test_text() -> None:
    """The file has a line for each operation, field and record type that is used, and for what new records need beside."""
    assert dumps(made()) == TEXT
    assert json.loads(TEXT)["format"] == 1


def test_no_order_of_the_org() -> None:
    """The order in which an org gives fields and picklist values, and the fields that are not used, move nothing in the file."""
    turned = replace(STATUS, picklist=("Lost", "Open"))
    other = replace(SHAPE, fields={each.name: each for each in (OWNER, turned, NEEDED, text("Name"))})
    assert dumps(make(Requirements.of({"objects": ASKED}), {"ACCOUNT": other})) == TEXT


def test_labels_that_are_no_text() -> None:
    """Half a character is written as its number, since no file takes it as it is, and read back."""
    half = replace(SHAPE, fields={**SHAPE.fields, "Name": text("Name", label="Größe \ud83d")})
    lock = make(Requirements.of({"objects": ASKED}), {"Account": half})
    assert '"label": "Gr\\u00f6\\u00dfe \\ud83d"' in dumps(lock).encode().decode()
    assert loads(dumps(lock)) == lock


def uses() -> st.SearchStrategy[ObjectUse]:
    fields = st.none() | st.lists(st.sampled_from(NAMES), unique=True, max_size=4).map(tuple)
    return st.builds(ObjectUse, name=st.just("Account"), read=fields, insert=fields, delete=st.none() | st.booleans())


@UNTIMED
@given(object_shapes(), uses())
def test_round_trip(shape: ObjectShape, use: ObjectUse) -> None:
    """What is written is read back equal, and the same text comes of it again."""
    lock = Lock(
        objects={"Account": LockedObject(use=use, shape=shape.only(list(shape.fields), list(shape.record_types)))}
    )
    assert loads(dumps(lock)) == lock
    assert dumps(loads(dumps(lock))) == dumps(lock)


@UNTIMED
@given(object_shapes(), uses())
def test_made_lock_covers_what_it_was_made_of(shape: ObjectShape, use: ObjectUse) -> None:
    """A lock covers the requirements that it was made of, gives them back, and is not made where something is lacking."""
    asked = Requirements(objects=(use,))
    try:
        lock = loads(dumps(make(asked, {shape.name: shape})))
    except LockError:
        assert any(shape.field_named(name) is None for name in use.fields)
    else:
        assert covers(lock, asked) == ()
        assert Requirements.of({"objects": requirements(lock)}) == asked


@pytest.mark.parametrize(
    ("asked", "lacking"),
    [
        (ASKED, ()),
        ({"Account": ["NAME", "Owner.Email"]}, ()),
        ({"Account": {"delete": True, "update": ["Status__c"]}}, ()),
        ({"Account": ["Phone"], "Contact": []}, ("Account.Phone", "Contact")),
        ({"Account": {"insert": ["Name"], "record_types": ["Trade"]}}, ("Account record type 'Trade'",)),
    ],
)
def test_covers(asked: dict[str, Any], lacking: tuple[str, ...]) -> None:
    """What the requirements use and the lock does not hold is named; names are compared in any case, paths by their first step."""
    assert covers(made(), Requirements.of({"objects": asked})) == lacking


def test_queries_are_covered() -> None:
    """What the task's queries select is locked with the rest, and lacking where they select more since."""
    asked = {"objects": {"Account": {"insert": ["Name"]}}, "queries": ["SELECT Status__c, Owner.Name FROM account"]}
    lock = make(Requirements.of(asked), {"Account": SHAPE})
    assert set(lock.objects["Account"].shape.fields) == {"Name", "Status__c", "OwnerId", "Code__c"}
    assert covers(lock, Requirements.of(asked)) == ()
    more = Requirements.of({"queries": ["SELECT Phone FROM Account", "SELECT Id FROM Lead"]})
    assert covers(lock, more) == ("Account.Phone", "Lead")


def test_insert_is_not_covered_by_a_lock_for_reading() -> None:
    """A lock for a task that only reads knows no required fields, so it does not cover one that inserts."""
    asked = Requirements.of({"objects": {"Account": {"insert": ["Name"]}}})
    assert covers(made({"Account": ["Name"]}), asked) == ("Account (insert)",)


def test_a_lock_made_without_the_right_to_create() -> None:
    """What new records need is locked with it, so that the right, once it is given, makes nothing required."""
    fields = {name: replace(each, createable=False) for name, each in SHAPE.fields.items()}
    asked = Requirements.of({"objects": {"Account": {"insert": ["Name"]}}})
    before = make(asked, {"Account": replace(SHAPE, createable=False, fields=fields)}).objects["Account"]
    assert set(before.shape.fields) == {"Name", "Code__c"}
    assert not any(each.breaking for each in changes(before.shape, SHAPE, before.use))


def test_lacking_is_not_locked() -> None:
    """Each name that is not there is told at once, with the nearest one."""
    asked = Requirements.of(
        {"objects": {"Account": {"read": ["Phnoe", "Status"], "record_types": ["Retial"]}, "Contact": []}}
    )
    with pytest.raises(LockError) as error:
        make(asked, {"Account": SHAPE})
    assert "Account.Phnoe (is Phone meant?), Account.Status (is Status__c meant?)" in str(error.value)
    assert "record type 'Retial' (is Retail meant?), Contact. Mend the requirements" in str(error.value)


def test_error() -> None:
    """The error is one of what was set wrong, and public."""
    assert PublicLockError is LockError
    assert issubclass(LockError, ConfigurationError)


@pytest.mark.parametrize(
    ("damaged", "words"),
    [
        ("", "it is no JSON: Expecting value: line 1 column 1"),
        (TEXT[:200], "it is no JSON"),
        (f"<<<<<<< HEAD\n{TEXT}", "the marks of a merge that was not finished"),
        (TEXT.replace(LINE, f"{LINE}\n      {LINE}".replace("80", "255", 1)), "'Name' stands twice in one mapping"),
        ("[" * 100_000, "nested too deeply"),
        ("[]", "'the file' holds no JSON object"),
        ("{}", "it has no number under 'format'"),
        (TEXT.replace('"format": 1', '"format": true'), "it has no number under 'format'"),
        (
            TEXT.replace('"format": 1', '"format": 2'),
            "is of format 2, and this version of airflow-sf-health reads formats up to 1",
        ),
        (TEXT.replace('"length": 80', '"length": "80"'), "'objects.Account.fields.Code__c.length' is '80'"),
        (TEXT.replace('"type": "reference", ', ""), "'objects.Account.fields.OwnerId' has no 'type'"),
        (TEXT.replace('["User"]', "[7]"), "'objects.Account.fields.OwnerId.reference_to' is '[7]'"),
        (TEXT.replace('"insert"', '"isnert"'), "there is no 'isnert'. Did you mean 'insert'?"),
        (
            TEXT.replace('"available": true', '"available": "yes"'),
            "'objects.Account.record_types.Retail.available' is 'yes'",
        ),
        ('{"format": 1, "objects": {"A": {}, "a": {}}}', "it has an object twice"),
    ],
)
def test_damaged(damaged: str, words: str) -> None:
    """A damaged or newer file is refused with the place and the cure."""
    with pytest.raises(LockError) as error:
        loads(damaged)
    assert words in str(error.value)
    assert "sf-health metadata lock CONN_ID --requirements FILE --update" in str(error.value)


def test_keys_of_later_versions() -> None:
    """Keys that this version does not know are passed over, so that a team may upgrade in any order."""
    assert loads(TEXT.replace('"type": "reference"', '"flavour": 3, "type": "reference"')) == loads(TEXT)


@UNTIMED
@given(
    st.text()
    | st.tuples(st.integers(0, len(TEXT)), st.integers(0, 30), st.text(max_size=5)).map(
        lambda cut: TEXT[: cut[0]] + cut[2] + TEXT[cut[0] + cut[1] :]
    )
)
def test_any_damage(damaged: str) -> None:
    """Whatever was done to the text, it is read or a LockError says what is wrong."""
    with contextlib.suppress(LockError):
        dumps(loads(damaged))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(("type", "read", "x")), inner, max_size=2)
    ),
    max_leaves=4,
)


@UNTIMED
@given(st.data())
def test_any_value_anywhere(data: st.DataObject) -> None:
    """A value of another type, wherever it stands, is a LockError too."""
    content = json.loads(TEXT)
    place = content
    while True:
        key = data.draw(st.sampled_from(sorted(place)))
        if not isinstance(place[key], dict) or not place[key] or data.draw(st.booleans()):
            break
        place = place[key]
    place[key] = data.draw(JSON)
    with contextlib.suppress(LockError):
        dumps(loads(json.dumps(content)))
