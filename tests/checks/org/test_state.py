"""Check org.state."""

from __future__ import annotations

from typing import Any

import pytest
from known import INACTIVE, NO_API, NOT_FOUND, finding, findings, login, refused_login

from airflow_sf_health.evidence.facts import ApiFacts
from airflow_sf_health.evidence.needs import API, LOGIN, ORG_STATE, REQUIREMENTS
from airflow_sf_health.org.errors import Refusal, Shape
from airflow_sf_health.report import Level
from airflow_sf_health.requirements import Requirements

MAINTENANCE = Refusal(shape=Shape.HTML, status=503, message="We are down for maintenance.", where="composite request")
GATEWAY = Refusal(shape=Shape.HTML, status=502, message="Bad Gateway", where="composite request")


def org(**fields: Any) -> dict[Any, Any]:
    return {ORG_STATE: {"IsReadOnly": False, "TrialExpirationDate": None, **fields}}


def trial(end: str) -> dict[Any, Any]:
    return org(TrialExpirationDate=end)


def test_open() -> None:
    """An org at work is told as that."""
    found = finding("org.state", org())
    assert (found.level, found.summary) == (Level.OK, "open for reading and writing")


@pytest.mark.parametrize(("writes", "level"), [(None, Level.FAILED), (True, Level.FAILED), (False, Level.WARNING)])
def test_read_only(writes: bool | None, level: Level) -> None:
    """A read-only org stops who writes, or may write, and is worth a word to who only reads."""
    found = finding("org.state", {**org(IsReadOnly=True), REQUIREMENTS: Requirements(writes=writes)})
    assert (found.level, found.cause, found.saw) == (level, "org_read_only", "Organization.IsReadOnly = true")


@pytest.mark.parametrize(
    ("end", "words"),
    [
        ("2026-12-06T02:00:00.000+0000", "ends in 14 days (2026-12-06)"),
        ("2026-11-23T02:00:00.000+0000", "ends in 1 day (2026-11-23)"),
        ("2026-11-22T23:00:00.000+0000", "ends today (2026-11-22)"),
    ],
)
def test_trial_that_ends_soon(end: str, words: str) -> None:
    """The last two weeks of a trial are a warning with days and date."""
    found = finding("org.state", trial(end))
    assert (found.level, found.cause) == (Level.WARNING, "org_inactive_or_expired")
    assert found.summary == f"the org's trial {words}: nobody can log in after it"
    assert "convert or extend the org before that" in found.hint


def test_trial_with_time_left() -> None:
    """A trial with more than two weeks left is told, and no warning."""
    found = finding("org.state", trial("2026-12-07T02:00:00.000+0000"))
    assert (found.level, found.summary) == (
        Level.OK,
        "open for reading and writing, trial ends in 15 days (2026-12-07)",
    )


@pytest.mark.parametrize("end", ["2026-11-21T02:00:00.000+0000", "2026-11-22T01:00:00.000+0000"])
def test_trial_that_is_over(end: str) -> None:
    """A ready session outlives the trial and fails."""
    found = finding("org.state", {**trial(end), LOGIN: login(fresh=False)})
    assert (found.level, found.cause) == (Level.FAILED, "org_inactive_or_expired")
    assert found.summary == f"the org's trial ended on {end[:10]}"
    assert "convert or extend the org now" in found.hint


def test_trial_that_is_over_and_lets_in() -> None:
    """A login that succeeded after the end has the days of grace left, and the sentence does not contradict itself."""
    found = finding("org.state", trial("2026-11-17T02:00:00.000+0000"))
    assert (found.level, found.cause) == (Level.WARNING, "org_inactive_or_expired")
    assert found.summary == "the org's trial ended on 2026-11-17: logins still succeed, and may stop any day"
    assert "convert or extend the org now" in found.hint


def test_both() -> None:
    """What stands against work is told one by one."""
    found = findings("org.state", org(IsReadOnly=True, TrialExpirationDate="2026-11-30T00:00:00.000+0000"))
    assert [each.cause for each in found] == ["org_read_only", "org_inactive_or_expired"]


@pytest.mark.parametrize("answers", [refused_login(MAINTENANCE), {API: ApiFacts(refusal=MAINTENANCE)}])
def test_maintenance(answers: dict[Any, Any]) -> None:
    """A refusal that speaks of the org is the answer."""
    found = finding("org.state", answers)
    assert (found.level, found.cause) == (Level.FAILED, "org_maintenance_or_unavailable")


@pytest.mark.parametrize(
    "answers",
    [refused_login(INACTIVE), refused_login(GATEWAY), {API: ApiFacts(refusal=NO_API)}, {ORG_STATE: NOT_FOUND}],
)
def test_not_told(answers: dict[Any, Any]) -> None:
    """A refusal that speaks of anything else hides the answer."""
    found = finding("org.state", answers)
    assert (found.level, found.essential) == (Level.UNKNOWN, False)
