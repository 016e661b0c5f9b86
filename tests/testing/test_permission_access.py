"""The effective permissions of the user who asks, and when they were last seen to change."""

from __future__ import annotations

import pytest

from airflow_sf_health.testing.direct import Direct
from airflow_sf_health.testing.state import OrgState

ASKED = "SELECT FIELDS(STANDARD) FROM UserPermissionAccess"


@pytest.fixture
def client() -> Direct:
    """The integration user of a new org."""
    return Direct()


@pytest.fixture
def state(client: Direct) -> OrgState:
    return client.state


def stamp(client: Direct) -> str:
    return str(client.rows(ASKED)[0]["LastCacheUpdate"])


def test_all_permissions_come_in_one_row(client: Direct) -> None:
    """Each permission is true or false; those for audit fields are not there while the preference is off."""
    (row,) = client.rows(ASKED)
    permissions = {name: value for name, value in row.items() if name.startswith("Permissions")}
    assert len(permissions) > 70
    assert {name for name, value in permissions.items() if value} == {"PermissionsApiEnabled", "PermissionsApiUserOnly"}
    assert "PermissionsCreateAuditFields" not in permissions


def test_the_preference_brings_the_audit_permissions(client: Direct, state: OrgState) -> None:
    """With it on, both can be asked for."""
    named = "SELECT PermissionsCreateAuditFields, PermissionsUpdateWithInactiveOwner FROM UserPermissionAccess"
    assert client.query(named).body[0]["errorCode"] == "INVALID_FIELD"
    state.org.audit_fields_enabled = True
    state.profiles[0].permissions.add("CreateAuditFields")
    assert client.rows(named) == [{"PermissionsCreateAuditFields": True, "PermissionsUpdateWithInactiveOwner": False}]


def test_a_release_may_lack_permissions(client: Direct, state: OrgState) -> None:
    """A permission that the release does not know has no field, and comes with the next one."""
    state.org.unknown_permissions = {"ViewHealthCheck"}
    assert "PermissionsViewHealthCheck" not in client.rows(ASKED)[0]
    state.org.unknown_permissions.clear()
    assert client.rows(ASKED)[0]["PermissionsViewHealthCheck"] is False


def test_the_stamp_moves_with_permissions_and_rights(client: Direct, state: OrgState) -> None:
    """It stays while nothing changes, and moves on with each change of what the user may do."""
    first = stamp(client)
    assert first == stamp(client)
    state.profiles[0].permissions.add("ExportReport")
    second = stamp(client)
    state.permission_sets[0].objects["Account"].hidden_fields.add("Phone")
    third = stamp(client)
    assert first < second < third == stamp(client)


def test_the_stamp_of_one_user_is_not_that_of_another(client: Direct, state: OrgState) -> None:
    """What the integration user may do does not concern the administrator."""
    admin = client.of("admin@acme.com")
    before = stamp(admin), stamp(client)
    state.profiles[0].permissions.add("ExportReport")
    assert stamp(admin) == before[0]
    assert stamp(client) > before[1]


def test_the_stamp_may_stay_though_rights_changed(client: Direct, state: OrgState) -> None:
    """Frozen, it hides what changed, also afterwards."""
    before = stamp(client)
    state.permission_stamp_frozen = True
    state.permission_sets[0].objects["Account"].edit = False
    assert stamp(client) == before
    state.permission_stamp_frozen = False
    assert stamp(client) == before
    state.permission_sets[0].objects["Account"].edit = True
    assert stamp(client) > before
