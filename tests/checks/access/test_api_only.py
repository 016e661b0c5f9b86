"""Check access.api_only."""

from __future__ import annotations

from typing import Any

import pytest
from known import NOT_FOUND, finding

from airflow_sf_health.checks import load
from airflow_sf_health.evidence.facts import SecondSight
from airflow_sf_health.evidence.needs import (
    API_ONLY_FROM,
    OWN_PERMISSIONS,
    OWN_PROFILE,
    REQUIREMENTS,
    SECOND_SIGHT,
    Row,
)
from airflow_sf_health.evidence.permission_source import PermissionSource, SourceKind
from airflow_sf_health.report import Level
from airflow_sf_health.requirements import Requirements


def answers(expected: bool | None, api_only: object) -> dict[Any, Any]:
    return {
        REQUIREMENTS: Requirements(api_only=expected),
        OWN_PERMISSIONS: ({"PermissionsApiUserOnly": api_only},),
    }


@pytest.mark.parametrize(
    ("expected", "api_only", "level", "cause"),
    [
        (None, True, Level.OK, None),
        (None, False, Level.OK, None),
        (None, None, Level.OK, None),
        (True, True, Level.OK, None),
        (False, False, Level.OK, None),
        (True, False, Level.WARNING, None),
        (False, True, Level.FAILED, "api_only_user_ui"),
    ],
)
def test_purpose(expected: bool | None, api_only: bool | None, level: Level, cause: str | None) -> None:
    """API-only is right for an integration, wrong for a user of the interface; without a purpose it is only told."""
    found = finding("access.api_only", answers(expected, api_only))
    assert (found.level, found.cause) == (level, cause)
    assert "profile 'Minimum Access'" in found.summary


def test_hidden_profile() -> None:
    """Without the profile the state is told all the same."""
    found = finding("access.api_only", {OWN_PROFILE: NOT_FOUND})
    assert (found.level, found.summary) == (Level.OK, "an API-only user, as an integration user should be")


@pytest.mark.parametrize("rows", [(), NOT_FOUND])
def test_permissions_not_told(rows: object) -> None:
    """No row, or a refused one, leaves it unknown, and no fault."""
    found = finding("access.api_only", {OWN_PERMISSIONS: rows})
    assert (found.level, found.essential) == (Level.UNKNOWN, False)


# Where the permission comes from

OF_PROFILE: Row = {"PermissionSet": {"Label": "X00e1", "IsOwnedByProfile": True}, "PermissionSetGroup": None}


def of_set(label: str) -> Row:
    return {"PermissionSet": {"Label": label, "IsOwnedByProfile": False}, "PermissionSetGroup": None}


def of_group(label: str) -> Row:
    held = {"Label": label, "IsOwnedByProfile": False}
    return {"PermissionSet": held, "PermissionSetGroup": {"MasterLabel": label}}


def hint(rows: object, **more: Any) -> str:
    given: dict[Any, Any] = {
        OWN_PROFILE: {"Id": "00e1", "Name": more.pop("profile", "Sales User"), "UserLicenseId": "100"}
    }
    found = finding("access.api_only", {**answers(False, True), **given, API_ONLY_FROM: rows, **more.pop("also", {})})
    assert (found.level, found.cause) == (Level.FAILED, "api_only_user_ui")
    return found.hint


def test_from_the_profile() -> None:
    """A profile is cleared, which changes everybody who has it, or changed."""
    said = hint([OF_PROFILE])
    assert said.startswith("It comes from profile 'Sales User'. Clear it in the profile, which changes everybody")
    assert "permission set" not in said


@pytest.mark.parametrize("dash", ["-", "\N{EN DASH}"])
def test_from_the_profile_where_it_is_fixed(dash: str) -> None:
    """In Minimum Access - API Only Integrations it cannot be cleared; Data Loader is no way either."""
    said = hint([OF_PROFILE], profile=f"Minimum Access {dash} API Only Integrations")
    assert "cannot be switched off, by Data Loader neither: the user needs another profile" in said
    assert "Clear it" not in said


def test_from_permission_sets() -> None:
    """Each permission set is cleared or taken away, since one alone keeps it."""
    assert hint([of_set("A")]).endswith("Clear it in the permission set or take the assignment from the user.")
    said = hint([of_set("A"), of_set("B"), of_set("A")])
    assert said.startswith("It comes from permission set 'A', permission set 'B'. Clear it in the permission sets")
    assert said.endswith("All of them must go, since each alone keeps it.")


def test_from_a_group() -> None:
    """In a group the set within it is cleared, or the permission muted."""
    said = hint([of_group("Support")])
    assert said.startswith("It comes from permission set group 'Support'.")
    assert "mute it there" in said


def test_from_all_of_them() -> None:
    """Each kind of source has its own sentence."""
    said = hint([OF_PROFILE, of_set("A"), of_group("G")])
    for words in ("in the profile", "in the permission set or", "within the permission set group", "All of them"):
        assert words in said


@pytest.mark.parametrize("rows", [NOT_FOUND, ()])
def test_source_that_may_not_be_read(rows: object) -> None:
    """Who may not read it is told where to look, in the article's order."""
    said = hint(rows)
    assert "Setup > Users" in said
    assert said.index("profile 'Sales User'") < said.index("permission set and permission set group")
    assert "another user licence" in hint(rows, profile="Minimum Access - API Only Integrations")


def test_source_seen_by_the_second_user() -> None:
    """What the user may not read, a second user may have seen."""
    sources = (PermissionSource(SourceKind.PROFILE, "Sales User"), PermissionSource(SourceKind.PERMISSION_SET, "A"))
    sight = SecondSight(conn_id="crm_admin", api_only_from=sources)
    said = hint(NOT_FOUND, also={SECOND_SIGHT: sight})
    assert said.startswith("It comes from profile 'Sales User', permission set 'A'. Clear it in the profile")


def test_a_permission_set_by_the_name_of_a_group() -> None:
    """What a source is does not hang on how it is named."""
    said = hint([of_set("group 'Sales'")])
    assert said.endswith("Clear it in the permission set or take the assignment from the user.")


def test_source_is_asked_only_where_it_matters() -> None:
    """Nothing more is asked where API-only is right, or not of interest."""
    needs_for = load("access.api_only").needs_for
    assert [needs_for(Requirements(api_only=each)) for each in (None, True, False)] == [(), (), (API_ONLY_FROM,)]
