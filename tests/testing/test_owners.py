"""Owners of rows: users who are seen or not, active or not, and queues; and whom a connection to another org belongs to."""

from __future__ import annotations

import pytest

from airflow_sf_health.testing.direct import Direct
from airflow_sf_health.testing.ids import make_id
from airflow_sf_health.testing.state import Group, OrgState, User


@pytest.fixture
def client() -> Direct:
    """The integration user of a new org."""
    return Direct()


@pytest.fixture
def state(client: Direct) -> OrgState:
    return client.state


@pytest.fixture
def other(state: OrgState) -> User:
    """The administrator, whom users see."""
    state.org.user_sharing_private = False
    return state.users[1]


def seen(client: Direct) -> list[str]:
    return [row["Username"] for row in client.rows("SELECT Username FROM User ORDER BY Username")]


def test_user_sharing_hides_single_users(client: Direct, other: User) -> None:
    """A hidden user is not found, while another who may view all users finds him."""
    assert seen(client) == ["admin@acme.com", "integration@acme.com"]
    other.hidden = True
    assert seen(client) == ["integration@acme.com"]
    assert client.ask("GET", f"sobjects/User/{other.id}").status == 404
    client.user.hidden = True
    assert seen(client) == ["integration@acme.com"]
    assert len(seen(client.of("admin@acme.com"))) == 2


def test_a_queue_is_found_with_its_objects(client: Direct) -> None:
    """By its developer name, and by the objects of which it takes rows."""
    assert client.rows("SELECT Name, Type FROM Group WHERE DeveloperName = 'New_Leads'") == [
        {"Name": "New Leads", "Type": "Queue"}
    ]
    rows = client.rows("SELECT SobjectType, Queue.DeveloperName FROM QueueSobject ORDER BY SobjectType")
    assert [row["SobjectType"] for row in rows] == ["Invoice__c", "Lead"]
    assert rows[0]["Queue"]["DeveloperName"] == "New_Leads"


def test_a_group_that_is_no_queue(client: Direct, state: OrgState) -> None:
    """A role may have a queue's name; it owns nothing."""
    state.groups.append(Group(make_id("00G", 9), "New_Leads", "Role"))
    rows = client.rows("SELECT Id, Type FROM Group WHERE DeveloperName = 'New_Leads'")
    assert [row["Type"] for row in rows] == ["Role", "Queue"]
    refused = client.ask("POST", "sobjects/Lead", {"LastName": "a", "Company": "b", "OwnerId": rows[0]["Id"]})
    assert refused.status == 400


def test_a_queue_owns_rows_of_its_objects(client: Direct, state: OrgState) -> None:
    """A lead may be the queue's, an account may not; an unknown queue is nobody."""
    queue = state.queues[0]
    made = client.ask("POST", "sobjects/Lead", {"LastName": "a", "Company": "b", "OwnerId": queue.id})
    owner = client.rows(f"SELECT Owner.Name FROM Lead WHERE Id = '{made.body['id']}'")[0]["Owner"]
    assert (owner["Name"], owner["attributes"]["type"]) == ("New Leads", "Group")
    refused = client.ask("POST", "sobjects/Account", {"Name": "a", "OwnerId": queue.id})
    assert (refused.status, refused.body[0]["errorCode"]) == (400, "INVALID_OPERATION")
    unknown = client.ask("POST", "sobjects/Account", {"Name": "a", "OwnerId": "00G000000000001"})
    assert unknown.body[0]["errorCode"] == "INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY"


def test_what_a_path_sees_of_an_owner(client: Direct, state: OrgState) -> None:
    """Of one that may be a user or a queue the object Name, which has a type and no field of one's own; of a user all."""
    for owner in (client.user.id, state.queues[0].id):
        client.ask("POST", "sobjects/Lead", {"LastName": "New", "Company": "b", "OwnerId": owner})
    rows = client.rows("SELECT Owner.Type, Owner.IsActive FROM Lead WHERE LastName = 'New' ORDER BY Owner.Type")
    assert [(row["Owner"]["Type"], row["Owner"]["IsActive"]) for row in rows] == [("Queue", None), ("User", True)]
    (row,) = client.rows("SELECT LastName, Owner.Profile.Name FROM Lead WHERE Owner.Type = 'User'")
    assert row["Owner"]["Profile"]["Name"] == state.profile_of(client.user).name
    for path, entity in (("Owner.Alias, Owner.Region__c FROM Lead", "Name"), ("Owner.Type FROM Account", "User")):
        refused = client.query(f"SELECT {path}").body[0]
        assert f"on entity '{entity}'" in refused["message"]


def test_leads_may_have_users_and_queues_as_owners(client: Direct) -> None:
    """Describe names both kinds, for accounts users alone."""

    def owner(name: str) -> tuple[list[str], bool]:
        body = client.ask("GET", f"sobjects/{name}/describe").body
        field = next(field for field in body["fields"] if field["name"] == "OwnerId")
        return field["referenceTo"], field["polymorphicForeignKey"]

    assert owner("Lead") == owner("Invoice__c") == (["Group", "User"], True)
    assert owner("Account") == (["User"], False)


def test_an_inactive_owner_is_refused_but_for_who_may_update_such_rows(
    client: Direct, state: OrgState, other: User
) -> None:
    """On insert always; on update unless the preference is on and the user has the permission."""
    row = {"Name": "a", "OwnerId": other.id}
    account = client.ask("POST", "sobjects/Account", row).body["id"]
    other.active = False

    def codes() -> list[str | None]:
        replies = (
            client.ask("POST", "sobjects/Account", row),
            client.ask("PATCH", f"sobjects/Account/{account}", {"Name": "b"}),
        )
        return [reply.body[0]["errorCode"] if reply.status == 400 else None for reply in replies]

    assert codes() == ["INACTIVE_OWNER_OR_USER"] * 2
    state.profiles[0].permissions.add("UpdateWithInactiveOwner")
    assert codes() == ["INACTIVE_OWNER_OR_USER"] * 2
    state.org.audit_fields_enabled = True
    assert codes() == ["INACTIVE_OWNER_OR_USER", None]


def test_connections_to_other_orgs_exist_where_they_are_switched_on(
    client: Direct, state: OrgState, other: User
) -> None:
    """Without Salesforce to Salesforce the object does not exist; with it, the primary contact is a user."""
    asked = "SELECT ConnectionName, ConnectionStatus, PrimaryContact.IsActive FROM PartnerNetworkConnection"
    assert client.query(asked).body[0]["errorCode"] == "INVALID_TYPE"
    assert "PartnerNetworkConnection" not in str(client.ask("GET", "sobjects").body)
    state.org.s2s_enabled = True
    other.active = False
    (row,) = client.rows(asked)
    assert (row["ConnectionName"], row["ConnectionStatus"]) == ("Globex", "Accepted")
    assert row["PrimaryContact"]["IsActive"] is False
    assert client.query("SELECT OwnerId FROM PartnerNetworkConnection").body[0]["errorCode"] == "INVALID_FIELD"


def test_a_hard_delete_takes_a_permission(client: Direct, state: OrgState) -> None:
    """Bulk API's hardDelete is refused without BulkApiHardDelete, which shows in UserPermissionAccess."""
    asked = "SELECT PermissionsBulkApiHardDelete FROM UserPermissionAccess"
    job = {"object": "Account", "operation": "hardDelete"}
    assert client.rows(asked) == [{"PermissionsBulkApiHardDelete": False}]
    assert client.ask("POST", "jobs/ingest", job).status == 400
    state.profiles[0].permissions.add("BulkApiHardDelete")
    assert client.rows(asked) == [{"PermissionsBulkApiHardDelete": True}]
    assert client.ask("POST", "jobs/ingest", job).status == 200
