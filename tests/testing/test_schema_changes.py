"""What an administrator changes on objects, fields, record types and rights, and how the next look shows it."""

from __future__ import annotations

from typing import Any

import pytest

from airflow_sf_health.testing.context import Timing
from airflow_sf_health.testing.direct import Direct
from airflow_sf_health.testing.schema import FieldSpec
from airflow_sf_health.testing.schema_changes import add_object, remove_field, rename_field
from airflow_sf_health.testing.settable import Settable, SettingError
from airflow_sf_health.testing.state import OrgState, Rights

ACCOUNT = "sobjects/Account/describe"


@pytest.fixture
def client() -> Direct:
    """The integration user of a new org."""
    return Direct()


@pytest.fixture
def state(client: Direct) -> OrgState:
    return client.state


def fields(client: Direct, object_name: str = "Account") -> dict[str, dict[str, Any]]:
    body = client.ask("GET", f"sobjects/{object_name}/describe").body
    return {field["name"]: field for field in body["fields"]}


def assign(state: OrgState, *pairs: str) -> None:
    """As the command line does."""
    Settable(state, Timing()).assign(dict(pair.split("=", 1) for pair in pairs))


def refusal(client: Direct, soql: str) -> str:
    reply = client.query(soql)
    assert reply.status == 400
    return str(reply.body[0]["errorCode"])


def test_a_renamed_field_keeps_its_values_and_rights(client: Direct, state: OrgState) -> None:
    """Rows are found by the new name and not by the old one; who could not see the field does not see it now."""
    state.permission_sets[0].objects["Account"].read_only_fields.add("ERP_Id__c")
    rename_field(state, "Account", "ERP_Id__c", "ERP_Number__c", "ERP Number")
    assert client.rows("SELECT ERP_Number__c FROM Account WHERE Name = 'Globex'") == [{"ERP_Number__c": "ERP-2"}]
    assert refusal(client, "SELECT ERP_Id__c FROM Account") == "INVALID_FIELD"
    described = fields(client)["ERP_Number__c"]
    assert (described["label"], described["externalId"], described["updateable"]) == ("ERP Number", True, False)
    with pytest.raises(KeyError):
        rename_field(state, "Account", "Phone", "Fax")


def test_a_removed_field_is_gone(client: Direct, state: OrgState) -> None:
    """It is neither described nor selectable, and rows have lost its values."""
    remove_field(state, "Account", "Industry")
    assert "Industry" not in fields(client)
    assert refusal(client, "SELECT Industry FROM Account") == "INVALID_FIELD"
    assert all("Industry" not in row for row in state.records["Account"].values())


@pytest.mark.parametrize(
    ("pair", "key", "shown"),
    [
        ("fields.Phone.length=20", "length", 20),
        ("fields.Phone.label=Telephone", "label", "Telephone"),
        ("fields.Phone=double", "type", "double"),
        ("fields.Phone.nillable=false", "nillable", False),
        ("fields.Phone.updateable=no", "updateable", False),
        ("fields.Phone.createable=no", "createable", False),
        ("fields.Phone.calculated=true", "updateable", False),
        ("fields.Phone.precision=5", "precision", 5),
        ("fields.Phone.scale=1", "scale", 1),
        ("fields.Phone.external_id=true", "externalId", True),
        ("fields.Phone.restricted_picklist=true", "restrictedPicklist", True),
        ("fields.Phone.defaulted_on_create=true", "defaultedOnCreate", True),
    ],
)
def test_a_field_is_changed_by_a_key(client: Direct, state: OrgState, pair: str, key: str, shown: object) -> None:
    """Describe shows each change at once."""
    assert fields(client)["Phone"][key] != shown
    assign(state, f"schema.Account.{pair}")
    assert fields(client)["Phone"][key] == shown


def test_fields_come_and_go_by_a_key(client: Direct, state: OrgState) -> None:
    """A type adds a field, a new name renames it, nothing removes it."""
    assign(state, "schema.Account.fields.Score__c=double")
    assert fields(client)["Score__c"]["soapType"] == "xsd:double"
    assign(state, "schema.Account.fields.Score__c.name=Rank__c", "schema.Account.fields.Fax=")
    assert {"Score__c", "Fax", "Rank__c"} & fields(client).keys() == {"Rank__c"}
    assign(state, "schema.Lead=")
    assert client.ask("GET", "sobjects/Lead/describe").status == 404


@pytest.mark.parametrize(
    ("pair", "word"),
    [
        ("schema.Acount.label=x", "Account"),
        ("schema.Account.fields.Phon.length=1", "Phone"),
        ("schema.Account.fields.Phone.lenght=1", "length"),
        ("schema.Account.fields.Phone.length=long", "whole number"),
        ("schema.Account.fields.New__c=strng", "string"),
        ("schema.Account.fields.Phone.name=Fax", "Fax already"),
        ("schema.Account.fields=", "as a whole"),
        ("schema.Account.record_types.No=", "nothing"),
        ("user.objects.Acount.read=false", "Account"),
        ("user.objects.Account.reed=false", "read"),
        ("describe_latency.Acount=3", "describe_latency.Account"),
    ],
)
def test_a_wrong_key_is_told(state: OrgState, pair: str, word: str) -> None:
    """The error names the nearest right key, or what the value must be."""
    with pytest.raises(SettingError, match=word):
        assign(state, pair)


def test_picklist_values_go_or_turn_inactive(client: Direct, state: OrgState) -> None:
    """Values left out are gone; inactive ones are shown as such; a restricted picklist takes no others."""
    assign(
        state, "schema.Account.fields.Rating.picklist=Hot, Warm", "schema.Account.fields.Rating.inactive_picklist=Cold"
    )
    values = {value["value"]: value["active"] for value in fields(client)["Rating"]["picklistValues"]}
    assert values == {"Hot": True, "Warm": True, "Cold": False}
    assert client.ask("POST", "sobjects/Account", {"Name": "a", "Rating": "Cold"}).status == 201
    assign(state, "schema.Account.fields.Rating.restricted_picklist=true")
    reply = client.ask("POST", "sobjects/Account", {"Name": "a", "Rating": "Cold"})
    assert (reply.status, reply.body[0]["errorCode"]) == (400, "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST")


def test_a_field_that_becomes_required_is_asked_for(client: Direct, state: OrgState) -> None:
    """New rows need it, unless Salesforce fills it."""
    assign(state, "schema.Account.fields.Phone.nillable=false")
    reply = client.ask("POST", "sobjects/Account", {"Name": "a"})
    assert reply.body[0]["errorCode"] == "REQUIRED_FIELD_MISSING"
    assign(state, "schema.Account.fields.Phone.defaulted_on_create=true")
    assert client.ask("POST", "sobjects/Account", {"Name": "a"}).status == 201


def test_a_custom_object_is_added(client: Direct, state: OrgState) -> None:
    """It has what each custom object has, and the integration user may use it."""
    add_object(state, "Order__c", FieldSpec("Total__c", "currency"))
    assert {"Id", "Name", "OwnerId", "Total__c", "CreatedDate"} <= fields(client, "Order__c").keys()
    made = client.ask("POST", "sobjects/Order__c", {"Total__c": 3})
    assert client.rows("SELECT Total__c FROM Order__c") == [{"Total__c": 3}]
    assert made.body["id"][:3] == state.schema["Order__c"].key_prefix
    assign(state, "schema.Line__c=Order Line")
    assert client.ask("GET", "sobjects/Line__c/describe").body["label"] == "Order Line"
    prefixes = [spec.key_prefix for spec in state.schema.values()]
    assert len(set(prefixes)) == len(prefixes)
    for name in ("Order__c", "Order"):
        with pytest.raises(KeyError):
            add_object(state, name)


def test_rights_are_set_for_a_user_wherever_he_has_them_from(client: Direct, state: OrgState) -> None:
    """What a permission set gives is taken away there; what nobody gives is given by the profile."""
    assign(state, "user.objects.Account.edit=false", "user.objects.Account.hidden_fields=Industry,Rating")
    described = client.ask("GET", ACCOUNT).body
    assert described["updateable"] is False
    assert {"Industry", "Rating"}.isdisjoint(fields(client))
    assign(state, "user.objects.Account.read=false")
    assert client.ask("GET", ACCOUNT).status == 404
    del state.permission_sets[0].objects["Lead"]
    assign(state, "user.objects.Lead.create=true")
    assert client.ask("GET", "sobjects/Lead/describe").body["createable"] is True
    assert state.profiles[0].objects["Lead"] == Rights(True, True, False, False)


def test_rights_are_set_on_one_holder(client: Direct, state: OrgState) -> None:
    """Of a profile or a permission set by its name; rights on all objects are left as they are for the others."""
    assign(state, "permission_sets.Nightly_Import.objects.Account.delete=false")
    assert client.ask("GET", ACCOUNT).body["deletable"] is False
    assign(
        state, "profiles.System Administrator.objects.Account.read_only_fields=Phone", "profile.objects.User.read=false"
    )
    assert state.profiles[1].objects["*"].read_only_fields == set()
    assert state.profiles[1].objects["Account"].read_only_fields == {"Phone"}
    assert refusal(client, "SELECT Id FROM User") == "INVALID_TYPE"


def infos(client: Direct) -> dict[str, tuple[bool, bool, bool]]:
    """Whether each record type is active, available and the default one."""
    listed = client.ask("GET", ACCOUNT).body["recordTypeInfos"]
    return {i["developerName"]: (i["active"], i["available"], i["defaultRecordTypeMapping"]) for i in listed}


def test_master_is_always_there(client: Direct, state: OrgState) -> None:
    """A standard object has it alone, and it stays when others come; a custom object without record types has none."""
    assert infos(client) == {"Master": (True, True, True)}
    assert client.ask("GET", "sobjects/Invoice__c/describe").body["recordTypeInfos"] == []
    assign(state, "schema.Account.record_types.Household=Household Account")
    first, master = client.ask("GET", ACCOUNT).body["recordTypeInfos"]
    assert (first["name"], first["master"], master["recordTypeId"]) == (
        "Household Account",
        False,
        "012000000000000AAA",
    )
    assert first["urls"]["layout"].endswith(f"describe/layouts/{first['recordTypeId']}")
    assert fields(client)["RecordTypeId"]["referenceTo"] == ["RecordType"]


def test_record_types_are_available_by_rights(client: Direct, state: OrgState) -> None:
    """Those that profile and permission sets give; inactive ones are none of them."""
    spec = state.schema["Account"]
    for name in ("Household", "Business", "Old"):
        spec.add_record_type(name, active=name != "Old")
    assign(state, "user.objects.Account.record_types=Business,Old")
    assert infos(client) == {
        "Household": (True, False, False),
        "Business": (True, True, True),
        "Old": (False, False, False),
        "Master": (True, True, False),
    }
    assign(state, "schema.Account.record_types.Business.active=false", "schema.Account.record_types.Household=")
    assert infos(client) == {
        "Business": (False, False, False),
        "Old": (False, False, False),
        "Master": (True, True, True),
    }
    assert [row["DeveloperName"] for row in client.rows("SELECT DeveloperName FROM RecordType")] == ["Business", "Old"]


def test_a_row_takes_an_available_record_type_only(client: Direct, state: OrgState) -> None:
    """One that the user may not use is refused by its id."""
    kind = state.schema["Account"].add_record_type("Household")
    row = {"Name": "a", "RecordTypeId": kind.id}
    assert client.ask("POST", "sobjects/Account", row).status == 201
    state.permission_sets[0].objects["Account"].record_types = set()
    error = client.ask("POST", "sobjects/Account", row).body[0]
    assert (error["errorCode"], error["fields"]) == ("INVALID_CROSS_REFERENCE_KEY", ["RecordTypeId"])
    assert error["message"].endswith(f"this ID value isn't valid for the user: {kind.id}")


def test_what_is_shown_can_be_read_at_a_glance(state: OrgState) -> None:
    """Objects with rows of their own, with what is not as usual, and slow describes."""
    state.schema["Account"].add(FieldSpec("Size__c", "double", "Size", scale=1))
    state.schema["Account"].add_record_type("Household")
    timing = Timing()
    Settable(state, timing).assign({"describe_latency.Lead": 3})
    shown = Settable(state, timing).plain()
    account = shown["schema"]["Account"]
    assert account["fields"]["Size__c"] == {"name": "Size__c", "type": "double", "label": "Size", "scale": 1}
    assert account["record_types"]["Household"]["label"] == "Household"
    assert "User" not in shown["schema"]
    assert shown["describe_latency"] == {"Lead": 3.0}
