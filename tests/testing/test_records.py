"""Records by REST: what is read, written and refused."""

from __future__ import annotations

import pytest

from airflow_sf_health.testing.call import Reply
from airflow_sf_health.testing.direct import Direct
from airflow_sf_health.testing.ids import make_id, to_18
from airflow_sf_health.testing.schema import FieldSpec, ObjectSpec, identity_fields
from airflow_sf_health.testing.state import BulkJob, OrgState, Rights, User


@pytest.fixture
def client() -> Direct:
    """The integration user of a new org."""
    return Direct()


@pytest.fixture
def state(client: Direct) -> OrgState:
    return client.state


def first_id(client: Direct, object_name: str = "Account") -> str:
    return next(iter(client.state.records[object_name]))


def refusal(reply: Reply) -> tuple[int, str]:
    return reply.status, reply.body[0]["errorCode"]


def test_ids_carry_the_checksum_of_salesforce() -> None:
    """The three last characters of an id tell the case of the others: a pair from a public recording."""
    assert to_18("0014S000007Nxml") == "0014S000007NxmlQAC"
    assert make_id("005", 1).startswith("005Hs0000000001")


def test_a_record_lives(client: Direct) -> None:
    """A row is created, read, changed and deleted; then it is in the recycle bin."""
    created = client.ask("POST", "sobjects/Account", {"Name": "Hooli", "AnnualRevenue": 5.5})
    assert created.status == 201
    record_id = created.body["id"]
    assert created.body == {"id": record_id, "success": True, "errors": []}
    assert created.headers["Location"] == f"/services/data/v62.0/sobjects/Account/{record_id}"
    assert client.ask("PATCH", f"sobjects/Account/{record_id}", {"Industry": "Energy"}).status == 204
    row = client.ask("GET", f"sobjects/Account/{record_id[:15]}").body
    assert (row["Name"], row["AnnualRevenue"], row["Industry"]) == ("Hooli", 5.5, "Energy")
    assert row["OwnerId"] == row["CreatedById"] == client.user.id
    assert client.ask("DELETE", f"sobjects/Account/{record_id}").status == 204
    gone = client.ask("GET", f"sobjects/Account/{record_id}")
    assert (gone.status, gone.body) == (
        404,
        [{"message": "entity is deleted", "errorCode": "ENTITY_IS_DELETED", "fields": []}],
    )


def test_only_the_fields_asked_for_are_read(client: Direct) -> None:
    """``?fields=`` narrows the answer, and an unknown field refuses it."""
    path = f"sobjects/Account/{first_id(client)}"
    assert set(client.ask("GET", path, fields="Name, industry").body) == {"attributes", "Id", "Name", "Industry"}
    assert refusal(client.ask("GET", path, fields="Nme")) == (400, "INVALID_FIELD")


def test_rows_say_when_they_changed(client: Direct) -> None:
    """Rows carry Last-Modified; Account rows an ETag too, the same on each."""
    accounts = [client.ask("GET", f"sobjects/Account/{row}").headers for row in client.state.records["Account"]]
    assert len({headers["ETag"] for headers in accounts}) == 1
    assert set(client.ask("GET", f"sobjects/Contact/{first_id(client, 'Contact')}").headers) == {"Last-Modified"}


@pytest.mark.parametrize(
    "path",
    [
        "sobjects/Account/0014S000007Ny26QAC",
        "sobjects/Acount/0014S000007Ny26QAC",
        "sobjects/UserLicense/100Hs0000000001IAA",
        "sobjects/UserLicense",
        "sobjects/UserLicense/describe",
        "nothing",
    ],
)
def test_missing_and_hidden_are_not_found_alike(client: Direct, path: str) -> None:
    """An unknown id, an unknown path and a hidden object have one answer, code first."""
    reply = client.ask("GET", path)
    assert reply.status == 404
    assert list(reply.body[0].items()) == [
        ("errorCode", "NOT_FOUND"),
        ("message", "The requested resource does not exist"),
    ]


def test_a_method_that_a_resource_does_not_know_is_refused(client: Direct) -> None:
    """405, with the methods that it knows."""
    reply = client.ask("DELETE", "query")
    assert refusal(reply) == (405, "METHOD_NOT_ALLOWED")
    assert "GET" in reply.body[0]["message"]


def test_the_system_is_read_only(client: Direct) -> None:
    """Users and profiles are changed by the test, not over REST."""
    admin = client.of("admin@acme.com")
    reply = admin.ask("PATCH", f"sobjects/User/{client.user.id}", {"IsActive": False})
    assert refusal(reply) == (400, "INSUFFICIENT_ACCESS_OR_READONLY")


def test_upsert_finds_by_external_id(client: Direct) -> None:
    """A known external id changes its row, an unknown one makes a row; since v46 the reply tells which."""
    path = "sobjects/Invoice__c/Number__c/"
    changed = client.ask("PATCH", path + "INV-1", {"Amount__c": 1})
    assert (changed.status, changed.body["created"]) == (200, False)
    made = client.ask("PATCH", path + "INV-2", {"Amount__c": 2})
    assert (made.status, made.body["created"]) == (201, True)
    assert client.ask("GET", path + "INV-2").body["Amount__c"] == 2
    client.version = "40.0"
    assert client.ask("PATCH", path + "INV-2", {"Amount__c": 3}).status == 204
    assert refusal(client.ask("PATCH", "sobjects/Invoice__c/Amount__c/1", {})) == (404, "NOT_FOUND")
    assert refusal(client.ask("GET", path + "INV-3")) == (404, "NOT_FOUND")


def test_external_ids_are_unique(client: Direct) -> None:
    """A second row with the same external id is a duplicate."""
    client.ask("POST", "sobjects/Invoice__c", {"Number__c": "INV-7"})
    assert refusal(client.ask("POST", "sobjects/Invoice__c", {"Number__c": "inv-7"})) == (400, "DUPLICATE_VALUE")


def test_a_parent_is_named_by_its_external_id(client: Direct) -> None:
    """``Account__r: {ERP_Id__c: …}`` links the row; an unknown parent refuses it."""
    made = client.ask("POST", "sobjects/Invoice__c", {"Name": "x", "Account__r": {"ERP_Id__c": "ERP-2"}})
    assert made.status == 201
    assert client.query("SELECT Account__r.Name FROM Invoice__c WHERE Name = 'x'").body["records"][0]["Account__r"][
        "Name"
    ] == ("Globex")
    unknown = client.ask("POST", "sobjects/Invoice__c", {"Account__r": {"ERP_Id__c": "ERP-99"}})
    assert refusal(unknown) == (400, "INVALID_FIELD")


def test_the_schema_grows_while_it_serves(client: Direct, state: OrgState) -> None:
    """An object and a field added to the state are there in the next call, for who has rights."""
    state.schema["Gadget__c"] = ObjectSpec("Gadget__c", "a09").add(*identity_fields("Gadget"), FieldSpec("Name"))
    assert client.ask("POST", "sobjects/Gadget__c", {"Name": "g"}).status == 404
    state.permission_sets[0].objects["Gadget__c"] = Rights()
    assert client.ask("POST", "sobjects/Gadget__c", {"Name": "g"}).status == 201
    state.schema["Gadget__c"].add(FieldSpec("Size__c", "double"))
    assert client.rows("SELECT Size__c FROM Gadget__c") == [{"Size__c": None}]


def test_collections_write_row_by_row(client: Direct) -> None:
    """``/composite/sobjects`` answers 200 with a result for each row; all-or-none takes the good ones back."""
    good, bad = {"attributes": {"type": "Account"}, "Name": "good"}, {"attributes": {"type": "Account"}}
    mixed = client.ask("POST", "composite/sobjects", {"records": [good, bad]})
    assert [row["success"] for row in mixed.body] == [True, False]
    assert mixed.body[1]["errors"][0]["statusCode"] == "REQUIRED_FIELD_MISSING"
    together = client.ask("POST", "composite/sobjects", {"records": [good, bad], "allOrNone": True})
    assert [row["errors"][0]["statusCode"] for row in together.body] == [
        "ALL_OR_NONE_OPERATION_ROLLED_BACK",
        "REQUIRED_FIELD_MISSING",
    ]
    assert len(client.rows("SELECT Id FROM Account WHERE Name = 'good'")) == 1
    ids = ",".join(client.state.records["Account"])
    assert all(row["success"] for row in client.ask("DELETE", "composite/sobjects", ids=ids, allOrNone="true").body)


def test_collections_upsert_by_external_id(client: Direct) -> None:
    """Each result tells whether its row was created."""
    rows = [{"ERP_Id__c": "ERP-1", "Name": "Smith"}, {"ERP_Id__c": "new", "Name": "New"}, {"Name": "keyless"}]
    results = client.ask("PATCH", "composite/sobjects/Account/ERP_Id__c", {"records": rows}).body
    assert [(row["success"], row.get("created")) for row in results] == [(True, False), (True, True), (False, None)]
    assert client.rows("SELECT Name FROM Account WHERE ERP_Id__c = 'ERP-1'") == [{"Name": "Smith"}]


def test_collections_read_by_id(client: Direct) -> None:
    """The fields asked for, and null for an id that is not found."""
    asked = {"ids": [first_id(client), make_id("001", 99_999)], "fields": ["Name"]}
    found, missing = client.ask("POST", "composite/sobjects/Account", asked).body
    assert (found["Name"], missing) == ("Smith Corp.", None)
    short = client.ask("GET", "composite/sobjects/Account", ids=first_id(client), fields="Name").body
    assert short == [found]
    assert refusal(client.ask("GET", "composite/sobjects/Account", ids=first_id(client), fields="Nme"))[0] == 400


def test_two_hundred_rows_are_the_most(client: Direct) -> None:
    """One more, and the whole call is refused."""
    rows = [{"attributes": {"type": "Account"}, "Name": "x"}] * 201
    assert refusal(client.ask("POST", "composite/sobjects", {"records": rows})) == (400, "EXCEEDED_ID_LIMIT")
    assert len(client.ask("POST", "composite/sobjects", {"records": rows[1:]}).body) == 200


def test_a_query_is_explained(client: Direct) -> None:
    """The plan counts rows and table without sending them; a bad query is refused as it is when run."""
    text = "SELECT Id FROM Account WHERE Name = 'Globex'"
    body = client.ask("GET", "query", explain=text).body
    assert body["sourceQuery"] == text
    plan = body["plans"][0]
    assert (plan["cardinality"], plan["sobjectCardinality"], plan["sobjectType"]) == (1, 5, "Account")
    wrong = client.ask("GET", "query", explain="SELECT Nme FROM Account")
    assert wrong.body == client.query("SELECT Nme FROM Account").body


def test_the_tooling_api_has_objects_of_its_own(client: Direct) -> None:
    """Custom objects are rows there, and unknown to a plain query and to describe."""
    admin, asked = client.of("admin@acme.com"), "SELECT DeveloperName FROM CustomObject"
    body = admin.ask("GET", "tooling/query", q=asked).body
    assert [row["DeveloperName"] for row in body["records"]] == ["Invoice"]
    assert (body["size"], body["entityTypeName"]) == (1, "CustomObject")
    assert admin.query(asked).body[0]["errorCode"] == "INVALID_TYPE"
    assert "CustomObject" not in [entry["name"] for entry in admin.ask("GET", "sobjects").body["sobjects"]]


def test_the_ui_api_tells_hidden_from_missing(client: Direct) -> None:
    """403 for an object that is hidden, 404 for one that is not there."""
    path = "ui-api/object-info"
    assert client.ask("GET", f"{path}/Account").body["apiName"] == "Account"
    assert refusal(client.ask("GET", f"{path}/UserLogin")) == (403, "INSUFFICIENT_ACCESS")
    assert refusal(client.ask("GET", f"{path}/Nothing__c")) == (404, "NOT_FOUND")


def test_limits_need_view_setup(client: Direct) -> None:
    """``/limits`` is for who may view Setup, storage for who manages users; apps have buckets inside some limits."""
    assert client.ask("GET", "limits").status == 403
    body = client.of("admin@acme.com").ask("GET", "limits").body
    assert len(body) == 48
    assert body["DailyApiRequests"]["Max"] == 100_000
    assert isinstance(body["DailyBulkApiBatches"]["Dataloader Bulk"], dict)
    client.user.permission_set_group_ids.append(client.state.permission_set_groups[0].id)
    assert "DataStorageMB" not in client.ask("GET", "limits").body
    client.version = "48.0"
    assert "DailyBulkApiRequests" in client.ask("GET", "limits").body


def test_batches_of_bulk_jobs_are_limited(state: OrgState) -> None:
    """Those that others had done and those of the org's own loads lessen what is left, a load of version 2.0 by each 10,000 rows."""
    state.bulk_batches = 100
    state.jobs = {
        "one": BulkJob("one", {}, batches={"a": {}, "b": {}}, requests={"a": [{}], "b": [{}]}),
        "two": BulkJob("two", {}, requests={"": [{}] * 10_001}),
        "query": BulkJob("query", {}, results={"": [{}]}),
    }
    admin = Direct(state).of("admin@acme.com")
    assert admin.ask("GET", "limits").body["DailyBulkApiBatches"]["Remaining"] == 15_000 - 104


def test_users_of_a_state_built_by_hand_work(state: OrgState) -> None:
    """A user added to the state has the rights of its profile."""
    user = User("005000000000099AAA", "third@acme.com", "p", "t", profile_id=state.profiles[1].id)
    state.users.append(user)
    assert Direct(state).of("third@acme.com").ask("GET", "sobjects/UserLicense/100Hs0000000001IAA").status == 200
