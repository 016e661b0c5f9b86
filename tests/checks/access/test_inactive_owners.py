"""Check access.inactive_owners."""

from __future__ import annotations

import pytest
from known import finding
from uses import SLOW, no_column

from airflow_sf_health.checks import load
from airflow_sf_health.checks.access.inactive_owners import UPDATE_WITH_INACTIVE_OWNER
from airflow_sf_health.evidence.needs import REQUIREMENTS
from airflow_sf_health.report import Finding, Level
from airflow_sf_health.requirements import Requirements

CHECK = "access.inactive_owners"
COLUMN = "PermissionsUpdateWithInactiveOwner"


def judged(answer: object) -> Finding:
    return finding(CHECK, {REQUIREMENTS: Requirements(inactive_owners=True), UPDATE_WITH_INACTIVE_OWNER: answer})


@pytest.mark.parametrize("required", [None, False])
def test_not_required(required: bool | None) -> None:
    """A task that does not do it is asked nothing."""
    requirements = Requirements(inactive_owners=required)
    assert finding(CHECK, {REQUIREMENTS: requirements}).level is Level.NOT_APPLICABLE
    assert load(CHECK).needs_for(requirements) == ()


def test_granted() -> None:
    """The permission is told by its name in Setup."""
    found = judged(({COLUMN: True},))
    assert (found.level, found.summary) == (
        Level.OK,
        "the user may update records whose owners are inactive ('Update Records with Inactive Owners')",
    )


def test_permission_missing() -> None:
    """With the org's preference on, it is the user's permission that is missing."""
    found = judged(({COLUMN: False},))
    assert (found.level, found.cause, found.certain) == (Level.FAILED, "owner_inactive", True)
    assert found.saw == f"UserPermissionAccess.{COLUMN} = false"
    assert found.hint == (
        "Of the two switches it is the user's: the org's preference is on already, and 'Update Records with Inactive Owners' is "
        "missing; give it by a permission set."
    )


def test_preference_off() -> None:
    """While the org's preference is off there is no such permission, and Salesforce refuses its column."""
    found = judged(no_column(COLUMN, "UserPermissionAccess"))
    assert (found.level, found.cause) == (Level.FAILED, "owner_inactive")
    assert (
        found.summary
        == "nobody in this org may update records whose owners are inactive: the org's preference for it is off"
    )
    assert found.hint.startswith(
        "Of the two switches it is the org's: first \"Enable 'Set Audit Fields upon Record Creation' and"
    )
    assert f"No such column '{COLUMN}'" in found.saw


@pytest.mark.parametrize("answer", [(), SLOW])
def test_not_told(answer: object) -> None:
    """No row and silence leave it unknown."""
    assert judged(answer).level is Level.UNKNOWN
