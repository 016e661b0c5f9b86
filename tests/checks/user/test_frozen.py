"""Check user.frozen."""

from __future__ import annotations

from typing import Any

import pytest
from known import AT, HEALTHY, INACTIVE, NOT_FOUND, finding, login, refused_login

from airflow_sf_health.evidence.facts import SecondSight
from airflow_sf_health.evidence.needs import FROZEN, LOGIN, SECOND_SIGHT
from airflow_sf_health.org.errors import Refusal, Shape
from airflow_sf_health.org.flows import LoginFlow
from airflow_sf_health.report import Level

READY: dict[Any, Any] = {LOGIN: login(flow=LoginFlow.SESSION, fresh=False)}
MASKED: dict[Any, Any] = refused_login(
    Refusal(
        shape=Shape.OAUTH, status=400, code="invalid_grant", message="authentication failure", where="token request"
    )
)


def row(*, frozen: bool = False, locked: bool = False) -> dict[Any, Any]:
    return {FROZEN: ({"IsFrozen": frozen, "IsPasswordLocked": locked},)}


def seen(*, frozen: bool | None = None, locked: bool | None = None) -> dict[Any, Any]:
    return {SECOND_SIGHT: SecondSight(conn_id="crm_admin", is_frozen=frozen, is_locked=locked)}


@pytest.mark.parametrize("rows", [HEALTHY[FROZEN], (), NOT_FOUND])
def test_fresh_login_proves_it(rows: object) -> None:
    """Whoever just logged in is not frozen, whether or not UserLogin may be read."""
    found = finding("user.frozen", {FROZEN: rows})
    assert (found.level, found.summary) == (Level.OK, "a fresh login succeeded, and no frozen user gets one")


def test_login_of_another_task_is_told_with_its_age() -> None:
    """It proves that the user was not frozen then; the user's own row, where it may be read, says so of now."""
    shared: dict[Any, Any] = {LOGIN: login(shared=True, at=AT.subtract(seconds=47))}
    found = finding("user.frozen", {**shared, FROZEN: NOT_FOUND})
    words = "a shared login succeeded 48 s ago, and no frozen user gets one"
    assert (found.level, found.summary) == (Level.OK, words)
    assert finding("user.frozen", shared).summary == "neither frozen nor locked out · record of UserLogin"
    assert finding("user.frozen", {**shared, **row(frozen=True)}).level is Level.FAILED


@pytest.mark.parametrize(
    ("flow", "level"), [(LoginFlow.SOAP_TOKEN, Level.FAILED), (LoginFlow.JWT_BEARER, Level.WARNING)]
)
def test_lock_out_after_the_login_of_another_task(flow: LoginFlow, level: Level) -> None:
    """The next login by password will be refused; one by key will not."""
    assert finding("user.frozen", {LOGIN: login(shared=True, flow=flow), **row(locked=True)}).level is level


def test_ready_session_is_asked_about() -> None:
    """A ready session proves nothing, so the user's own row decides."""
    found = finding("user.frozen", READY)
    assert (found.level, found.summary) == (Level.OK, "neither frozen nor locked out · record of UserLogin")


@pytest.mark.parametrize(
    ("state", "field", "word", "certain"),
    [({"frozen": True}, "IsFrozen", "frozen", False), ({"locked": True}, "IsPasswordLocked", "locked out", True)],
)
def test_frozen_while_the_session_lives(state: dict[str, bool], field: str, word: str, certain: bool) -> None:
    """A frozen or locked user is a failure though the session still answers."""
    found = finding("user.frozen", {**READY, **row(**state)})
    assert (found.level, found.cause, found.certain) == (Level.FAILED, "user_frozen_or_locked", certain)
    assert found.summary == f"the user is {word}; the open session lives on, and the next login will be refused"
    assert found.saw == f"UserLogin.{field} = true · record of UserLogin"


@pytest.mark.parametrize("answers", [{**READY, **row(frozen=True)}, {**MASKED, **seen(frozen=True, locked=True)}])
def test_who_froze_it_is_not_told(answers: dict[Any, Any]) -> None:
    """Salesforce itself freezes users too, and the record looks the same: both are possible, and the advice says where to look."""
    found = finding("user.frozen", answers)
    assert (found.cause, found.certain) == ("user_frozen_or_locked", False)
    assert [each.cause for each in found.candidates] == ["user_contained"]
    assert "Salesforce Security notification" in found.candidates[0].tell
    assert "Setup Audit Trail" in found.hint


def test_frozen_between_login_and_question() -> None:
    """The row says it even after a login that succeeded a moment ago."""
    assert finding("user.frozen", row(frozen=True)).level is Level.FAILED


def test_lock_out_that_a_login_outlived() -> None:
    """A lock-out that does not reach this connection's flow is a warning, no false alarm."""
    found = finding("user.frozen", row(locked=True))
    assert (found.level, found.cause) == (Level.WARNING, None)
    assert "Login History" in found.hint


def test_row_that_may_not_be_read() -> None:
    """Without Manage Users the check does not know, and says what was refused."""
    found = finding("user.frozen", {**READY, FROZEN: NOT_FOUND})
    assert (found.level, found.essential) == (Level.UNKNOWN, False)
    assert "NOT_FOUND" in found.summary


def test_no_row() -> None:
    """An empty answer is no proof."""
    assert finding("user.frozen", {**READY, FROZEN: ()}).level is Level.UNKNOWN


def test_masked_login() -> None:
    """A refusal that hides its reason leaves it unknown; the login's own finding has the candidates."""
    assert finding("user.frozen", MASKED).level is Level.UNKNOWN


@pytest.mark.parametrize("answers", [MASKED, refused_login(INACTIVE), {**READY, FROZEN: NOT_FOUND}])
@pytest.mark.parametrize(
    ("saw", "level"),
    [
        (seen(frozen=True, locked=False), Level.FAILED),
        (seen(frozen=True), Level.FAILED),
        (seen(frozen=False, locked=True), Level.FAILED),
        (seen(frozen=False, locked=False), Level.OK),
        (seen(frozen=False), Level.UNKNOWN),
        (seen(), Level.UNKNOWN),
    ],
)
def test_second_user_decides(answers: dict[Any, Any], saw: dict[Any, Any], level: Level) -> None:
    """What a second user saw decides, as far as it knows, and is told with its connection."""
    found = finding("user.frozen", {**answers, **saw})
    assert found.level is level
    assert ("seen by connection 'crm_admin'" in found.saw + found.summary) is (level is not Level.UNKNOWN)
