"""Check user.active."""

from __future__ import annotations

import pytest
from known import AT, HEALTHY, INACTIVE, NOT_FOUND, SILENCE, finding, login, refused_login

from airflow_sf_health.evidence.facts import SecondSight
from airflow_sf_health.evidence.needs import LOGIN, RUNNING_USER, SECOND_SIGHT
from airflow_sf_health.report import Level


def test_active() -> None:
    """The user's own row says that it is active."""
    assert (finding("user.active").level, finding("user.active").summary) == (
        Level.OK,
        "integration@acme.com is active",
    )


def test_inactive_by_the_row() -> None:
    """A row that says inactive is a failure, whatever still answers."""
    found = finding("user.active", {RUNNING_USER: {**HEALTHY[RUNNING_USER], "IsActive": False}})
    assert (found.level, found.cause, found.certain) == (Level.FAILED, "user_inactive", True)
    assert found.saw == "User.IsActive = false · record of User"


def test_inactive_by_the_login() -> None:
    """A login refused for it says so too."""
    found = finding("user.active", refused_login(INACTIVE))
    assert (found.level, found.cause) == (Level.FAILED, "user_inactive")
    assert found.saw == "invalid_grant: inactive user · token request (JWT bearer)"


def test_row_that_cannot_be_read_after_the_login_of_another_task() -> None:
    """That login proves it as of when it was made."""
    found = finding("user.active", {LOGIN: login(shared=True, at=AT.subtract(seconds=47)), RUNNING_USER: NOT_FOUND})
    words = "a shared login succeeded 48 s ago, and only an active user gets one"
    assert (found.level, found.summary) == (Level.OK, words)


def test_login_refused_for_another_reason() -> None:
    """Another refusal of the login tells nothing of the user."""
    found = finding("user.active", refused_login(SILENCE))
    assert (found.level, found.cause) == (Level.UNKNOWN, None)
    assert found.summary == "could not be asked: read time limit reached"


def test_hidden_row_after_a_fresh_login() -> None:
    """Only an active user gets a fresh login, so a hidden row does not matter."""
    assert finding("user.active", {RUNNING_USER: NOT_FOUND}).level is Level.OK


def test_hidden_row_of_a_ready_session() -> None:
    """A ready session proves nothing of its user, so a hidden row leaves it unknown."""
    assert finding("user.active", {RUNNING_USER: NOT_FOUND, LOGIN: login(fresh=False)}).level is Level.UNKNOWN


@pytest.mark.parametrize(("is_active", "level"), [(True, Level.OK), (False, Level.FAILED), (None, Level.UNKNOWN)])
def test_seen_by_the_second_user(is_active: bool | None, level: Level) -> None:
    """Where a refused login hides its reason, a second user's sight decides, as far as it reaches."""
    sight = SecondSight(conn_id="crm_admin", username="integration@acme.com", is_active=is_active)
    found = finding("user.active", {**refused_login(SILENCE), SECOND_SIGHT: sight})
    assert found.level is level
    assert ("seen by connection 'crm_admin'" in found.saw) is (is_active is False)
