"""Describe as one user sees it."""

from __future__ import annotations

from typing import Any

import pytest

from airflow_sf_health.testing.direct import Direct
from airflow_sf_health.testing.schema import FieldSpec
from airflow_sf_health.testing.state import OrgState


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


def test_describe_tells_all_of_an_object(client: Direct) -> None:
    """45 keys (43 before v50), 57 of each field, and child relationships."""
    body = client.ask("GET", "sobjects/account/describe").body
    assert (len(body), {len(field) for field in body["fields"]}) == (45, {57})
    assert "Contact" in {child["childSObject"] for child in body["childRelationships"]}
    client.version = "48.0"
    assert len(client.ask("GET", "sobjects/Account/describe").body) == 43


def test_fields_say_what_they_are(client: Direct) -> None:
    """Types, lengths, references and picklists are those of the schema."""
    described = fields(client)
    assert (described["Name"]["type"], described["Name"]["length"], described["Name"]["nillable"]) == (
        "string",
        255,
        False,
    )
    assert described["OwnerId"]["referenceTo"] == ["User"]
    assert described["OwnerId"]["defaultedOnCreate"] is True
    assert described["ERP_Id__c"]["externalId"] is True
    assert [value["value"] for value in described["Rating"]["picklistValues"]] == ["Hot", "Warm", "Cold"]


def test_what_is_hidden_is_absent(client: Direct, state: OrgState) -> None:
    """A hidden field is not in describe, a hidden object not in describe global; read-only says so."""
    rights = state.permission_sets[0].objects
    rights["Account"].hidden_fields.add("Industry")
    rights["Account"].read_only_fields.add("Rating")
    del rights["Lead"]
    described = fields(client)
    assert "Industry" not in described
    assert (described["Rating"]["createable"], described["Rating"]["updateable"]) == (False, False)
    listed = [entry["name"] for entry in client.ask("GET", "sobjects").body["sobjects"]]
    assert "Lead" not in listed
    assert "UserLicense" not in listed
    assert client.ask("GET", "sobjects/Lead/describe").status == 404


def test_rights_show_in_describe(client: Direct, state: OrgState) -> None:
    """Createable, updateable and deletable are the user's own."""
    rights = state.permission_sets[0].objects["Account"]
    rights.create = rights.delete = False
    body = client.ask("GET", "sobjects/Account/describe").body
    assert (body["createable"], body["updateable"], body["deletable"]) == (False, True, False)
    described = fields(client)
    assert (described["Name"]["createable"], described["Name"]["updateable"]) == (False, True)


def test_audit_fields_become_createable(client: Direct, state: OrgState) -> None:
    """With Create Audit Fields, describe shows CreatedDate as createable: a second way to test the permission."""
    assert fields(client)["CreatedDate"]["createable"] is False
    state.org.audit_fields_enabled = True
    state.permission_sets[0].permissions.add("CreateAuditFields")
    assert fields(client)["CreatedDate"]["createable"] is True


def test_describe_global_has_its_own_shape(client: Direct) -> None:
    """28 keys for each object."""
    body = client.ask("GET", "sobjects").body
    assert (body["encoding"], body["maxBatchSize"]) == ("UTF-8", 200)
    assert {len(entry) for entry in body["sobjects"]} == {28}
    assert client.ask("GET", "sobjects/Account").body["objectDescribe"] == body["sobjects"][0]


def test_stamps_are_those_of_the_whole_org(client: Direct) -> None:
    """ETag and Last-Modified are the same for all objects."""
    stamps = [client.ask("GET", path).headers for path in ("sobjects/Account/describe", "sobjects/Lead/describe")]
    assert stamps[0] == stamps[1] == client.ask("GET", "sobjects").headers
    assert len(stamps[0]["ETag"]) == 10


def test_what_did_not_change_is_not_sent_again(client: Direct) -> None:
    """304 by ETag or date, without a body and with the same stamps."""
    path = "sobjects/Account/describe"
    stamps = client.ask("GET", path).headers
    known = ({"if-none-match": f'W/"x", {stamps["ETag"]}'}, {"if-modified-since": stamps["Last-Modified"]})
    for headers in known:
        reply = client.ask("GET", path, headers=headers)
        assert (reply.status, reply.body, reply.headers) == (304, None, stamps)
    assert client.ask("GET", path, headers={"if-modified-since": "yesterday"}).status == 200


def statuses(client: Direct, *paths: str) -> list[int]:
    """What a client who knows the stamps of the first look gets at the next ones."""
    known = client.ask("GET", "sobjects/Account/describe").headers
    headers = {"if-none-match": known["ETag"]}
    return [client.ask("GET", path, headers=headers).status for path in paths]


def test_an_object_that_changes_has_a_newer_stamp(client: Direct, state: OrgState) -> None:
    """A new field moves the stamp of its object and of the whole, not that of other objects."""
    client.ask("GET", "sobjects")
    state.schema["Lead"].add(FieldSpec("Score__c", "double"))
    paths = ("sobjects/Account/describe", "sobjects/Lead/describe", "sobjects")
    assert statuses(client, *paths) == [304, 200, 200]


def test_rights_move_the_stamp_of_all_objects(client: Direct, state: OrgState) -> None:
    """Who may do what is a matter of the whole org."""
    stamps = client.ask("GET", "sobjects/Account/describe").headers
    state.permission_sets[0].objects["Account"].edit = False
    assert client.ask("GET", "sobjects/Lead/describe", headers={"if-none-match": stamps["ETag"]}).status == 200


def test_the_stamp_may_stay_though_rights_changed(client: Direct, state: OrgState) -> None:
    """With the stamp frozen, a 304 hides what changed, also afterwards."""
    stamps = client.ask("GET", "sobjects/Account/describe").headers
    state.schema_stamp_frozen = True
    state.permission_sets[0].objects["Account"].hidden_fields.add("Industry")
    state.schema["Account"].add(FieldSpec("New__c"))
    asked = {"if-none-match": stamps["ETag"]}
    assert client.ask("GET", "sobjects/Account/describe", headers=asked).status == 304
    state.schema_stamp_frozen = False
    assert client.ask("GET", "sobjects", headers=asked).status == 304
