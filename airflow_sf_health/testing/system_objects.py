"""Objects whose rows are views of the org's state: User, Profile, UserPermissionAccess, Organization …

Who may see which: facts 4.1. Each is read only here; a test changes the state itself.
"""

from __future__ import annotations

from typing import Any

from airflow_sf_health.testing.schema import FieldSpec, ObjectSpec, audit_fields, identity_fields, lookup, read_only

PREFERENCE_PERMISSIONS = ("CreateAuditFields", "UpdateWithInactiveOwner")
"""Exist as fields only while the org's preference for audit fields is on."""

PERMISSIONS = (
    *("ActivateContract", "ApiEnabled", "ApiUserOnly", "AssignPermissionSets", "AuthorApex", "BulkApiHardDelete"),
    *("BulkMacrosAllowed", "CanUseNewDashboardBuilder", "ChatterInternalUser", "ContentAdministrator"),
    *("ConvertLeads", "CreateAuditFields", "CustomizeApplication", "DataExport", "DelegatedTwoFactor", "EditEvent"),
    *("EditPublicReports", "EditReadonlyFields", "EditTask", "EmailMass", "EmailSingle", "ExportReport"),
    *("ForceTwoFactor", "IdentityConnect", "IdentityEnabled", "ImportLeads", "InstallPackaging"),
    *("LightningExperienceUser", "ManageAuthProviders", "ManageCertificates", "ManageConnectedApps"),
    *("ManageIntegrations", "ManageInternalUsers", "ManageIpAddresses", "ManageLoginAccessPolicies"),
    *("ManagePasswordPolicies", "ManageProfilesPermissionsets", "ManageRoles", "ManageSessionPermissionSets"),
    *("ManageSharing", "ManageTwoFactor", "ManageUsers", "ModifyAllData", "ModifyMetadata", "MonitorLoginHistory"),
    *("PasswordNeverExpires", "ResetPasswords", "RunReports", "ScheduleReports", "TransferAnyCase"),
    *("TransferAnyEntity", "TransferAnyLead", "TwoFactorApi", "UpdateWithInactiveOwner", "UseAnyApiClient"),
    *("ViewAllData", "ViewAllProfiles", "ViewAllUsers", "ViewEventLogFiles", "ViewHelpLink", "ViewRoles", "ViewSetup"),
)
"""API names of system permissions, a selection of the about 210 of a real org."""


def system_objects() -> list[ObjectSpec]:
    return [
        *(organization(), user(), profile(), user_license(), permission_set(), permission_set_assignment()),
        user_permission_access(),
    ]


def organization() -> ObjectSpec:
    flags = ("IsSandbox", "IsReadOnly")
    return _system(
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
    return _system(
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
    return _system(
        ObjectSpec("Profile", "00e"),
        FieldSpec("Name", nillable=False, name_field=True),
        lookup("UserLicenseId", "UserLicense", label="User License ID", nillable=False),
        FieldSpec("UserType", "picklist", "User Type"),
        FieldSpec("Description"),
        *_permission_fields("ViewSetup"),
    )


def user_license() -> ObjectSpec:
    return _system(
        ObjectSpec("UserLicense", "100", label="User License", permissions=("ViewSetup",)),
        FieldSpec("LicenseDefinitionKey", label="License Def. ID", length=40, nillable=False),
        FieldSpec("Name", length=40, nillable=False, name_field=True),
        FieldSpec("MasterLabel", label="Master Label", length=40, nillable=False),
        FieldSpec("Status", "picklist", nillable=False, picklist=("Active", "Disabled")),
        FieldSpec("TotalLicenses", "int", "Total Licenses", nillable=False),
        FieldSpec("UsedLicenses", "int", "Used Licenses", nillable=False),
    )


def permission_set() -> ObjectSpec:
    return _system(
        ObjectSpec("PermissionSet", "0PS", label="Permission Set", permissions=("ViewSetup",)),
        FieldSpec("Name", length=80, nillable=False, name_field=True),
        FieldSpec("Label", length=80, nillable=False),
        FieldSpec("IsCustom", "boolean", "Is Custom", nillable=False),
        FieldSpec("IsOwnedByProfile", "boolean", "Is Owned By Profile", nillable=False),
        lookup("ProfileId", "Profile", label="Profile ID"),
        *_permission_fields(),
    )


def permission_set_assignment() -> ObjectSpec:
    needed = ("ViewSetup", "AssignPermissionSets", "ManageUsers")
    return _system(
        ObjectSpec("PermissionSetAssignment", "0Pa", label="Permission Set Assignment", permissions=needed),
        lookup("PermissionSetId", "PermissionSet", label="PermissionSet ID"),
        lookup("AssigneeId", "User", label="Assignee ID", nillable=False),
    )


def user_permission_access() -> ObjectSpec:
    spec = ObjectSpec("UserPermissionAccess", "0Uj", label="User Permission Access", system=True)
    stamp = FieldSpec("LastCacheUpdate", "datetime", "Last Cache Update")
    return spec.add(*identity_fields(spec.label), *read_only(stamp), *read_only(*_permission_fields()))


def _system(spec: ObjectSpec, *own: FieldSpec) -> ObjectSpec:
    spec.system = True
    return spec.add(*identity_fields(spec.label), *read_only(*own), *audit_fields())


def _permission_fields(permission: str = "") -> list[FieldSpec]:
    options: dict[str, Any] = {"nillable": False, "permission": permission}
    return [FieldSpec(f"Permissions{name}", "boolean", name, **options) for name in PERMISSIONS]
