"""Check session.login."""

from __future__ import annotations

from dataclasses import replace

import pytest
from known import AT, INACTIVE, SILENCE, finding, findings, login, refused_login

from airflow_sf_health.evidence.facts import ApiFacts
from airflow_sf_health.evidence.needs import API, LOGIN
from airflow_sf_health.org.errors import Refusal, Shape
from airflow_sf_health.org.flows import LoginFlow
from airflow_sf_health.report import Level

MASKED = Refusal(shape=Shape.SOAP, status=500, code="INVALID_LOGIN", message="Invalid username, password")
MAINTENANCE = Refusal(shape=Shape.HTML, status=503, message="We are down for maintenance.")
BAD_GATEWAY = Refusal(shape=Shape.HTML, status=502, message="Bad gateway")
INCOMPLETE = Refusal(shape=Shape.NO_ANSWER, code="CONNECTION_INCOMPLETE", message="Connection 'crm' has no key.")


def test_fresh_login() -> None:
    """A fresh login is told with its flow and its instant."""
    found = finding("session.login")
    assert (found.level, found.summary) == (Level.OK, "fresh login by JWT bearer at 02:00:13 UTC")
    assert found.essential


def test_login_of_another_task() -> None:
    """It proves as much as one of this look, and is told with its age."""
    found = finding("session.login", {LOGIN: login(at=AT.subtract(seconds=11), shared=True)})
    assert (found.level, found.summary) == (Level.OK, "login proven 12 s ago by JWT bearer, by a shared login")


@pytest.mark.parametrize("ahead", [None, 0, 60, -60])
def test_clock_that_is_right(ahead: float | None) -> None:
    """Up to a minute, and where nobody knows, there is nothing to say."""
    assert len(findings("session.login", {LOGIN: login(clock_ahead=ahead)})) == 1


@pytest.mark.parametrize(("ahead", "words"), [(-100, "1 min 40 s behind"), (100, "1 min 40 s ahead of")])
def test_clock_that_goes_wrong(ahead: float, words: str) -> None:
    """A clock that is a minute off is a warning beside a good login by JWT, with what to do."""
    proven, clock = findings("session.login", {LOGIN: login(clock_ahead=ahead)})
    assert (proven.level, clock.level, clock.cause) == (Level.OK, Level.WARNING, None)
    assert clock.summary.startswith(f"this machine's clock is {words} Salesforce's")
    assert "time synchronisation" in clock.hint


def test_clock_beside_another_flow() -> None:
    """No other flow signs by the clock, so it is none of this check's business."""
    assert len(findings("session.login", {LOGIN: login(flow=LoginFlow.PASSWORD, clock_ahead=-100)})) == 1


def test_repeated_refusal() -> None:
    """It is worth the verdict of the first, and what was seen says when that was and that nothing was sent."""
    first = replace(INACTIVE, at="2026-11-22T02:00:13Z", not_before="2026-11-22T02:01:13Z")
    found, again = (finding("session.login", refused_login(each)) for each in (first, replace(first, repeated=True)))
    assert replace(again, saw=found.saw) == found
    assert again.saw == (
        "invalid_grant: inactive user · token request (JWT bearer) · as refused at 02:00:13 UTC; "
        "not tried again before 02:01:13 UTC"
    )


def test_ready_session() -> None:
    """A ready session answers, and is told as no more than that."""
    found = finding("session.login", {LOGIN: login(fresh=False, flow=LoginFlow.SESSION)})
    assert found.level is Level.INFO
    assert "proves nothing about the next login" in found.summary


def test_expired_password() -> None:
    """A login with an expired password has succeeded, and is a failure all the same."""
    found = finding("session.login", {LOGIN: login(password_expired=True, flow=LoginFlow.SOAP_TOKEN)})
    assert (found.level, found.cause) == (Level.FAILED, "password_expired")
    assert found.saw.startswith("passwordExpired=true · SOAP login")


@pytest.mark.parametrize(
    ("refusal", "level", "cause", "certain"),
    [
        (INACTIVE, Level.FAILED, "user_inactive", True),
        (MASKED, Level.FAILED, "bad_credentials", False),
        (INCOMPLETE, Level.FAILED, "connection_incomplete", True),
        (MAINTENANCE, Level.FAILED, "org_maintenance_or_unavailable", True),
        (BAD_GATEWAY, Level.UNKNOWN, "org_maintenance_or_unavailable", False),
        (SILENCE, Level.UNKNOWN, "network_timeout", True),
        (Refusal(shape=Shape.OAUTH, code="strange"), Level.FAILED, "unknown", False),
        (Refusal(shape=Shape.UNREADABLE, status=200), Level.UNKNOWN, "unknown", False),
    ],
)
def test_refused_login(refusal: Refusal, level: Level, cause: str, certain: bool) -> None:
    """A reason that Salesforce gave is a failure; silence and unreadable pages are not known."""
    found = finding("session.login", refused_login(refusal))
    assert (found.level, found.cause, found.certain) == (level, cause, certain)
    assert found.summary == f"no token by JWT bearer: {refusal.said}"
    assert bool(found.candidates) == (not certain and cause != "unknown")


def test_dead_ready_session() -> None:
    """A ready session that the API calls dead is no login; one that is refused something else is alive."""
    dead = Refusal(shape=Shape.REST, status=401, code="INVALID_SESSION_ID", message="Session expired or invalid")
    ready = login(flow=LoginFlow.SESSION, fresh=False)
    found = finding("session.login", {LOGIN: ready, API: ApiFacts(refusal=dead)})
    assert (found.level, found.cause) == (Level.FAILED, "session_expired")
    no_api = Refusal(shape=Shape.REST, status=403, code="API_DISABLED_FOR_ORG")
    assert finding("session.login", {LOGIN: ready, API: ApiFacts(refusal=no_api)}).level is Level.INFO


def test_withheld_login_of_ours() -> None:
    """Where the sentence itself says what to set, nobody is told to take another flow."""
    withheld = login(fresh=False, flow=LoginFlow.REFRESH_TOKEN, withheld="no [sf_health] store is set")
    assert finding("session.login", {LOGIN: withheld, API: SILENCE}).hint.endswith(
        "no login by this connection either."
    )


def test_withheld_login() -> None:
    """A refresh token that is not ours to spend makes no login: a warning with the reason, and no failure."""
    withheld = login(fresh=False, flow=LoginFlow.REFRESH_TOKEN, withheld="the refresh token belongs to 'skyvia'")
    found = finding("session.login", {LOGIN: withheld, API: SILENCE})
    assert (found.level, found.cause) == (Level.WARNING, None)
    assert found.summary == "no login was made: the refresh token belongs to 'skyvia'"
    assert "a flow of its own" in found.hint


def test_login_that_spent_the_refresh_token() -> None:
    """A new refresh token in the reply means that the stored one is spent: a failure, though a token was had."""
    found = finding("session.login", {LOGIN: login(flow=LoginFlow.REFRESH_TOKEN, rotated=True)})
    assert (found.level, found.cause, found.certain) == (Level.FAILED, "refresh_token_expired", True)
    assert found.saw == "a new refresh token in the reply · token request (refresh token) · 02:00:13 UTC"
    assert "refresh_token_rotation to true" in found.hint
