"""What Salesforce checks before it writes a row."""

from __future__ import annotations

from typing import Any

import pytest

from airflow_sf_health.testing.call import Reply
from airflow_sf_health.testing.direct import Direct
from airflow_sf_health.testing.schema import ValidationRule
from airflow_sf_health.testing.state import OrgState, Rights

CHECK_SECURITY = (
    "Please check the security settings of this field and verify that it is read/write for your profile or "
    "permission set."
)


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


@pytest.mark.parametrize(
    ("object_name", "values", "code", "message", "fields"),
    [
        ("Account", {}, "REQUIRED_FIELD_MISSING", "Required fields are missing: [Name]", ["Name"]),
        ("Account", {"Name": ""}, "REQUIRED_FIELD_MISSING", "Required fields are missing: [Name]", ["Name"]),
        ("Account", {"Name": "a", "Nme": 1}, "INVALID_FIELD", "No such column 'Nme' on sobject of type Account", None),
        (
            "Contact",
            {"LastName": "a", "Email": "bad"},
            "INVALID_EMAIL_ADDRESS",
            "Email: invalid email address: bad",
            ["Email"],
        ),
        (
            "Contact",
            {"LastName": "a", "AccountId": "001x"},
            "MALFORMED_ID",
            "Account ID: id value of incorrect type: 001x",
            ["AccountId"],
        ),
        (
            "Contact",
            {"LastName": "a", "AccountId": "0014S000007Ny26QAC"},
            "INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY",
            "insufficient access rights on cross-reference id: 0014S000007Ny26",
            [],
        ),
        (
            "Account",
            {"Name": "a", "OwnerId": "0054S000007Ny26QAC"},
            "INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY",
            "insufficient access rights on cross-reference id: 0054S000007Ny26",
            [],
        ),
        (
            "Account",
            {"Name": "a", "IsDeleted": True},
            "INVALID_FIELD_FOR_INSERT_UPDATE",
            "Unable to create/update fields: IsDeleted. " + CHECK_SECURITY,
            ["IsDeleted"],
        ),
    ],
)
def test_bad_rows_are_refused(
    client: Direct, object_name: str, values: dict[str, Any], code: str, message: str, fields: list[str] | None
) -> None:
    """Each broken rule has its own code, text and fields."""
    reply = client.ask("POST", f"sobjects/{object_name}", values)
    expected: dict[str, Any] = {"message": message, "errorCode": code}
    assert (reply.status, reply.body) == (400, [expected if fields is None else {**expected, "fields": fields}])


def test_text_too_long_is_refused(client: Direct) -> None:
    """A value beyond the length of its field is no row."""
    reply = client.ask("POST", "sobjects/Account", {"Name": "x" * 256})
    assert refusal(reply) == (400, "STRING_TOO_LONG")


def test_an_inactive_owner_is_refused(client: Direct, state: OrgState) -> None:
    """A row cannot be given to an inactive user, nor changed while it has such an owner."""
    owner = state.users[1]
    owner.active = False
    create = client.ask("POST", "sobjects/Account", {"Name": "a", "OwnerId": owner.id})
    assert create.body == [
        {
            "message": f"operation performed with inactive user [{owner.id[:15]}] as owner of account",
            "errorCode": "INACTIVE_OWNER_OR_USER",
            "fields": [],
        }
    ]
    path = f"sobjects/Account/{first_id(client)}"
    assert refusal(client.ask("PATCH", path, {"Rating": "Hot"})) == (400, "INACTIVE_OWNER_OR_USER")


def test_an_inactive_owner_is_legal_on_update_with_the_permission(client: Direct, state: OrgState) -> None:
    """The permission to update records with inactive owners does so on update, not on create."""
    state.users[1].active = False
    state.org.audit_fields_enabled = True
    state.permission_sets[0].permissions.add("UpdateWithInactiveOwner")
    path = f"sobjects/Account/{first_id(client)}"
    assert client.ask("PATCH", path, {"OwnerId": state.users[1].id}).status == 204
    create = client.ask("POST", "sobjects/Account", {"Name": "a", "OwnerId": state.users[1].id})
    assert refusal(create) == (400, "INACTIVE_OWNER_OR_USER")


def test_audit_fields_are_written_with_the_permission_only(client: Direct, state: OrgState) -> None:
    """CreatedDate is createable for who has Create Audit Fields, while the org has the preference on."""
    values = {"Name": "old", "CreatedDate": "2019-01-01T00:00:00.000+0000"}
    assert refusal(client.ask("POST", "sobjects/Account", values)) == (400, "INVALID_FIELD_FOR_INSERT_UPDATE")
    state.org.audit_fields_enabled = True
    state.permission_sets[0].permissions.add("CreateAuditFields")
    assert client.ask("POST", "sobjects/Account", values).status == 201
    assert client.rows("SELECT Name FROM Account WHERE CreatedDate < 2020-01-01T00:00:00Z") == [{"Name": "old"}]


def test_field_rights_are_kept(client: Direct, state: OrgState) -> None:
    """A hidden field is no column; a read-only one is shown and not written."""
    rights = state.permission_sets[0].objects["Account"]
    rights.hidden_fields.add("Industry")
    rights.read_only_fields.add("Rating")
    row = client.ask("GET", f"sobjects/Account/{first_id(client)}").body
    assert "Industry" not in row
    assert "Rating" in row
    for field, code in (("Industry", "INVALID_FIELD"), ("Rating", "INVALID_FIELD_FOR_INSERT_UPDATE")):
        assert refusal(client.ask("POST", "sobjects/Account", {"Name": "a", field: "x"})) == (400, code)


def test_one_grant_is_enough(client: Direct, state: OrgState) -> None:
    """A field hidden by one permission set and shown by the profile is there."""
    state.permission_sets[0].objects["Account"].hidden_fields.add("Industry")
    state.profiles[0].objects["Account"] = Rights(create=False, edit=False, delete=False)
    assert "Industry" in client.ask("GET", f"sobjects/Account/{first_id(client)}").body


def test_object_rights_are_kept(client: Direct, state: OrgState) -> None:
    """Without create, edit or delete, each is refused and reading goes on."""
    state.permission_sets[0].objects["Account"] = Rights(create=False, edit=False, delete=False)
    path = f"sobjects/Account/{first_id(client)}"
    assert client.ask("GET", path).status == 200
    for method, target, body in (
        ("POST", "sobjects/Account", {"Name": "a"}),
        ("PATCH", path, {"Rating": "Hot"}),
        ("DELETE", path, None),
    ):
        assert refusal(client.ask(method, target, body)) == (400, "INSUFFICIENT_ACCESS_OR_READONLY")


def test_nothing_is_written_during_read_only_maintenance(client: Direct, state: OrgState) -> None:
    """Each kind of write is refused, in collections row by row, while reads go on."""
    state.org.is_read_only = True
    path = f"sobjects/Account/{first_id(client)}"
    replies = [
        client.ask("POST", "sobjects/Account", {"Name": "a"}),
        client.ask("PATCH", path, {"Name": "a"}),
        client.ask("PATCH", "sobjects/Account/ERP_Id__c/new", {"Name": "a"}),
        client.ask("DELETE", path),
    ]
    code = "INSERT_UPDATE_DELETE_NOT_ALLOWED_DURING_MAINTENANCE"
    assert [refusal(reply) for reply in replies] == [(400, code)] * 4
    rows = {"records": [{"attributes": {"type": "Account"}, "Name": "a"}]}
    assert client.ask("POST", "composite/sobjects", rows).body[0]["errors"][0]["statusCode"] == code
    assert client.ask("GET", path).status == 200
    assert client.rows("SELECT IsReadOnly FROM Organization") == [{"IsReadOnly": True}]


def test_a_validation_rule_refuses_with_its_own_words(client: Direct, state: OrgState) -> None:
    """The rule judges the row as it would be, also by fields that the user does not see."""
    rule = ValidationRule("Amount__c < 0 AND Paid__c = true", "No paid credits.", "Amount__c")
    state.schema["Invoice__c"].validation_rules.append(rule)
    state.permission_sets[0].objects["Invoice__c"] = Rights(hidden_fields={"Paid__c"})
    path = f"sobjects/Invoice__c/{first_id(client, 'Invoice__c')}"
    assert client.ask("PATCH", path, {"Amount__c": -1}).status == 204
    state.records["Invoice__c"][first_id(client, "Invoice__c")]["Paid__c"] = True
    assert client.ask("PATCH", path, {"Amount__c": -2}).body == [
        {"message": "No paid credits.", "errorCode": "FIELD_CUSTOM_VALIDATION_EXCEPTION", "fields": ["Amount__c"]}
    ]


def test_permission_sets_are_assigned_once(client: Direct, state: OrgState) -> None:
    """An administrator assigns and takes away; a second assignment is a duplicate; profiles keep theirs."""
    admin, user, group = client.of("admin@acme.com"), state.users[0], state.permission_set_groups[0]
    path, values = "sobjects/PermissionSetAssignment", {"AssigneeId": user.id, "PermissionSetGroupId": group.id}
    assert client.ask("POST", path, values).status == 404
    created = admin.ask("POST", path, values)
    assert (created.status, user.permission_set_group_ids) == (201, [group.id])
    assert refusal(admin.ask("POST", path, values)) == (400, "DUPLICATE_VALUE")
    assert admin.ask("DELETE", f"{path}/{created.body['id']}").status == 204
    assert user.permission_set_group_ids == []
    owned = admin.rows("SELECT Id FROM PermissionSetAssignment WHERE PermissionSet.IsOwnedByProfile = true")
    assert refusal(admin.ask("DELETE", f"{path}/{owned[0]['Id']}")) == (400, "INSUFFICIENT_ACCESS_OR_READONLY")
