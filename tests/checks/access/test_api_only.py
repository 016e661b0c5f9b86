"""Check access.api_only."""

from __future__ import annotations

from typing import Any

import pytest
from known import NOT_FOUND, finding

from airflow_sf_health.evidence.needs import OWN_PERMISSIONS, OWN_PROFILE, REQUIREMENTS
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
