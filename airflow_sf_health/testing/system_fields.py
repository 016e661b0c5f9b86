"""What system objects have in common: their fields for permissions and for who changed what, and the values of these."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow_sf_health.testing.schema import FieldSpec, ObjectSpec, audit_fields, identity_fields, read_only

if TYPE_CHECKING:
    from airflow_sf_health.testing.state import OrgState

PREFERENCE_PERMISSIONS = ("CreateAuditFields", "UpdateWithInactiveOwner")
"""Exist as fields only while the org's preference for audit fields is on."""

PERMISSIONS = (
    *(
        "ActivateContract",
        "AddDirectMessageMembers",
        "AllowViewKnowledge",
        "ApiEnabled",
        "ApiUserOnly",
        "ApproveContract",
    ),
    *("AssignPermissionSets", "AuthorApex", "BulkApiHardDelete", "ConnectOrgToEnvironmentHub", "CreateReportFolders"),
    *("CreateTopics", "EditTopics", "GiveRecognitionBadge", "ManageHealthCheck", "ManageTranslation", "MergeTopics"),
    *("PrivacyDataAccess", "SelectFilesFromSalesforce", "SubscribeToLightningReports", "ViewHealthCheck"),
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


def system(spec: ObjectSpec, *own: FieldSpec) -> ObjectSpec:
    """The object as one of the system's: read only, with ``Id`` and audit fields around its own."""
    spec.system = True
    return spec.add(*identity_fields(spec.label), *read_only(*own), *audit_fields())


def permission_fields(permission: str = "") -> list[FieldSpec]:
    """A boolean for each system permission, which exist for who has ``permission``."""
    return [
        FieldSpec(f"Permissions{name}", "boolean", nillable=False, permission=permission)
        for name in sorted(PERMISSIONS)
    ]


def plain_lookup(name: str, to: str, **options: Any) -> FieldSpec:
    """A reference that no relationship leads over."""
    return FieldSpec(name, "reference", reference_to=(to,), **options)


def permission_values(held: set[str]) -> dict[str, Any]:
    """Permissions not in the list of known ones still show, once the schema has a field for them."""
    return {f"Permissions{name}": name in held for name in {*PERMISSIONS, *held}}


def audit_values(state: OrgState, created: str | None = None) -> dict[str, Any]:
    """Made at ``created``, by default with the org, by the last user, and not changed since."""
    administrator = state.users[-1].id if state.users else None
    made = created or state.org.created
    stamps = dict.fromkeys(("CreatedDate", "LastModifiedDate", "SystemModstamp"), made)
    return stamps | dict.fromkeys(("CreatedById", "LastModifiedById"), administrator)
