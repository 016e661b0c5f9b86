"""Check session.refresh."""

from __future__ import annotations

from typing import Any

import pendulum
import pytest
from known import AT, HEALTHY, INACTIVE, SILENCE, login

from airflow_sf_health.checks._check import judge
from airflow_sf_health.checks.session.refresh import CHECK
from airflow_sf_health.evidence.evidence import Evidence
from airflow_sf_health.evidence.facts import NextTokenFacts
from airflow_sf_health.evidence.needs import LOGIN, NEXT_TOKEN
from airflow_sf_health.org.errors import Refusal, Shape
from airflow_sf_health.org.flows import LoginFlow
from airflow_sf_health.report import Finding, Level

REFRESH, JWT = LoginFlow.REFRESH_TOKEN, LoginFlow.JWT_BEARER
NO_CLIENT = Refusal(shape=Shape.OAUTH, status=401, code="invalid_client", message="invalid client credentials")


def found(answer: NextTokenFacts | Refusal) -> Finding:
    (finding,) = judge(CHECK, Evidence({**HEALTHY, NEXT_TOKEN: answer}))
    assert finding.check == "session.refresh"
    return finding


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        ({"by": "login", "flow": JWT}, "a login by JWT bearer was made just now"),
        ({"by": "login", "flow": JWT, "proven_at": AT}, "a login by JWT bearer was made 1 s ago, and is shared"),
        ({"by": "renewal", "flow": JWT}, "beside the ready session"),
        ({"by": "renewal", "flow": JWT, "proven_at": AT}, "was made 1 s ago, and is shared"),
        ({"by": "introspection", "flow": REFRESH, "active": True}, "the refresh token is active (introspected"),
        (
            {
                "by": "introspection",
                "flow": REFRESH,
                "active": True,
                "expires": pendulum.datetime(2026, 12, 24, 20, 0),
            },
            "active, until 2026-12-24 20:00 UTC",
        ),
    ],
)
def test_next_token_can_be_had(facts: dict[str, Any], words: str) -> None:
    """What proves it is named: the login just made, one beside the session, or introspection."""
    finding = found(NextTokenFacts(**facts))
    assert finding.level is Level.OK
    assert words in finding.summary


def test_dead_refresh_token() -> None:
    """Introspection says inactive: a failure with its cause, what was seen, and why the token may have died."""
    finding = found(NextTokenFacts(by="introspection", flow=REFRESH, active=False))
    assert (finding.level, finding.cause, finding.certain) == (Level.FAILED, "refresh_token_expired", False)
    assert "user_inactive" in {candidate.cause for candidate in finding.candidates}
    assert finding.saw == "active=false · introspection of the refresh token · 02:00:14 UTC"


@pytest.mark.parametrize("refusal", [NO_CLIENT, SILENCE])
def test_introspection_that_is_refused(refusal: Refusal) -> None:
    """Whoever may not introspect may well refresh: not known, whatever was said."""
    finding = found(NextTokenFacts(by="introspection", flow=REFRESH, refusal=refusal))
    assert finding.level is Level.UNKNOWN
    assert refusal.said in finding.summary


@pytest.mark.parametrize(
    ("refusal", "level", "cause"),
    [(INACTIVE, Level.FAILED, "user_inactive"), (SILENCE, Level.UNKNOWN, "network_timeout")],
)
def test_ready_session_without_a_successor(refusal: Refusal, level: Level, cause: str) -> None:
    """A login beside the ready session that is refused has the refusal's cause; silence is not known."""
    finding = found(NextTokenFacts(by="renewal", flow=JWT, refusal=refusal))
    assert (finding.level, finding.cause) == (level, cause)
    assert "the ready session has no successor" in finding.summary


@pytest.mark.parametrize("by", ["login", "renewal"])
def test_refresh_token_that_was_spent(by: Any) -> None:
    """A login that brought a new refresh token has spent the connection's: the next login will be refused."""
    finding = found(NextTokenFacts(by=by, flow=REFRESH, rotated=True))
    assert (finding.level, finding.cause, finding.certain) == (Level.FAILED, "refresh_token_expired", True)
    assert "the next login will be refused" in finding.summary


def test_session_and_nothing_else() -> None:
    """A connection that holds only a ready session is told as that, and nothing is wrong with it."""
    assert found(NextTokenFacts(by="nothing")).level is Level.INFO


def test_nothing_that_could_be_tried_without_harm() -> None:
    """Why nothing was tried is said in one sentence, and is nobody's fault."""
    finding = found(NextTokenFacts(by="nothing", untried="reauthenticate is off"))
    assert (finding.level, finding.summary) == (Level.INFO, "the next token was not tried: reauthenticate is off")


def test_fields_that_were_meant_to_renew() -> None:
    """Something is wrong with them: a warning in the words of the connection's error, since the session still lives."""
    finding = found(NextTokenFacts(by="nothing", broken="Connection 'crm' has no key. Add one."))
    assert (finding.level, finding.cause) == (Level.WARNING, None)
    assert finding.summary.endswith("could not be replaced by a login: Connection 'crm' has no key. Add one")


@pytest.mark.parametrize(
    ("refusal", "login_facts", "essential"),
    [
        (SILENCE, {"withheld": "it belongs to 'skyvia'", "fresh": False}, True),
        (NO_CLIENT, {"withheld": "it belongs to 'skyvia'", "fresh": False}, False),
        (SILENCE, {"flow": LoginFlow.SESSION, "fresh": False}, False),
    ],
)
def test_introspection_as_the_only_request(refusal: Refusal, login_facts: dict[str, Any], essential: bool) -> None:
    """Where no login is made and nobody answers, nothing at all is known; an answer, or a session beside it, is something."""
    facts = NextTokenFacts(by="introspection", flow=REFRESH, refusal=refusal)
    (finding,) = judge(CHECK, Evidence({**HEALTHY, NEXT_TOKEN: facts, LOGIN: login(**login_facts)}))
    assert (finding.level, finding.essential) == (Level.UNKNOWN, essential)


def test_refused_login_leaves_it_unknown() -> None:
    """Where the login itself was refused, that is told by its own check."""
    assert found(INACTIVE).level is Level.UNKNOWN
