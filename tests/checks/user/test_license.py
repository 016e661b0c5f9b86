"""Check user.license."""

from __future__ import annotations

from typing import Any

import pytest
from known import HEALTHY, INACTIVE, NOT_FOUND, finding, refused_login

from airflow_sf_health.evidence.needs import OWN_LICENSE, OWN_PROFILE, REQUIREMENTS
from airflow_sf_health.report import Level
from airflow_sf_health.requirements import Requirements


def license_with(**fields: Any) -> dict[Any, Any]:
    return {OWN_LICENSE: {**HEALTHY[OWN_LICENSE], **fields}}


def expecting(name: str) -> dict[Any, Any]:
    return {REQUIREMENTS: Requirements(user_license=name)}


@pytest.mark.parametrize("status", ["Active", None])
def test_active_licence(status: str | None) -> None:
    """An active licence is told with its numbers; an org that does not tell the status has it active."""
    found = finding("user.license", license_with(Status=status))
    assert found.level is Level.OK
    assert found.summary == "licence 'Salesforce Integration' is active (1 of 5 in use), profile 'Minimum Access'"


def test_disabled_licence() -> None:
    """A disabled licence is the failure, seen on the profile that it hangs on."""
    found = finding("user.license", license_with(Status="Disabled"))
    assert (found.level, found.cause) == (Level.FAILED, "license_missing_or_expired")
    assert found.saw == "UserLicense.Status = Disabled · profile 'Minimum Access'"


@pytest.mark.parametrize("name", ["Salesforce Integration", "salesforce integration", "pid_salesforce_integration"])
def test_required_licence(name: str) -> None:
    """The required licence is met by its name or its key, in any case."""
    assert finding("user.license", expecting(name)).level is Level.OK


def test_another_licence() -> None:
    """Another licence than the required one is a failure that names both."""
    found = finding("user.license", expecting("Salesforce"))
    assert (found.level, found.cause) == (Level.FAILED, "license_missing_or_expired")
    assert found.summary == "the licence is 'Salesforce Integration', and 'Salesforce' is required"


@pytest.mark.parametrize("refused", [{OWN_LICENSE: NOT_FOUND}, {OWN_PROFILE: NOT_FOUND}, refused_login(INACTIVE)])
def test_licence_that_may_not_be_read(refused: dict[Any, Any]) -> None:
    """A licence that may not be read is not known, and no fault."""
    found = finding("user.license", refused)
    assert (found.level, found.cause, found.essential) == (Level.UNKNOWN, None, False)
    assert "could not be asked" in found.summary


def test_required_licence_that_cannot_be_read() -> None:
    """A required licence that could not be looked at is a warning that says what reading it takes."""
    answers: dict[Any, Any] = {
        OWN_LICENSE: NOT_FOUND,
        REQUIREMENTS: Requirements(user_license="Salesforce Integration"),
    }
    found = finding("user.license", answers)
    assert found.level is Level.WARNING
    assert "'Salesforce Integration' could not be verified" in found.summary
    assert "View Setup and Configuration" in found.summary
