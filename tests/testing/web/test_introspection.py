"""Introspection and revocation, userinfo and the identity URL: what is known of a token."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta

import pytest
import requests
from logins import ACME, LOGIN, ask_jwt, ask_refresh, new_refresh_token, post
from logins import client as app_client

from airflow_sf_health.testing import FakeOrg


def test_userinfo(org: FakeOrg, client: requests.Session, recorded: Callable[[str], str]) -> None:
    """userinfo tells at least what the captured reply tells, on the login host and on the My Domain, unmetered."""
    reply = client.get(f"{ACME}/services/oauth2/userinfo")
    assert set(json.loads(recorded("auth/userinfo.json"))) <= set(reply.json())
    assert reply.json() == client.post(f"{LOGIN}/services/oauth2/userinfo").json()
    assert reply.json()["is_salesforce_integration_user"] is True
    assert "Sforce-Limit-Info" not in reply.headers


def test_userinfo_refuses_a_dead_token(org: FakeOrg, client: requests.Session, recorded: Callable[[str], str]) -> None:
    """A dead token is HTTP 403 and plain text, which says that it is HTML."""
    org.expire_sessions()
    reply = client.get(f"{ACME}/services/oauth2/userinfo")
    assert reply.status_code == 403
    assert reply.text == recorded("auth_errors/userinfo_bad_token_403.txt").strip()
    assert reply.headers["Content-Type"] == "text/html;charset=UTF-8"


def test_identity_url(org: FakeOrg, recorded: Callable[[str], str]) -> None:
    """The id of a token reply can be asked, and answers at least the captured fields, with an expired password too."""
    org.user().password_expired = True
    reply = ask_jwt(org).json()
    headers = {"Authorization": f"Bearer {reply['access_token']}"}
    body = requests.get(reply["id"], headers=headers, timeout=10).json()
    assert set(json.loads(recorded("auth/identity_2022.json"))) <= set(body)
    assert body["username"] == org.user().username


def test_identity_of_somebody_else(org: FakeOrg, client: requests.Session) -> None:
    """A session opens nobody else's identity."""
    other = org.user("admin@acme.com")
    assert client.get(f"{LOGIN}/id/{org.state.org.id}/{other.id}").status_code == 403


def test_revocation_ends_the_shared_session(org: FakeOrg, client: requests.Session) -> None:
    """Revoking a session id ends it for all who share it."""
    token = ask_jwt(org).json()["access_token"]
    assert requests.post(f"{LOGIN}/services/oauth2/revoke", data={"token": token}, timeout=10).status_code == 200
    assert client.get(f"{ACME}/services/oauth2/userinfo").status_code == 403


def introspect(org: FakeOrg, token: str, **changed: str) -> requests.Response:
    return post(LOGIN, "introspect", **{**app_client(org), "token": token, **changed})


def test_introspection_of_a_session(org: FakeOrg, recorded: Callable[[str], str]) -> None:
    """A live access token is told with its user, scopes, beginning and end in seconds; a dead one is only not active."""
    token = ask_jwt(org).json()["access_token"]
    told = introspect(org, token).json()
    assert list(told) == list(json.loads(recorded("auth/introspect_active_constructed.json")))
    assert (told["active"], told["username"], told["token_type"]) == (True, org.user().username, "access_token")
    assert told["iat"] < told["exp"] < told["iat"] + 86_400
    org.expire_sessions()
    assert introspect(org, token).json() == json.loads(recorded("auth/introspect_inactive_constructed.json"))


def test_introspection_never_spends_a_refresh_token(org: FakeOrg) -> None:
    """A refresh token may be looked at a hundred times under rotation, and is still there to be spent."""
    org.state.apps[0].refresh_token_rotation = True
    token = new_refresh_token(org)
    form = {**app_client(org), "token": token, "token_type_hint": "refresh_token"}
    with requests.Session() as http:
        told = [http.post(f"{ACME}/services/oauth2/introspect", data=form).json() for _ in range(100)]
    assert {each["active"] for each in told} == {True}
    assert told[0]["token_type"] == "refresh_token"
    assert len(org.state.refresh_tokens) == len({each.family for each in org.state.refresh_tokens})
    assert org.state.logins == []
    assert ask_refresh(org, refresh_token=token).ok


@pytest.mark.parametrize("why", ["unknown", "revoked", "spent", "expired", "user inactive", "of another app"])
def test_introspection_of_a_dead_refresh_token(org: FakeOrg, why: str) -> None:
    """A dead refresh token, and that of another app, is not active, and asking for a spent one ends no family."""
    value = new_refresh_token(org)
    token = org.state.refresh_tokens[-1]
    token.revoked, token.spent = why == "revoked", why == "spent"
    token.expires = org.context.now() if why == "expired" else None
    token.consumer_key = "another" if why == "of another app" else token.consumer_key
    org.user().active = why != "user inactive"
    assert introspect(org, "unknown" if why == "unknown" else value).json() == {"active": False}
    assert token.revoked is (why == "revoked")


def test_introspection_tells_the_end_of_a_refresh_token(org: FakeOrg) -> None:
    """When a refresh token expires is told in seconds, and not told where it never does."""
    value = new_refresh_token(org)
    assert "exp" not in introspect(org, value).json()
    org.state.refresh_tokens[-1].expires = expires = org.context.now() + timedelta(days=30)
    assert introspect(org, value).json()["exp"] == int(expires.timestamp())


@pytest.mark.parametrize("changed", [{"client_secret": "wrong"}, {"client_id": "another"}, {"client_secret": ""}])
def test_introspection_wants_a_client(org: FakeOrg, changed: dict[str, str]) -> None:
    """Who cannot say who asks gets HTTP 401 and learns nothing."""
    reply = introspect(org, new_refresh_token(org), **changed)
    assert reply.status_code == 401
    assert "active" not in reply.json()


def test_introspection_by_http_basic_or_by_session(org: FakeOrg, client: requests.Session) -> None:
    """The client may show itself by HTTP Basic, and a user by a live session."""
    data, url = {"token": new_refresh_token(org)}, f"{ACME}/services/oauth2/introspect"
    app = org.state.apps[0]
    by_basic = requests.post(url, data=data, auth=(app.consumer_key, app.consumer_secret), timeout=10)
    assert by_basic.json()["active"] is True
    assert client.post(url, data=data).json() == by_basic.json()
    session_id = org.context.open_session(org.user())
    assert client.post(url, data={"token": session_id}).json()["active"] is True
