"""Rows about users, licences, permission sets and logins: who may read which, and what they say."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from airflow_sf_health.testing.direct import Direct
from airflow_sf_health.testing.state import LoginAttempt, OrgState, User


@pytest.fixture
def client() -> Direct:
    """The integration user of a new org."""
    return Direct()


@pytest.fixture
def state(client: Direct) -> OrgState:
    return client.state


@pytest.fixture
def user(state: OrgState) -> User:
    return state.users[0]


@pytest.fixture
def admin(client: Direct) -> Direct:
    return client.of("admin@acme.com")


def attempt(state: OrgState, user: User, status: str) -> None:
    at, url = datetime(2026, 5, 4, tzinfo=UTC), "login.salesforce.com"
    row = LoginAttempt(state.new_id("0Ya"), user.id, at, status, "Remote Access 2.0", "OauthJwtBearer", "::1", url, "N")
    state.logins.append(row)


def refusal(client: Direct, soql: str) -> str:
    """The code with which a query is refused."""
    reply = client.query(soql)
    assert reply.status == 400
    return str(reply.body[0]["errorCode"])


def test_user_logins_are_for_who_manages_users(client: Direct, admin: Direct, user: User) -> None:
    """Frozen and locked are told to an administrator; for an integration user the object does not exist."""
    user.frozen = user.locked = True
    asked = f"SELECT IsFrozen, IsPasswordLocked FROM UserLogin WHERE UserId = '{user.id}'"
    assert admin.rows(asked) == [{"IsFrozen": True, "IsPasswordLocked": True}]
    assert refusal(client, asked) == "INVALID_TYPE"


def test_each_user_sees_his_own_logins(client: Direct, admin: Direct, state: OrgState, user: User) -> None:
    """Rows of others need Manage Users or Monitor Login History."""
    attempt(state, user, "Success")
    attempt(state, state.users[1], "User is frozen")
    asked = "SELECT Status FROM LoginHistory ORDER BY LoginTime DESC"
    assert client.rows(asked) == [{"Status": "Success"}]
    assert len(admin.rows(asked)) == 2
    state.profile_of(user).permissions.add("MonitorLoginHistory")
    assert len(client.rows(asked)) == 2


@pytest.mark.parametrize("column", ["Status", "Application", "ApiType"])
def test_some_columns_of_the_login_history_cannot_be_filtered(client: Direct, column: str) -> None:
    """A WHERE on them is refused, while they may be selected; LoginTime may be filtered."""
    assert refusal(client, f"SELECT Id FROM LoginHistory WHERE {column} = 'x'") == "INVALID_FIELD"
    assert client.rows(f"SELECT {column} FROM LoginHistory WHERE LoginTime > 2020-01-01T00:00:00Z") == []


def test_licences_of_permission_sets_are_for_all(client: Direct, admin: Direct, state: OrgState) -> None:
    """Internal users read them with their end; DeveloperName and the assignments need more."""
    state.permission_set_licenses[0].expires = "2027-01-31"
    asked = "SELECT MasterLabel, ExpirationDate FROM PermissionSetLicense WHERE Status = 'Active'"
    assert client.rows(asked) == [{"MasterLabel": "Salesforce API Integration", "ExpirationDate": "2027-01-31"}]
    assert refusal(client, "SELECT DeveloperName FROM PermissionSetLicense") == "INVALID_FIELD"
    assigned = "SELECT Assignee.Username, PermissionSetLicense.MasterLabel FROM PermissionSetLicenseAssign"
    assert refusal(client, assigned) == "INVALID_TYPE"
    assert admin.rows(assigned)[0]["Assignee"]["Username"] == "integration@acme.com"


def test_a_deactivated_user_holds_no_permission_set_licence(admin: Direct, user: User) -> None:
    """Deactivation releases them."""
    user.active = False
    assert admin.rows("SELECT Id FROM PermissionSetLicenseAssign") == []


def test_package_licences_name_their_holders(client: Direct, user: User) -> None:
    """A user sees that he has a licence of an installed package, and when that ends."""
    asked = f"SELECT PackageLicense.NamespacePrefix FROM UserPackageLicense WHERE UserId = '{user.id}'"
    assert client.rows(asked)[0]["PackageLicense"]["NamespacePrefix"] == "acmepkg"
    user.packages.clear()
    assert client.rows(asked) == []


def test_assignments_name_profile_permission_set_and_group(client: Direct, admin: Direct, user: User) -> None:
    """Each user has the set of his profile; a group is assigned by a set of its own. Plain users see no assignments."""
    assert refusal(client, "SELECT Id FROM PermissionSetAssignment") == "INVALID_TYPE"
    user.permission_set_group_ids.append(admin.state.permission_set_groups[0].id)
    asked = (
        "SELECT PermissionSet.Label, PermissionSet.IsOwnedByProfile, PermissionSet.Profile.Name, "
        "PermissionSet.PermissionsApiUserOnly, PermissionSetGroup.DeveloperName FROM PermissionSetAssignment "
        f"WHERE AssigneeId = '{user.id}'"
    )
    owned, assigned, group = admin.rows(asked)
    assert owned["PermissionSet"]["Profile"]["Name"] == "Minimum Access - API Only Integrations"
    assert owned["PermissionSet"]["PermissionsApiUserOnly"] is True
    assert assigned["PermissionSet"]["Label"] == "Nightly Import"
    assert group["PermissionSetGroup"]["DeveloperName"] == "Support"


def test_a_group_gives_what_it_does_not_mute(client: Direct, admin: Direct, user: User) -> None:
    """Rights come from the permission sets of a group, less what the group mutes."""
    state, group = client.state, client.state.permission_set_groups[0]
    assert not state.has_permission(user, "ViewSetup")
    user.permission_set_group_ids.append(group.id)
    assert state.has_permission(user, "ViewSetup")
    assert not state.has_permission(user, "ExportReport")
    muted = admin.rows("SELECT PermissionsExportReport, PermissionsViewSetup FROM MutingPermissionSet")
    assert muted == [{"PermissionsExportReport": True, "PermissionsViewSetup": False}]
    assert len(admin.rows("SELECT PermissionSetId FROM PermissionSetGroupComponent")) == 2


def test_a_group_without_mutes_gives_object_rights(client: Direct, user: User) -> None:
    """Rights on objects come by a group as well as by an assignment."""
    group = client.state.permission_set_groups[0]
    group.permission_set_ids[:] = user.permission_set_ids
    user.permission_set_ids.clear()
    assert refusal(client, "SELECT Id FROM Account") == "INVALID_TYPE"
    user.permission_set_group_ids.append(group.id)
    assert client.rows("SELECT Id FROM Account")


def test_a_users_licence_is_found_over_his_profile(admin: Direct) -> None:
    """``Profile.UserLicense`` leads from a user to the licence."""
    rows = admin.rows("SELECT Profile.UserLicense.Name FROM User WHERE Username = 'integration@acme.com'")
    assert rows[0]["Profile"]["UserLicense"]["Name"] == "Salesforce Integration"
