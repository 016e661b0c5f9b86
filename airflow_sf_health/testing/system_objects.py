"""Objects whose rows are views of the org's state: User, Profile, UserPermissionAccess, Organization …

Who may see which: facts 4.1. Each is read only here; a test changes the state itself.
"""

from __future__ import annotations

from airflow_sf_health.testing import (
    license_objects,
    login_objects,
    owner_objects,
    permission_objects,
    s2s_objects,
    tooling_objects,
)
from airflow_sf_health.testing.schema import FieldSpec, ObjectSpec, identity_fields, lookup, read_only
from airflow_sf_health.testing.system_fields import PERMISSIONS, PREFERENCE_PERMISSIONS, permission_fields, system

__all__ = ["PERMISSIONS", "PREFERENCE_PERMISSIONS", "system_objects"]


def system_objects() -> list[ObjectSpec]:
    return [
        *(organization(), user(), profile(), user_permission_access()),
        *(license_objects.user_license(), license_objects.permission_set_license()),
        *(license_objects.permission_set_license_assign(), license_objects.package_license()),
        license_objects.user_package_license(),
        *(permission_objects.permission_set(), permission_objects.permission_set_assignment()),
        *(permission_objects.permission_set_group(), permission_objects.permission_set_group_component()),
        permission_objects.muting_permission_set(),
        *(login_objects.user_login(), login_objects.login_history()),
        *(owner_objects.group(), owner_objects.queue_sobject(), s2s_objects.partner_network_connection()),
        *(tooling_objects.entity_definition(), tooling_objects.record_type(), tooling_objects.custom_object()),
    ]


def organization() -> ObjectSpec:
    flags = ("IsSandbox", "IsReadOnly")
    return system(
        ObjectSpec("Organization", "00D"),
        FieldSpec("Name", length=80, nillable=False, name_field=True),
        *(FieldSpec(name) for name in ("Division", "Street", "City", "State", "PostalCode", "Country", "Phone")),
        FieldSpec("PrimaryContact", label="Primary Contact"),
        FieldSpec("DefaultLocaleSidKey", "picklist", "Locale", nillable=False),
        FieldSpec("TimeZoneSidKey", "picklist", "Time Zone", nillable=False),
        FieldSpec("LanguageLocaleKey", "picklist", "Language", nillable=False),
        FieldSpec("FiscalYearStartMonth", "int", "Fiscal Year Starts In"),
        FieldSpec("TrialExpirationDate", "datetime", "Trial Expiration Date"),
        FieldSpec("OrganizationType", "picklist", "Edition"),
        FieldSpec("NamespacePrefix", label="Namespace Prefix", length=15),
        FieldSpec("InstanceName", label="Instance Name", length=5),
        *(FieldSpec(name, "boolean", nillable=False) for name in flags),
    )


def user() -> ObjectSpec:
    return system(
        ObjectSpec("User", "005"),
        FieldSpec("Username", length=80, nillable=False),
        FieldSpec("LastName", label="Last Name", length=80, nillable=False),
        FieldSpec("FirstName", label="First Name", length=40),
        FieldSpec("Name", label="Full Name", length=121, nillable=False, name_field=True),
        FieldSpec("CompanyName", label="Company Name", length=80),
        FieldSpec("Email", "email", nillable=False, length=128),
        FieldSpec("Alias", length=8, nillable=False),
        FieldSpec("IsActive", "boolean", "Active", nillable=False),
        lookup("UserRoleId", "UserRole", label="Role ID"),
        lookup("ProfileId", "Profile", label="Profile ID", nillable=False),
        FieldSpec("UserType", "picklist", "User Type"),
        FieldSpec("TimeZoneSidKey", "picklist", "Time Zone", nillable=False),
        FieldSpec("LocaleSidKey", "picklist", "Locale", nillable=False),
        FieldSpec("EmailEncodingKey", "picklist", "Email Encoding", nillable=False),
        FieldSpec("LanguageLocaleKey", "picklist", "Language", nillable=False),
        FieldSpec("LastLoginDate", "datetime", "Last Login"),
        FieldSpec("LastPasswordChangeDate", "datetime", "Last Password Change or Reset"),
        FieldSpec("FederationIdentifier", label="SAML Federation ID", length=512),
    )


def profile() -> ObjectSpec:
    return system(
        ObjectSpec("Profile", "00e"),
        FieldSpec("Name", nillable=False, name_field=True),
        lookup("UserLicenseId", "UserLicense", label="User License ID", nillable=False),
        FieldSpec("UserType", "picklist", "User Type"),
        FieldSpec("Description"),
        *permission_fields("ViewSetup"),
    )


def user_permission_access() -> ObjectSpec:
    spec = ObjectSpec("UserPermissionAccess", "0Uj", label="User Permission Access", system=True)
    stamp = FieldSpec("LastCacheUpdate", "datetime", "Last Cache Update")
    return spec.add(*identity_fields(spec.label), *read_only(stamp), *read_only(*permission_fields()))
