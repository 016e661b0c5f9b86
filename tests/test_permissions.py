"""The page on permissions knows each check, and the permission sets hold what it promises."""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from airflow_sf_health.checks import CATALOGUE
from airflow_sf_health.testing.system_fields import PERMISSIONS

DOCS = Path(__file__).parent.parent / "docs"
PAGE = (DOCS / "permissions.md").read_text(encoding="utf-8")
FILES = sorted((DOCS / "permission-sets").glob("*.xml"))
NAMESPACE = "{http://soap.sforce.com/2006/04/metadata}"
WITH_MANAGE_USERS = {
    *("AssignPermissionSets", "DelegatedTwoFactor", "FreezeUsers", "ManageInternalUsers", "ManageIpAddresses"),
    *("ManageLoginAccessPolicies", "ManagePasswordPolicies", "ManageProfilesPermissionsets", "ManageRoles"),
    *("ManageSharing", "MonitorLoginHistory", "ResetPasswords", "ViewAllUsers", "ViewRoles", "ViewSetup"),
}
"""What Salesforce wants beside Manage Users, as deployments without it were refused."""
each_file = pytest.mark.parametrize("file", FILES, ids=[file.name.split(".")[0] for file in FILES])


def section(title: str) -> str:
    """The text of one section of the page."""
    return re.split(r"^#+ ", PAGE.split(f"# {title}\n", 1)[1], maxsplit=1, flags=re.MULTILINE)[0]


def permissions(file: Path) -> list[str]:
    root = ET.fromstring(file.read_text(encoding="utf-8"))
    assert root.tag == f"{NAMESPACE}PermissionSet"
    entries = root.findall(f"{NAMESPACE}userPermissions")
    assert [[child.tag.removeprefix(NAMESPACE) for child in entry] for entry in entries] == [["enabled", "name"]] * len(
        entries
    )
    assert {entry.findtext(f"{NAMESPACE}enabled") for entry in entries} == {"true"}
    return [entry.findtext(f"{NAMESPACE}name", "") for entry in entries]


def of(name: str) -> set[str]:
    return set(permissions(DOCS / "permission-sets" / f"Airflow_SF_Health_{name}.permissionset-meta.xml"))


def named_in(text: str) -> set[str]:
    return set(re.findall(r"\(`([A-Z]\w+)`\)", text))


def test_each_check_has_a_row() -> None:
    """In the order in which they are judged, and no other."""
    rows = re.findall(r"^\| `([a-z0-9_.]+)` \|", section("What each check needs"), flags=re.MULTILINE)
    assert tuple(rows) == CATALOGUE


def test_full_coverage_is_full() -> None:
    """Each permission that the tables name is in the file for full coverage."""
    named = named_in(section("What each check needs")) | named_in(section("What a minimal user can never learn"))
    assert {"ApiEnabled", "ViewSetup", "ManageUsers", "MonitorLoginHistory", "ViewAllUsers"} <= named
    assert named <= of("Diagnostics")


def test_manage_users_brings_what_goes_with_it() -> None:
    """A deployment of Manage Users alone is refused; the page names all of its company."""
    assert of("Diagnostics") == {"ApiEnabled", "ManageUsers"} | WITH_MANAGE_USERS
    assert all(f"`{name}`" in section("What this rests on") for name in WITH_MANAGE_USERS)


def test_the_others_change_nothing() -> None:
    """Whoever holds them only reads."""
    assert of("Login_History") == {"ApiEnabled", "MonitorLoginHistory", "ViewAllUsers", "ViewSetup"}
    assert of("Integration_User") == {"ApiEnabled", "ViewSetup"}


@each_file
def test_each_file_is_a_permission_set(file: Path) -> None:
    """Its names stand once and in order, its texts fit Salesforce's fields, and the page links it."""
    found = permissions(file)
    assert found == sorted(set(found))
    root = ET.fromstring(file.read_text(encoding="utf-8"))
    texts = [child.tag.removeprefix(NAMESPACE) for child in root if "Permissions" not in child.tag]
    assert texts == ["description", "hasActivationRequired", "label"]
    assert len(root.findtext(f"{NAMESPACE}description", "")) <= 255
    assert len(root.findtext(f"{NAMESPACE}label", "")) <= 80
    assert f"(permission-sets/{file.name})" in PAGE


@each_file
def test_no_file_shuts_anybody_out(file: Path) -> None:
    """API Only User would lock an administrator out of the user interface."""
    assert "ApiUserOnly" not in permissions(file)


def test_names_are_salesforces() -> None:
    """Each is a permission that a Salesforce org is known to have."""
    assert of("Diagnostics") - {"FreezeUsers"} <= set(PERMISSIONS)
