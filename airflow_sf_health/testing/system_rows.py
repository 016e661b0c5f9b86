"""Rows of the system objects, computed from the state at each request, as one user may see them (facts 4.1)."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from airflow_sf_health.testing import (
    license_objects,
    login_objects,
    owner_objects,
    permission_objects,
    s2s_objects,
    tooling_objects,
)
from airflow_sf_health.testing.cache_stamp import last_cache_update
from airflow_sf_health.testing.state import OrgState, Row, User
from airflow_sf_health.testing.system_fields import audit_values, permission_values

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
        **audit_values(state, org.created),
    }


def user_rows(state: OrgState, user: User) -> Iterable[Row]:
    """One's own row always; those of others that user sharing does not hide, or all where one may view or manage users."""
    sees_all = state.has_permission(user, "ViewAllUsers", "ManageUsers", "ViewAllData", "ModifyAllData")
    private = state.org.user_sharing_private
    seen = (other for other in state.users if sees_all or other is user or not (private or other.hidden))
    return [_user_row(state, other) for other in seen]


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
            **permission_values(profile.permissions),
            **audit_values(state),
        }


def user_permission_access_rows(state: OrgState, user: User) -> Iterable[Row]:
    """One row: the effective permissions of the user who asks (documented). Its id is inferred."""
    yield {
        "Id": "000000000000000AAA",
        "LastCacheUpdate": last_cache_update(state, user),
        **permission_values(state.permissions_of(user)),
    }


SYSTEM_ROWS: dict[str, Callable[[OrgState, User], Iterable[Row]]] = {
    "Organization": organization_rows,
    "User": user_rows,
    "Profile": profile_rows,
    "UserPermissionAccess": user_permission_access_rows,
    "UserLicense": license_objects.user_license_rows,
    "PermissionSetLicense": license_objects.permission_set_license_rows,
    "PermissionSetLicenseAssign": license_objects.permission_set_license_assign_rows,
    "PackageLicense": license_objects.package_license_rows,
    "UserPackageLicense": license_objects.user_package_license_rows,
    "PermissionSet": permission_objects.permission_set_rows,
    "PermissionSetAssignment": permission_objects.permission_set_assignment_rows,
    "PermissionSetGroup": permission_objects.permission_set_group_rows,
    "PermissionSetGroupComponent": permission_objects.permission_set_group_component_rows,
    "MutingPermissionSet": permission_objects.muting_permission_set_rows,
    "UserLogin": login_objects.user_login_rows,
    "LoginHistory": login_objects.login_history_rows,
    "EntityDefinition": tooling_objects.entity_definition_rows,
    "Group": owner_objects.group_rows,
    "QueueSobject": owner_objects.queue_sobject_rows,
    "PartnerNetworkConnection": s2s_objects.partner_network_connection_rows,
    "RecordType": tooling_objects.record_type_rows,
    "CustomObject": tooling_objects.custom_object_rows,
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
        **audit_values(state, user.created),
    }
