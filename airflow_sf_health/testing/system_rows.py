"""Rows of the system objects, computed from the state at each request, as one user may see them (facts 4.1)."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from airflow_sf_health.testing.ids import make_id
from airflow_sf_health.testing.state import OrgState, PermissionHolder, Row, User
from airflow_sf_health.testing.system_objects import PERMISSIONS

LOCALE = {
    "TimeZoneSidKey": "America/Los_Angeles",
    "LocaleSidKey": "en_US",
    "EmailEncodingKey": "UTF-8",
    "LanguageLocaleKey": "en_US",
}


def organization_rows(state: OrgState, user: User) -> Iterable[Row]:
    """All internal users see the organization (documented)."""
    org = state.org
    yield {
        "Id": org.id,
        "Name": org.name,
        "Country": "US",
        "PrimaryContact": "Admin User",
        "DefaultLocaleSidKey": "en_US",
        "TimeZoneSidKey": LOCALE["TimeZoneSidKey"],
        "LanguageLocaleKey": "en_US",
        "FiscalYearStartMonth": 1,
        "TrialExpirationDate": org.trial_expiration,
        "OrganizationType": org.organization_type,
        "InstanceName": org.instance_name,
        "IsSandbox": org.is_sandbox,
        "IsReadOnly": org.is_read_only,
        **_audit(state, org.created),
    }


def user_rows(state: OrgState, user: User) -> Iterable[Row]:
    """One's own row always; those of others where user sharing is not private, or one may view or manage users."""
    sees_all = not state.org.user_sharing_private
    sees_all = sees_all or state.has_permission(user, "ViewAllUsers", "ManageUsers", "ViewAllData", "ModifyAllData")
    return [_user_row(state, other) for other in state.users if sees_all or other is user]


def profile_rows(state: OrgState, user: User) -> Iterable[Row]:
    """One's own profile always, the others with View Setup (documented)."""
    sees_all = state.has_permission(user, "ViewSetup")
    own = state.profile_of(user)
    for profile in state.profiles if sees_all else [own]:
        yield {
            "Id": profile.id,
            "Name": profile.name,
            "UserLicenseId": profile.license_id,
            "UserType": "Standard",
            **_permissions(profile.permissions),
            **_audit(state, state.org.created),
        }


def user_license_rows(state: OrgState, user: User) -> Iterable[Row]:
    for item in state.licenses:
        yield {
            "Id": item.id,
            "LicenseDefinitionKey": item.key,
            "Name": item.name,
            "MasterLabel": item.name,
            "Status": item.status,
            "TotalLicenses": item.total,
            "UsedLicenses": item.used,
            **_audit(state, state.org.created),
        }


def permission_set_rows(state: OrgState, user: User) -> Iterable[Row]:
    """The permission sets, and one for each profile, as Salesforce keeps it."""
    for holder in state.permission_sets:
        yield _permission_set_row(state, holder, holder.label or holder.name, None)
    for number, profile in enumerate(state.profiles, start=900):
        owned = PermissionHolder(make_id("0PS", number), f"X{profile.id[:15]}", profile.permissions)
        yield _permission_set_row(state, owned, owned.name, profile.id)


def permission_set_assignment_rows(state: OrgState, user: User) -> Iterable[Row]:
    pairs = [(other.id, item) for other in state.users for item in other.permission_set_ids]
    for number, (assignee_id, permission_set_id) in enumerate(pairs, start=1):
        identity = {"Id": make_id("0Pa", number), "PermissionSetId": permission_set_id, "AssigneeId": assignee_id}
        yield {**identity, "SystemModstamp": state.org.created}


def user_permission_access_rows(state: OrgState, user: User) -> Iterable[Row]:
    """One row: the effective permissions of the user who asks (documented). Its id is inferred."""
    yield {
        "Id": "000000000000000AAA",
        "LastCacheUpdate": state.org.created,
        **_permissions(state.permissions_of(user)),
    }


SYSTEM_ROWS: dict[str, Callable[[OrgState, User], Iterable[Row]]] = {
    "Organization": organization_rows,
    "User": user_rows,
    "Profile": profile_rows,
    "UserLicense": user_license_rows,
    "PermissionSet": permission_set_rows,
    "PermissionSetAssignment": permission_set_assignment_rows,
    "UserPermissionAccess": user_permission_access_rows,
}


def _user_row(state: OrgState, user: User) -> Row:
    first_name, _, last_name = user.name.rpartition(" ")
    return {
        "Id": user.id,
        "Username": user.username,
        "LastName": last_name,
        "FirstName": first_name or None,
        "Name": user.name,
        "CompanyName": state.org.name,
        "Email": user.email or user.username,
        "Alias": user.username[:5],
        "IsActive": user.active,
        "ProfileId": user.profile_id,
        "UserType": user.user_type,
        **LOCALE,
        "LastLoginDate": user.last_login,
        "LastPasswordChangeDate": user.last_password_change,
        "FederationIdentifier": user.federation_id,
        **_audit(state, user.created),
    }


def _permission_set_row(state: OrgState, holder: PermissionHolder, label: str, profile_id: str | None) -> Row:
    return {
        "Id": holder.id,
        "Name": holder.name,
        "Label": label,
        "IsCustom": True,
        "IsOwnedByProfile": profile_id is not None,
        "ProfileId": profile_id,
        **_permissions(holder.permissions),
        **_audit(state, state.org.created),
    }


def _permissions(held: set[str]) -> Row:
    """Permissions not in the list of known ones still show, once the schema has a field for them."""
    return {f"Permissions{name}": name in held for name in {*PERMISSIONS, *held}}


def _audit(state: OrgState, created: str) -> Row:
    administrator = state.users[-1].id if state.users else None
    return {
        "CreatedDate": created,
        "CreatedById": administrator,
        "LastModifiedDate": created,
        "LastModifiedById": administrator,
        "SystemModstamp": created,
    }
