"""Requirements, and options: what may be asked and chosen, from Python or from a dict, with errors that help."""

from __future__ import annotations

import json
from dataclasses import FrozenInstanceError
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from airflow_sf_health import Requirements
from airflow_sf_health.errors import ConfigurationError, RequirementsError
from airflow_sf_health.requirements import ObjectUse

ALL: dict[str, Any] = {
    "objects": {
        "Account": {"read": ["Name", "Owner.Name"], "update": ["Phone"]},
        "Contact": {
            "upsert": ["LastName", "Account.Number__c"],
            "external_id": "Number__c",
            "record_types": ["Person"],
        },
        "acme__Invoice__c": {"insert": [], "delete": True, "hard_delete": True},
    },
    "queries": ["SELECT Id FROM Account WHERE Name = 'x'"],
    "owners": ["005Hs0000000001", "00GHs0000000001MAA", "sync@acme.com", "Support_Queue"],
    "records": 25_000,
    "audit_fields": True,
    "inactive_owners": True,
    "s2s": False,
    "api_only": True,
    "org_id": "00DHs0000000001MAA",
    "sandbox": False,
    "user_license": "Salesforce Integration",
    "writes": True,
    "permission_set_licenses": ["SalesforceAPIIntegrationPsl"],
    "packages": ["acme", "npsp"],
}


@pytest.mark.parametrize("plain", [{}, ALL, {"sandbox": False}, {"org_id": "00DHs0000000001"}])
def test_round_trip(plain: dict[str, Any]) -> None:
    """What was asked is written as JSON and read back; what was not asked is not written."""
    requirements = Requirements.of(plain)
    assert requirements.as_dict() == plain
    assert Requirements.of(json.loads(json.dumps(requirements.as_dict()))) == requirements


def test_lists_and_tuples() -> None:
    """What JSON makes a list is a tuple in the value, so that it can be compared and cannot be changed."""
    assert Requirements.of({"packages": ["acme"]}) == Requirements(packages=("acme",))
    assert hash(Requirements(packages=["acme"])) == hash(Requirements(packages=("acme",)))  # type: ignore[arg-type]


@pytest.mark.parametrize("plain", [None, {}, Requirements(), {"packages": []}, {"objects": {}}, {"queries": ()}])
def test_nothing_asked(plain: Any) -> None:
    """None, an empty dict and an empty value ask the same: nothing."""
    assert Requirements.of(plain) == Requirements()


def test_value_is_taken_as_it_is() -> None:
    """A value that is one already is given back, and cannot be changed."""
    requirements = Requirements(sandbox=True)
    assert Requirements.of(requirements) is requirements
    with pytest.raises(FrozenInstanceError):
        requirements.sandbox = False  # type: ignore[misc]


@pytest.mark.parametrize(
    ("plain", "words"),
    [
        ({"api_onyl": True}, "there is no 'api_onyl'. Did you mean 'api_only'?"),
        ({"zzz": 1}, "Known are objects, queries, owners, records, audit_fields"),
        ({7: 1}, "there is no '7'"),
        ({"API_ONLY": True}, "there is no 'API_ONLY'. Did you mean 'api_only'?"),
        ({"api_only": "yes"}, "'api_only' must be true or false, and is 'yes'"),
        ({"sandbox": 1}, "'sandbox' must be true or false, and is 1"),
        ({"org_id": 7}, "'org_id' must be a text, and is 7. Put what you wrote there in quotes."),
        (
            {"owners": [369367187457]},
            "'owners' must hold names, and holds 369367187457. Put what you wrote there in quotes.",
        ),
        ({"user_license": ["x"]}, "'user_license' must be a text"),
        ({"writes": "no"}, "'writes' must be true or false"),
        ({"packages": "acme"}, "'packages' is the text 'acme'. Write a list: ['acme']."),
        ({"permission_set_licenses": "A"}, "'permission_set_licenses' is the text 'A'"),
        ({"packages": {"acme"}}, "'packages' must be a list of texts"),
        ({"packages": ["acme", 7]}, "'packages' must hold names, and holds 7"),
        ({"packages": [" "]}, "'packages' must hold names, and holds ' '"),
        ({"org_id": "acme"}, "'acme', which is no org id (00D…, 15 or 18 characters)"),
        ({"org_id": "00D1"}, "no org id"),
        ({"org_id": "005Hs0000000001MAA"}, "no org id"),
        ({"records": -1}, "'records' is -1. It takes a number from 0 up."),
        ({"records": True}, "'records' must be a whole number, and is True"),
        ({"s2s": "yes"}, "'s2s' must be true or false"),
        (
            {"queries": "SELECT Id FROM A"},
            "'queries' is the text 'SELECT Id FROM A'. Write a list: ['SELECT Id FROM A'].",
        ),
        ({"queries": ["SELECT Id FROM A", "FIND {x}"]}, "number 2 of 'queries' is 'FIND {x}'. It takes SOQL"),
        ({"queries": ["SELECT " + "x" * 80]}, "x…'. It takes SOQL: SELECT … FROM …."),
        ({"owners": ["001Hs0000000001MAA"]}, "'owners' has '001Hs0000000001MAA', which names no owner"),
        ({"owners": ["005Hs"]}, "ids of users (005…) or queues (00G…) with 15 or 18 characters"),
        ({"owners": ["Support Queue"]}, "developer names of queues (Support_Queue)"),
        ({"owners": ["o'brien@acme.com"]}, "names no owner"),
        ({"writes": False, "objects": {"A": {"delete": True}}}, "'writes' is false, and 'objects.A' writes"),
        ("sandbox", "Requirements must be a Requirements or a dict, and is of type str"),
        ([("sandbox", True)], "is of type list"),
    ],
)
def test_slips(plain: Any, words: str) -> None:
    """A wrong key or value is refused with the field and the nearest right one."""
    with pytest.raises(RequirementsError) as raised:
        Requirements.of(plain)
    assert words in str(raised.value)
    assert isinstance(raised.value, ConfigurationError)


@pytest.mark.parametrize(
    ("use", "words"),
    [
        ({"upsret": ["Name"]}, "'objects.Account': there is no 'upsret'. Did you mean 'upsert'?"),
        ({"externalId": "Name"}, "Did you mean 'external_id'?"),
        ({"name": "Contact"}, "'objects.Account': there is no 'name'"),
        (
            {"fields": ["Name"]},
            "there is no 'fields'. Say what is done with them: 'read', 'insert', 'update' or 'upsert'.",
        ),
        ({"create": ["Name"]}, "there is no 'create'. New records are 'insert'."),
        (
            {"read": "Name, Industry"},
            "'objects.Account.read' is the text 'Name, Industry'. Write a list: ['Name', 'Industry'].",
        ),
        ("Name", "'objects.Account.read' is the text 'Name'"),
        ({"read": ["Name", 7]}, "'objects.Account.read' must hold names, and holds 7"),
        ({"read": ["First Name"]}, "'objects.Account.read' has 'First Name', which is no field name (Name, Status__c)"),
        ({"read": ["Owner..Name"]}, "nor a path over a relationship (Owner.Name)"),
        ({"read": ["toLabel(Type)"]}, "A function or a subquery belongs into 'queries'."),
        ({"read": ["A.B.C.D.E.F.G"]}, "which is no field name"),
        (
            {"insert": ["A.B.C"]},
            "'objects.Account.insert' has 'A.B.C', which is no field name (Name, Status__c), nor a reference",
        ),
        ({"read": ["Größe__c"]}, "which is no field name"),
        ({"delete": "yes"}, "'objects.Account.delete' must be true or false, and is 'yes'"),
        ({"upsert": ["Name"]}, "'objects.Account' has 'upsert' and no 'external_id'. An upsert takes both."),
        ({"external_id": "Name"}, "has 'external_id' and no 'upsert'"),
        ({"upsert": True, "external_id": "A B"}, "'objects.Account.external_id' is 'A B', which is no field name"),
        ({"upsert": True, "external_id": 7}, "'objects.Account.external_id' must be a text"),
        ({"record_types": "Person"}, "'objects.Account.record_types' is the text 'Person'"),
        (7, "'objects.Account' must be a dict or a list of fields, and is 7"),
        (ObjectUse(name="Contact"), "'objects.Account' must be a dict or a list of fields"),
    ],
)
def test_slips_in_an_object(use: Any, words: str) -> None:
    """A slip within an object is named by its path, with what to write instead."""
    with pytest.raises(RequirementsError) as raised:
        Requirements.of({"objects": {"Account": use}})
    assert words in str(raised.value)


@pytest.mark.parametrize(
    ("objects", "words"),
    [
        (["Account"], "'objects' must be a dict, {'Account': ['Name']"),
        ({"Account; DROP": None}, "'objects' has 'Account; DROP', which is no API name of an object"),
        ({7: None}, "'objects' has 7"),
        ({"Account": None, "account": None}, "'objects' has 'account' twice"),
    ],
)
def test_slips_in_objects(objects: Any, words: str) -> None:
    """Objects are a dict by API name, each once."""
    with pytest.raises(RequirementsError) as raised:
        Requirements.of({"objects": objects})
    assert words in str(raised.value)


@pytest.mark.parametrize(
    ("value", "use"),
    [
        (None, ObjectUse(name="Account", read=())),
        ({}, ObjectUse(name="Account", read=())),
        (["Name"], ObjectUse(name="Account", read=("Name",))),
        ({"read": True}, ObjectUse(name="Account", read=())),
        ({"insert": True}, ObjectUse(name="Account", insert=())),
        ({"insert": ["Name"], "update": False}, ObjectUse(name="Account", insert=("Name",))),
        ({"delete": True}, ObjectUse(name="Account", delete=True)),
        (["Account.Name", "account.Owner.Name"], ObjectUse(name="Account", read=("Name", "Owner.Name"))),
        (ObjectUse(name="Account", delete=True), ObjectUse(name="Account", delete=True)),
    ],
)
def test_short_forms_of_an_object(value: Any, use: ObjectUse) -> None:
    """A list is read, true is an operation that names no field, nothing is read, and the object's own name goes before no field."""
    assert Requirements.of({"objects": {"Account": value}}).objects == (use,)
    assert Requirements(objects={"Account": value}).use_of("ACCOUNT") == use  # type: ignore[arg-type]


def test_fields_of_a_use_are_each_named_once() -> None:
    """One query names a field once, in whatever case it was written, and what an upsert finds its records by is among them."""
    use = ObjectUse(name="A", read=("Name", "Owner.Name"), upsert=("name", "Phone"), external_id="Number__c")
    assert use.fields == ("Name", "Owner.Name", "Phone", "Number__c")
    assert use.writes


api_names = st.from_regex(r"[A-Za-z][A-Za-z0-9_]{0,12}", fullmatch=True)
lists = st.none() | st.lists(api_names, max_size=3)


@st.composite
def uses(draw: st.DrawFn) -> dict[str, Any]:
    use: dict[str, Any] = {name: draw(lists) for name in ("read", "insert", "update", "record_types")}
    use |= {name: draw(st.none() | st.booleans()) for name in ("delete", "hard_delete")}
    if draw(st.booleans()):
        use |= {"upsert": draw(st.lists(api_names, max_size=3)), "external_id": draw(api_names)}
    return use


@settings(max_examples=60, deadline=None)
@given(st.dictionaries(api_names, uses(), max_size=3))
def test_whatever_is_asked_is_read_back(objects: dict[str, Any]) -> None:
    """What any use is written as is read back as the same, and written as the same again."""
    if len({name.casefold() for name in objects}) == len(objects):
        requirements = Requirements.of({"objects": objects})
        written = json.dumps(requirements.as_dict())
        assert Requirements.of(json.loads(written)) == requirements
        assert json.dumps(Requirements.of(json.loads(written)).as_dict()) == written
