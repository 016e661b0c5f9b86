"""A login by a refresh token, what it spends, and the question that spends nothing."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs

import pytest
from answers import Answers
from connecting import connect, connect_by_session, fields_of
from simple_salesforce.exceptions import SalesforceAuthenticationFailed, SalesforceExpiredSession

from airflow_sf_health.errors import OrgConnectionError
from airflow_sf_health.org.connection import OrgConnection, TimeLimits
from airflow_sf_health.org.errors import Refusal, Refused, Shape
from airflow_sf_health.org.flows import LoginFlow
from airflow_sf_health.org.refresh_token import Introspection, read_introspection
from airflow_sf_health.org.session import OrgSession
from airflow_sf_health.testing import FakeOrg

Begin = Callable[[OrgConnection], OrgSession]

FIELDS = {"consumer_key": "key", "consumer_secret": "secret-of-app", "refresh_token": "refresh-token-of-u"}
GOOD = {
    "access_token": "00D000000000001!token",
    "instance_url": "https://acme.my.salesforce.com",
    "id": "https://login.salesforce.com/id/00DHs0000000001MAA/005Hs0000000001MAA",
}
BUSY = {"error": "invalid_grant", "error_description": "token request is already being processed"}


def answered(begin: Begin, *answers: tuple[int, Any], **fields: Any) -> tuple[OrgSession, Answers]:
    session, adapter = begin(fields_of(**{**FIELDS, **fields})), Answers(*answers)
    session._http.mount("https://", adapter)
    return session, adapter


def form_of(adapter: Answers, which: int = -1) -> tuple[str, dict[str, str]]:
    request = adapter.requests[which]
    return str(request.url), {name: values[0] for name, values in parse_qs(str(request.body)).items()}


def refusal_of(act: Callable[[], object]) -> Refusal:
    with pytest.raises(Refused) as raised:
        act()
    return raised.value.refusal


def rotating(org: FakeOrg, **extra: Any) -> OrgConnection:
    connection = connect(org, "refresh_token", **extra)
    org.state.apps[0].refresh_token_rotation = True
    return connection


def spent(org: FakeOrg) -> int:
    return sum(token.spent for token in org.state.refresh_tokens)


def test_token_request(begin: Begin) -> None:
    """The request has key, secret and refresh token in its body and no credential elsewhere; the reply's host is kept."""
    session, adapter = answered(begin, (200, GOOD), domain="test", connect_timeout=3, read_timeout=4)
    login = session.open()
    assert (login.token.reveal(), login.host) == (GOOD["access_token"], "acme.my.salesforce.com")
    assert (login.flow, login.fresh, login.rotated) == (LoginFlow.REFRESH_TOKEN, True, False)
    assert login.identity is not None
    assert form_of(adapter) == (
        "https://test.salesforce.com/services/oauth2/token",
        {
            "grant_type": "refresh_token",
            "client_id": "key",
            "client_secret": "secret-of-app",
            "refresh_token": "refresh-token-of-u",
        },
    )
    assert "Authorization" not in adapter.requests[0].headers
    assert adapter.options[0]["timeout"] == (3.0, 4.0)
    assert (session.traffic.logins, session.traffic.api_calls) == (1, 0)


def test_app_without_a_secret(begin: Begin) -> None:
    """An app that asks for no secret gets none."""
    session, adapter = answered(begin, (200, GOOD), consumer_secret=None)
    session.open()
    assert "client_secret" not in form_of(adapter)[1]


@pytest.mark.parametrize(
    ("answer", "shape"),
    [
        ((302, b""), Shape.EMPTY),
        ((200, {**GOOD, "access_token": None}), Shape.UNREADABLE),
        ((200, {**GOOD, "instance_url": "acme"}), Shape.UNREADABLE),
        ((200, {**GOOD, "instance_url": 7}), Shape.UNREADABLE),
        ((200, {"access_token": "canary"}), Shape.UNREADABLE),
        ((200, ["canary"]), Shape.UNREADABLE),
        ((200, b'"canary"'), Shape.UNREADABLE),
        ((201, GOOD), Shape.UNREADABLE),
    ],
)
def test_reply_that_is_none(begin: Begin, answer: tuple[int, Any], shape: Shape) -> None:
    """A reply without token or host is a refusal that quotes nothing of it; the token is sent nowhere else."""
    session, adapter = answered(begin, answer)
    refusal = refusal_of(session.open)
    assert (refusal.shape, refusal.status) == (shape, answer[0])
    assert "canary" not in refusal.said
    assert len(adapter.requests) == 1


@pytest.mark.parametrize("answer", [(400, BUSY), (500, b""), (502, b"Bad gateway"), (504, b"")])
def test_login_by_it_is_made_once(begin: Begin, answer: tuple[int, Any]) -> None:
    """Where the token may have been used, by us or by another process at that moment, it is not used once more: with rotation
    on that would revoke all that came from it.
    """
    session, adapter = answered(begin, answer, (200, GOOD))
    assert refusal_of(session.open).status == answer[0]
    assert len(adapter.requests) == 1


@pytest.mark.parametrize("lost", [{"truncate": "transfer"}, {"reset": True}])
def test_lost_reply_is_not_asked_for_again(org: FakeOrg, begin: Begin, lost: dict[str, Any]) -> None:
    """A cut line may have swallowed a new refresh token: the old one is not used again, so nothing is revoked."""
    connection = rotating(org)
    with org.fault(path="*/token", times=1, **lost):
        assert refusal_of(begin(connection).open).said.startswith("connection reset")
    assert org.counts().http_requests == 1
    assert not any(token.revoked for token in org.state.refresh_tokens)


def test_token_in_use_by_another(org: FakeOrg, begin: Begin) -> None:
    """The org says busy as long as another request is at work with the token."""
    connection = connect(org, "refresh_token")
    assert connection.refresh_token is not None
    with org.context.in_use.hold(connection.refresh_token.reveal()):
        assert refusal_of(begin(connection).open).message == BUSY["error_description"]
    assert begin(connection).open().fresh


def test_login_spends_nothing_without_rotation(org: FakeOrg, begin: Begin) -> None:
    """Without rotation the token stays good, however often it is used."""
    connection = connect(org, "refresh_token")
    assert [begin(connection).open().rotated for _ in range(3)] == [False] * 3
    assert spent(org) == 0


def test_rotation_that_nobody_told(org: FakeOrg, begin: Begin) -> None:
    """A new refresh token in the reply is noticed: the stored one is spent."""
    assert begin(rotating(org)).open().rotated
    assert spent(org) == 1


def test_same_refresh_token_in_the_reply(begin: Begin) -> None:
    """A reply that repeats the token has spent nothing."""
    session, _ = answered(begin, (200, {**GOOD, "refresh_token": "refresh-token-of-u"}))
    assert not session.open().rotated


def test_client_of_a_spent_token(org: FakeOrg, begin: Begin, caplog: pytest.LogCaptureFixture) -> None:
    """The client works, the log says what happened, and a dead session is not renewed by the spent token, which would
    revoke what came from it.
    """
    session = begin(rotating(org))
    session.open()
    with caplog.at_level(logging.ERROR):
        client = session.client()
    assert "Connection 'crm': Refresh Token Rotation is on" in caplog.text
    assert client.query("SELECT Id FROM Account LIMIT 1")
    org.expire_sessions()
    with pytest.raises(SalesforceExpiredSession):
        client.query("SELECT Id FROM Account LIMIT 1")
    assert not any(token.revoked for token in org.state.refresh_tokens)


def test_renewal_that_spends_the_token(org: FakeOrg, begin: Begin, caplog: pytest.LogCaptureFixture) -> None:
    """A renewal that finds out about rotation is the last one, and the log says so."""
    connection = connect_by_session(org, "refresh_token")
    org.state.apps[0].refresh_token_rotation = True
    session = begin(connection)
    session.open(identify=False)
    client = session.client()
    assert caplog.text == ""
    org.expire_sessions()
    assert client.query("SELECT Id FROM Account LIMIT 1")
    assert "has spent its refresh token" in caplog.text
    org.expire_sessions()
    with pytest.raises(SalesforceExpiredSession):
        client.query("SELECT Id FROM Account LIMIT 1")
    assert not any(token.revoked for token in org.state.refresh_tokens)


def test_renewal_by_refresh_token(org: FakeOrg, begin: Begin) -> None:
    """Without rotation a session is renewed as by any other flow; a revoked token ends that with its reason."""
    connection = connect(org, "refresh_token")
    session = begin(connection)
    session.open()
    client = session.client()
    for _ in range(2):
        org.expire_sessions()
        assert client.query("SELECT Id FROM Account LIMIT 1")
    for token in org.state.refresh_tokens:
        token.revoked = True
    org.expire_sessions()
    with pytest.raises(SalesforceAuthenticationFailed, match="expired access/refresh token"):
        client.query("SELECT Id FROM Account LIMIT 1")


def test_renewal_whose_reply_was_lost(org: FakeOrg, begin: Begin) -> None:
    """The same for a client: the next dead session is not renewed by a token that may be spent."""
    session = begin(connect_by_session(org, "refresh_token"))
    org.state.apps[0].refresh_token_rotation = True
    session.open(identify=False)
    client = session.client()
    org.expire_sessions()
    with org.fault(path="*/token", times=1, truncate="transfer"), pytest.raises(SalesforceAuthenticationFailed):
        client.query("SELECT Id FROM Account LIMIT 1")
    with pytest.raises(SalesforceExpiredSession):
        client.query("SELECT Id FROM Account LIMIT 1")
    assert org.counts().logins == 1
    assert not any(token.revoked for token in org.state.refresh_tokens)


WITHHELD: list[dict[str, Any]] = [{"refresh_token_rotation": True}, {"refresh_token_owner": "skyvia"}]


@pytest.mark.parametrize("extra", WITHHELD)
def test_withheld_login(org: FakeOrg, begin: Begin, extra: dict[str, Any]) -> None:
    """A token that is not ours to spend is refused in one sentence, before any request."""
    with pytest.raises(OrgConnectionError) as raised:
        begin(rotating(org, **extra)).open()
    said = str(raised.value)
    assert said.startswith("Connection 'crm' makes no login, since its refresh token ")
    assert (said.count(". "), said[-1]) == (0, ".")
    assert (raised.value.field, raised.value.flow) == ("refresh_token", LoginFlow.REFRESH_TOKEN)
    assert org.counts().http_requests == 0


@pytest.mark.parametrize("extra", WITHHELD)
def test_withheld_token_renews_no_session(org: FakeOrg, begin: Begin, extra: dict[str, Any]) -> None:
    """A ready session beside such a token is used as it is, and ends as it ends."""
    connection = connect_by_session(org, "refresh_token", **extra)
    session = begin(connection)
    session.open(identify=False)
    client = session.client()
    org.expire_sessions()
    with pytest.raises(SalesforceExpiredSession):
        client.query("SELECT Id FROM Account LIMIT 1")
    assert org.counts().logins == 0


def test_introspection_request(begin: Begin) -> None:
    """The question carries the token and who asks in its body, has time limits, and is neither login nor API call."""
    session, adapter = answered(begin, (200, {"active": True, "exp": 1798142400}), read_timeout=4)
    found = session.introspect()
    assert found.active
    assert found.expires is not None
    assert found.expires.to_iso8601_string() == "2026-12-24T20:00:00Z"
    assert form_of(adapter) == (
        "https://login.salesforce.com/services/oauth2/introspect",
        {
            "client_id": "key",
            "client_secret": "secret-of-app",
            "token": "refresh-token-of-u",
            "token_type_hint": "refresh_token",
        },
    )
    assert "Authorization" not in adapter.requests[0].headers
    assert adapter.options[0]["timeout"] == (10.0, 4.0)
    assert (session.traffic.http_requests, session.traffic.logins, session.traffic.api_calls) == (1, 0, 0)


def test_introspection(org: FakeOrg, begin: Begin) -> None:
    """It tells a live token from a dead one, as often as one likes, and spends none."""
    session = begin(rotating(org, refresh_token_rotation=True))
    assert [session.introspect().active for _ in range(3)] == [True] * 3
    assert spent(org) == 0
    for token in org.state.refresh_tokens:
        token.revoked = True
    assert session.introspect() == Introspection(active=False)
    assert (org.counts().logins, org.counts().api_calls) == (0, 0)


def test_refused_introspection(org: FakeOrg, begin: Begin) -> None:
    """A client that is refused is told as such, with the request that met it."""
    connection = rotating(org, refresh_token_rotation=True)
    org.state.apps[0].consumer_secret = "another"
    refusal = refusal_of(begin(connection).introspect)
    assert (refusal.status, refusal.code) == (401, "invalid_client")
    assert refusal.where == "introspection of the refresh token"
    assert refusal.host == "login.salesforce.com"


def test_silent_introspection(org: FakeOrg, begin: Begin) -> None:
    """Silence ends at the read limit."""
    session = begin(connect(org, "refresh_token", limits=TimeLimits(read=0.2)))
    with org.fault(path="*/introspect", stall="headers"):
        assert refusal_of(session.introspect).said == "read time limit reached"


@pytest.mark.parametrize("said", [{}, {"active": "true"}, ["active"], "active", None, {"active": 1}])
def test_introspection_that_is_none(begin: Begin, said: Any) -> None:
    """A JSON answer without ``active`` is no introspection."""
    session, _ = answered(begin, (200, said))
    refusal = refusal_of(session.introspect)
    assert (refusal.shape, refusal.answered) == (Shape.UNREADABLE, False)


@pytest.mark.parametrize("exp", [None, 0, "soon", 1e40, [], {}])
def test_expiry_that_is_none(exp: Any) -> None:
    """Without a readable instant the answer stands."""
    assert read_introspection({"active": True, "exp": exp}) == Introspection(active=True)
