"""Licences as rows: of users, of permission sets, of installed packages, and who has them."""

from __future__ import annotations

from collections.abc import Iterable

from airflow_sf_health.testing.ids import make_id
from airflow_sf_health.testing.schema import FieldSpec, ObjectSpec, lookup
from airflow_sf_health.testing.state import License, OrgState, Row, User
from airflow_sf_health.testing.system_fields import audit_values, plain_lookup, system


def user_license() -> ObjectSpec:
    return system(
        ObjectSpec("UserLicense", "100", label="User License", permissions=("ViewSetup",)),
        FieldSpec("LicenseDefinitionKey", label="License Def. ID", length=40, nillable=False),
        FieldSpec("Name", length=40, nillable=False, name_field=True),
        FieldSpec("MasterLabel", label="Master Label", length=40, nillable=False),
        FieldSpec("Status", "picklist", nillable=False, picklist=("Active", "Disabled")),
        FieldSpec("TotalLicenses", "int", "Total Licenses", nillable=False),
        FieldSpec("UsedLicenses", "int", "Used Licenses", nillable=False),
    )


def user_license_rows(state: OrgState, user: User) -> Iterable[Row]:
    for item in state.licenses:
        yield {"LicenseDefinitionKey": item.key, "Name": item.name, **_common(state, item)}


def permission_set_license() -> ObjectSpec:
    """For all internal users; ``DeveloperName`` for who views setup (documented)."""
    return system(
        ObjectSpec("PermissionSetLicense", "0PL", label="Permission Set License"),
        FieldSpec("DeveloperName", length=80, nillable=False, permission="ViewSetup"),
        FieldSpec("PermissionSetLicenseKey", label="Permission Set License Key", length=120, nillable=False),
        FieldSpec("MasterLabel", label="Permission Set License Label", length=122, nillable=False, name_field=True),
        FieldSpec("Status", "picklist", nillable=False, picklist=("Active", "Disabled")),
        FieldSpec("ExpirationDate", "date", "Expiration Date"),
        FieldSpec("TotalLicenses", "int", "Total Licenses", nillable=False),
        FieldSpec("UsedLicenses", "int", "Used Licenses", nillable=False),
        FieldSpec("IsAvailableForIntegrations", "boolean", "Enabled for Integrations", nillable=False),
    )


def permission_set_license_rows(state: OrgState, user: User) -> Iterable[Row]:
    for item in state.permission_set_licenses:
        yield {
            "DeveloperName": item.key,
            "PermissionSetLicenseKey": item.key,
            "ExpirationDate": item.expires,
            "IsAvailableForIntegrations": True,
            **_common(state, item),
        }


def permission_set_license_assign() -> ObjectSpec:
    """Documented: View Setup or Assign Permission Sets. What others get is inferred: as if it were not there."""
    needed = ("ViewSetup", "AssignPermissionSets")
    return system(
        ObjectSpec("PermissionSetLicenseAssign", "2LA", label="Permission Set License Assignment", permissions=needed),
        lookup("AssigneeId", "User", label="Assignee ID", nillable=False),
        lookup("PermissionSetLicenseId", "PermissionSetLicense", label="Permission Set License ID", nillable=False),
        FieldSpec("IsRevoked", "boolean", "Is Revoked", nillable=False),
    )


def permission_set_license_assign_rows(state: OrgState, user: User) -> Iterable[Row]:
    """The deactivation of a user releases his permission-set licences (documented)."""
    pairs = [(other, item) for other in state.users if other.active for item in other.permission_set_license_ids]
    for number, (assignee, license_id) in enumerate(pairs, start=1):
        identity = {"Id": make_id("2LA", number), "AssigneeId": assignee.id, "PermissionSetLicenseId": license_id}
        yield {**identity, "IsRevoked": False, **audit_values(state)}


def package_license() -> ObjectSpec:
    """For all internal users (inferred)."""
    return system(
        ObjectSpec("PackageLicense", "050", label="Package License"),
        FieldSpec("NamespacePrefix", label="Namespace Prefix", length=40, name_field=True),
        FieldSpec("Status", "picklist", nillable=False, picklist=("Active", "Expired", "Free", "Trial")),
        FieldSpec("ExpirationDate", "datetime", "Expiration Date"),
        FieldSpec("AllowedLicenses", "int", "Allowed Licenses", nillable=False),
        FieldSpec("UsedLicenses", "int", "Used Licenses", nillable=False),
        FieldSpec("IsProvisioned", "boolean", "Is Provisioned", nillable=False),
        FieldSpec("IsAvailableForIntegrations", "boolean", "Enabled for Platform Integrations", nillable=False),
    )


def package_license_rows(state: OrgState, user: User) -> Iterable[Row]:
    for item in state.package_licenses:
        yield {
            "Id": item.id,
            "NamespacePrefix": item.name,
            "Status": item.status,
            "ExpirationDate": item.expires,
            "AllowedLicenses": item.total,
            "UsedLicenses": item.used,
            "IsProvisioned": True,
            "IsAvailableForIntegrations": False,
            **audit_values(state),
        }


def user_package_license() -> ObjectSpec:
    """No access rule is documented; here, as for package licences, all internal users see it (inferred)."""
    return system(
        ObjectSpec("UserPackageLicense", "051", label="User Package License"),
        lookup("PackageLicenseId", "PackageLicense", label="Package License ID", nillable=False),
        plain_lookup("UserId", "User", label="Assigned User ID", nillable=False),
        FieldSpec("IsRevoked", "boolean", "Is Revoked", nillable=False),
    )


def user_package_license_rows(state: OrgState, user: User) -> Iterable[Row]:
    by_namespace = {item.name: item for item in state.package_licenses}
    pairs = [(other, name) for other in state.users for name in other.packages if name in by_namespace]
    for number, (holder, namespace) in enumerate(pairs, start=1):
        identity = {"Id": make_id("051", number), "UserId": holder.id}
        yield {
            **identity,
            "PackageLicenseId": by_namespace[namespace].id,
            "IsRevoked": False,
            **audit_values(state),
        }


def _common(state: OrgState, item: License) -> Row:
    """What licences of users and of permission sets have in common."""
    return {
        "Id": item.id,
        "MasterLabel": item.name,
        "Status": item.status,
        "TotalLicenses": item.total,
        "UsedLicenses": item.used,
        **audit_values(state),
    }
