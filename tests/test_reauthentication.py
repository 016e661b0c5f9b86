"""A login on demand: whatever is remembered, one request for a token, and an examination with it."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from canaries import LOGIN_FLOWS, Canaries
from connecting import connect, connect_by_session
from vaults import MemoryVault

from airflow_sf_health.examination import examine
from airflow_sf_health.org.sharing import Sharing
from airflow_sf_health.present.reauthenticated import login_said
from airflow_sf_health.reauthentication import LoginMade, reauthenticate
from airflow_sf_health.report import Verdict
from airflow_sf_health.testing import FakeOrg


@pytest.fixture
def vault() -> MemoryVault:
    return MemoryVault()


@pytest.fixture
def sharing(vault: MemoryVault) -> Sharing:
    return Sharing(vault=vault, egress="here")


@pytest.mark.parametrize("flow", LOGIN_FLOWS)
def test_a_live_session_gives_the_same_token(org: FakeOrg, sharing: Sharing, flow: str) -> None:
    """Salesforce gives the live session again, which is a good answer; one login is made for it."""
    connection = connect(org, flow)
    first = reauthenticate(connection, sharing=sharing)
    assert (first.login, first.is_new, first.shared) == (LoginMade.MADE, None, True)
    org.reset_counts()
    again = reauthenticate(connection, sharing=sharing)
    assert (again.login, again.is_new, again.shared, again.flow) == (LoginMade.MADE, False, True, connection.flow)
    assert again.report.may_proceed
    assert org.counts().logins == 1


def test_a_dead_session_gives_a_new_token(org: FakeOrg, sharing: Sharing) -> None:
    """It takes the place of the dead one: the next examination makes no login."""
    connection = connect(org, "jwt")
    examine(connection, sharing=sharing)
    org.expire_sessions()
    done = reauthenticate(connection, sharing=sharing)
    assert (done.login, done.is_new, done.shared) == (LoginMade.MADE, True, True)
    assert done.report.verdict is Verdict.HEALTHY
    org.reset_counts()
    assert examine(connection, sharing=sharing).verdict is Verdict.HEALTHY
    assert org.counts().logins == 0


def test_a_remembered_refusal_does_not_count(org: FakeOrg, sharing: Sharing) -> None:
    """Who mended the user need not wait; and nobody after that."""
    connection = connect(org, "jwt")
    org.user().active = False
    assert examine(connection, sharing=sharing).verdict is Verdict.UNHEALTHY
    refused = reauthenticate(connection, sharing=sharing)
    assert (refused.login, refused.is_new, refused.shared) == (LoginMade.FAILED, None, False)
    assert refused.report.main is not None
    assert refused.report.main.cause == "user_inactive"
    org.user().active = True
    assert reauthenticate(connection, sharing=sharing).login is LoginMade.MADE
    assert examine(connection, sharing=sharing).verdict is Verdict.HEALTHY


def test_silence_is_no_verdict(org: FakeOrg, sharing: Sharing) -> None:
    """Nothing is known where nobody answers, and the token that is shared stays."""
    connection = connect(org, "jwt")
    examine(connection, sharing=sharing)
    with org.fault(path="/services/oauth2/token", reset=True):
        done = reauthenticate(connection, sharing=sharing)
    assert (done.login, done.report.verdict) == (LoginMade.FAILED, Verdict.UNDETERMINED)
    org.reset_counts()
    assert examine(connection, sharing=sharing).verdict is Verdict.HEALTHY
    assert org.counts().logins == 0


def test_without_a_store(org: FakeOrg) -> None:
    """The login is made and examined; nobody else has it."""
    done = reauthenticate(connect(org, "jwt"))
    assert (done.login, done.is_new, done.shared) == (LoginMade.MADE, None, False)
    assert done.report.verdict is Verdict.HEALTHY


@pytest.mark.parametrize("changes", [{"token_age": 0.0}, {"vault": MemoryVault("The store is broken.")}])
def test_a_token_that_cannot_be_kept(org: FakeOrg, sharing: Sharing, changes: dict[str, object]) -> None:
    """That is no reason to fail, and is told."""
    done = reauthenticate(connect(org, "jwt"), sharing=replace(sharing, **changes))  # type: ignore[arg-type]
    assert (done.login, done.is_new, done.shared) == (LoginMade.MADE, None, False)
    assert done.report.verdict is Verdict.HEALTHY


def test_the_flow_beside_a_ready_session_logs_in(org: FakeOrg, sharing: Sharing) -> None:
    """The session itself is left alone, dead or alive."""
    connection = connect_by_session(org)
    done = reauthenticate(connection, sharing=sharing)
    assert connection.renewal is not None
    assert (done.login, done.flow, done.beside_session) == (LoginMade.MADE, connection.renewal.flow, True)
    assert done.report.verdict is Verdict.HEALTHY


def test_a_ready_session_alone(org: FakeOrg, sharing: Sharing) -> None:
    """There is nothing to log in with: told as an incomplete connection, before any request."""
    done = reauthenticate(connect(org, "session"), sharing=sharing)
    assert (done.login, done.report.verdict) == (LoginMade.IMPOSSIBLE, Verdict.UNHEALTHY)
    assert "holds a ready session and nothing that makes a new one" in done.why
    assert done.report.main is not None
    assert done.report.main.cause == "connection_incomplete"
    assert org.counts().http_requests == 0


@pytest.mark.parametrize("beside_session", [False, True])
def test_a_refresh_token_of_another_owner_is_not_spent(org: FakeOrg, sharing: Sharing, beside_session: bool) -> None:
    """It is asked about, and the answer says why no login was made."""
    if beside_session:
        connection = connect_by_session(org, "refresh_token", refresh_token_owner="skyvia")
    else:
        connection = connect(org, "refresh_token", refresh_token_owner="skyvia")
    done = reauthenticate(connection, sharing=sharing)
    assert done.login is LoginMade.WITHHELD
    assert "skyvia" in done.why
    assert done.report.may_proceed
    assert org.counts().logins == 0


def test_nobodys_session_is_ended(org: FakeOrg, sharing: Sharing) -> None:
    """The session that others use lives on."""
    connection = connect(org, "jwt")
    examine(connection, sharing=sharing)
    before = set(org.context.sessions._live)
    reauthenticate(connection, sharing=sharing)
    assert before <= set(org.context.sessions._live)
    assert not [each for each in org.requests() if "revoke" in each.path or "logout" in each.path]


@pytest.mark.parametrize("flow", LOGIN_FLOWS)
def test_no_secret_is_told(org: FakeOrg, sharing: Sharing, flow: str) -> None:
    """Neither what comes of it, nor its words, nor any log holds a token."""
    canaries = Canaries(org)
    connection = canaries.connection(flow)
    with canaries.logs() as logged:
        reauthenticate(connection, sharing=sharing)
        canaries.remember()
        org.expire_sessions()
        done = reauthenticate(connection, sharing=sharing)
    assert done.is_new
    assert canaries.found_in(repr(done), json.dumps(done.as_dict()), login_said(done), logged()) == []
