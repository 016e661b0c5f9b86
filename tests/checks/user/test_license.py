"""Check user.license."""

from __future__ import annotations

from typing import Any

import pytest
from known import HEALTHY, INACTIVE, NOT_FOUND, finding, findings, refused_login

from airflow_sf_health.checks import load
from airflow_sf_health.evidence.facts import SecondSight
from airflow_sf_health.evidence.needs import (
    OWN_LICENSE,
    OWN_PACKAGE_LICENSES,
    OWN_PERMISSION_SET_LICENSES,
    OWN_PROFILE,
    PACKAGE_LICENSES,
    PERMISSION_SET_LICENSES,
    REQUIREMENTS,
    SECOND_SIGHT,
)
from airflow_sf_health.report import Finding, Level
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


# Licences required by name


def requiring(**required: Any) -> dict[Any, Any]:
    return {REQUIREMENTS: Requirements(**required)}


PSL: dict[Any, Any] = requiring(permission_set_licenses=("Salesforce API Integration",))
PACKAGE: dict[Any, Any] = requiring(packages=("acme",))
KINDS = [(PSL, PERMISSION_SET_LICENSES, OWN_PERMISSION_SET_LICENSES), (PACKAGE, PACKAGE_LICENSES, OWN_PACKAGE_LICENSES)]


def second(answers: dict[Any, Any]) -> Finding:
    user, other = findings("user.license", answers)
    assert user.level is Level.OK
    return other


def changed(need: Any, **fields: Any) -> dict[Any, Any]:
    return {need: ({**HEALTHY[need][0], **fields},)}


@pytest.mark.parametrize(
    "name", ["Salesforce API Integration", "salesforceapiintegrationpsl", " SalesforceAPIIntegrationPsl "]
)
def test_permission_set_licence(name: str) -> None:
    """The user has it, by its label or its key; its end is told."""
    found = second(requiring(permission_set_licenses=(name,)))
    assert found.level is Level.OK
    assert found.summary == f"the user has the permission-set licence '{name}', which expires in 70 days (2027-01-31)"


def test_package_licence() -> None:
    """The user has it, by its namespace."""
    found = second(PACKAGE)
    assert found.level is Level.OK
    assert found.summary == "the user has the licence of the package 'acme', which expires in 70 days (2027-01-31)"


@pytest.mark.parametrize(("required", "in_org", "of_user"), KINDS)
def test_licence_that_the_org_lacks(required: dict[Any, Any], in_org: Any, of_user: Any) -> None:
    """A required licence that the org has not is a failure."""
    found = second({**required, in_org: ()})
    assert (found.level, found.cause) == (Level.FAILED, "license_missing_or_expired")
    assert "the org has no" in found.summary


@pytest.mark.parametrize(("required", "in_org", "of_user"), KINDS)
def test_licence_that_is_not_assigned(required: dict[Any, Any], in_org: Any, of_user: Any) -> None:
    """A licence of the org that the user has not is a failure."""
    found = second({**required, of_user: ()})
    assert (found.level, found.cause) == (Level.FAILED, "license_missing_or_expired")
    assert "is not assigned to the user" in found.summary


@pytest.mark.parametrize(
    ("required", "need", "fields", "words"),
    [
        (PSL, PERMISSION_SET_LICENSES, {"Status": "Disabled"}, "is Disabled, which means expired"),
        (PSL, PERMISSION_SET_LICENSES, {"ExpirationDate": "2026-11-21"}, "has expired since 2026-11-21"),
        (PACKAGE, PACKAGE_LICENSES, {"Status": "Expired"}, "is Expired, which means expired"),
        (PACKAGE, PACKAGE_LICENSES, {"ExpirationDate": "2026-11-22T01:00:00.000+0000"}, "has expired since 2026-11-22"),
    ],
)
def test_licence_that_has_expired(required: dict[Any, Any], need: Any, fields: dict[str, str], words: str) -> None:
    """A licence past its end is a failure, by its status and by its date."""
    found = second({**required, **changed(need, **fields)})
    assert (found.level, found.cause) == (Level.FAILED, "license_missing_or_expired")
    assert words in found.summary


@pytest.mark.parametrize(
    ("required", "need", "end", "words", "level"),
    [
        (PSL, PERMISSION_SET_LICENSES, "2026-12-07", "in 15 days (2026-12-07)", Level.OK),
        (PSL, PERMISSION_SET_LICENSES, "2026-12-06", "in 14 days (2026-12-06)", Level.WARNING),
        (PSL, PERMISSION_SET_LICENSES, "2026-11-22", "today (2026-11-22)", Level.WARNING),
        (PACKAGE, PACKAGE_LICENSES, "2026-11-22T23:00:00.000+0000", "today (2026-11-22)", Level.WARNING),
        (PACKAGE, PACKAGE_LICENSES, "2026-11-23T23:00:00.000+0000", "in 1 day (2026-11-23)", Level.WARNING),
    ],
)
def test_licence_that_expires_soon(required: dict[Any, Any], need: Any, end: str, words: str, level: Level) -> None:
    """The last two weeks are a warning with days and date; a date is good until its evening, an instant until itself."""
    found = second({**required, **changed(need, ExpirationDate=end)})
    assert (found.level, found.cause) == (level, None)
    assert words in found.summary
    assert ("renew it in time" in found.hint) is (level is Level.WARNING)


@pytest.mark.parametrize(("required", "in_org", "of_user"), KINDS)
def test_licence_without_an_end(required: dict[Any, Any], in_org: Any, of_user: Any) -> None:
    """A licence without an end has none to tell."""
    assert "expires" not in second({**required, **changed(in_org, ExpirationDate=None)}).summary


@pytest.mark.parametrize("status", ["Free", "Trial"])
def test_package_that_is_free(status: str) -> None:
    """A free or trial package is as good as a bought one until its end."""
    assert second({**PACKAGE, **changed(PACKAGE_LICENSES, Status=status)}).level is Level.OK


def test_package_for_the_whole_org() -> None:
    """A site-wide package is assigned to nobody, and everybody has it."""
    site_wide = {**PACKAGE, **changed(PACKAGE_LICENSES, AllowedLicenses=-1)}
    assert second({**site_wide, OWN_PACKAGE_LICENSES: ()}).level is Level.OK
    assert second({**site_wide, OWN_PACKAGE_LICENSES: NOT_FOUND}).level is Level.OK


@pytest.mark.parametrize(("required", "in_org", "of_user"), KINDS)
def test_licence_that_cannot_be_verified(required: dict[Any, Any], in_org: Any, of_user: Any) -> None:
    """What may not be read of a required licence is a warning that says which half is known."""
    nothing, half = (
        second({**required, in_org: NOT_FOUND, of_user: NOT_FOUND}),
        second({**required, of_user: NOT_FOUND}),
    )
    assert nothing.level is half.level is Level.WARNING
    assert "could not be verified (HTTP 404 NOT_FOUND" in nothing.summary
    assert "is in the org and expires in 70 days" in half.summary
    assert "that the user has it could not be verified" in half.summary


def test_expired_licence_goes_before_what_cannot_be_read() -> None:
    """An expired licence is a failure whoever has it."""
    answers = {**PSL, **changed(PERMISSION_SET_LICENSES, Status="Disabled"), OWN_PERMISSION_SET_LICENSES: NOT_FOUND}
    assert second(answers).level is Level.FAILED


def test_one_finding_each() -> None:
    """Each required licence has a finding of its own, behind the user licence."""
    found = findings("user.license", requiring(permission_set_licenses=("A", "B"), packages=("acme", "npsp")))
    assert [each.level for each in found] == [Level.OK, Level.FAILED, Level.FAILED, Level.OK, Level.FAILED]


def test_only_what_is_required_is_asked() -> None:
    """Without a requirement nothing more is asked than the user licence."""
    needs_for = load("user.license").needs_for
    assert needs_for(Requirements()) == ()
    assert needs_for(Requirements(packages=("acme",))) == (PACKAGE_LICENSES, OWN_PACKAGE_LICENSES)


def test_refused_login_with_requirements() -> None:
    """Without a login there is one unknown, and not one for each name."""
    found = finding("user.license", {**refused_login(INACTIVE), **PSL})
    assert found.level is Level.UNKNOWN


@pytest.mark.parametrize(("status", "level"), [("Active", Level.OK), ("Disabled", Level.FAILED), (None, Level.OK)])
def test_licence_seen_by_the_second_user(status: str | None, level: Level) -> None:
    """Where the login failed, a second user's sight of the licence decides."""
    sight = SecondSight(conn_id="crm_admin", license_name="Salesforce Integration", license_status=status)
    found = finding("user.license", {**refused_login(INACTIVE), SECOND_SIGHT: sight})
    assert found.level is level
    assert "seen by connection 'crm_admin'" in found.summary + found.saw
