"""Check org.identity."""

from __future__ import annotations

from typing import Any

import pytest
from known import HEALTHY, INACTIVE, NOT_FOUND, connection, finding, login, refused_login

from airflow_sf_health.evidence.needs import CONNECTION, LOGIN, ORGANIZATION, REQUIREMENTS
from airflow_sf_health.report import Level
from airflow_sf_health.requirements import Requirements

OWN = "00DHs0000000001MAA"
OTHER = "00DHs0000000002MAA"


def test_org_is_named() -> None:
    """Without an expectation the org that answers is named."""
    found = finding("org.identity")
    assert (found.level, found.summary) == (Level.OK, f"production org 'Acme' ({OWN}, instance USA123S)")


@pytest.mark.parametrize("expected", [OWN, OWN[:15]])
def test_expected_org(expected: str) -> None:
    """The expected org is met in either length of its id, from the requirements or the connection."""
    assert finding("org.identity", {REQUIREMENTS: Requirements(org_id=expected)}).level is Level.OK
    assert finding("org.identity", {CONNECTION: connection(expected_org_id=expected)}).level is Level.OK


@pytest.mark.parametrize(
    "answers",
    [
        {REQUIREMENTS: Requirements(org_id=OTHER)},
        {CONNECTION: connection(expected_org_id=OTHER)},
        {CONNECTION: connection(expected_org_id=OWN), REQUIREMENTS: Requirements(org_id=OTHER)},
        {REQUIREMENTS: Requirements(org_id=OTHER), ORGANIZATION: NOT_FOUND},
    ],
)
def test_wrong_org(answers: dict[Any, Any]) -> None:
    """Another org than the expected one is a failure, also by the login alone; the requirements go first."""
    found = finding("org.identity", answers)
    assert (found.level, found.cause) == (Level.FAILED, "wrong_org")
    assert found.summary == f"this is org {OWN}, and {OTHER} is expected"
    assert found.saw == f"org {OWN} answered on acme.my.salesforce.com · expected {OTHER}"


@pytest.mark.parametrize(
    ("expected", "is_sandbox", "level"),
    [
        (True, True, Level.OK),
        (False, False, Level.OK),
        (True, False, Level.FAILED),
        (False, True, Level.FAILED),
    ],
)
def test_kind_of_org(expected: bool, is_sandbox: bool, level: Level) -> None:
    """A sandbox where production is meant is a failure, and the other way round."""
    org = {**HEALTHY[ORGANIZATION], "IsSandbox": is_sandbox}
    found = finding("org.identity", {ORGANIZATION: org, REQUIREMENTS: Requirements(sandbox=expected)})
    assert found.level is level
    assert (found.cause == "wrong_org") == (level is Level.FAILED)
    wanted = "a sandbox" if expected else "a production org"
    assert found.saw == (
        ""
        if level is Level.OK
        else f"Organization.IsSandbox = {str(is_sandbox).lower()} on acme.my.salesforce.com · expected {wanted}"
    )


@pytest.mark.parametrize(
    "answers",
    [{ORGANIZATION: NOT_FOUND}, {ORGANIZATION: NOT_FOUND, LOGIN: login(org_id=None)}, refused_login(INACTIVE)],
)
def test_org_not_told(answers: dict[Any, Any]) -> None:
    """An org that does not tell itself is not known."""
    assert finding("org.identity", answers).level is Level.UNKNOWN


def test_both_pins_count() -> None:
    """The task's requirement does not switch off the org that the connection pins."""
    answers: dict[Any, Any] = {
        CONNECTION: connection(expected_org_id="00DHs0000000009MAA"),
        REQUIREMENTS: Requirements(org_id="00DHs0000000001MAA"),
    }
    assert finding("org.identity", answers).cause == "wrong_org"


def test_required_kind_of_org_that_cannot_be_read() -> None:
    """Work in the wrong org cannot be taken back, so not knowing it leaves the verdict undetermined."""
    answers: dict[Any, Any] = {ORGANIZATION: NOT_FOUND}
    assert not finding("org.identity", answers).essential
    answers[REQUIREMENTS] = Requirements(sandbox=False)
    found = finding("org.identity", answers)
    assert (found.level, found.essential) == (Level.UNKNOWN, True)
