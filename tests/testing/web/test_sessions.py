"""Live sessions on the data APIs: when they end, and what they are told then."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
from logins import ACME, LOGIN, ask_jwt

from airflow_sf_health.testing import FakeOrg

if TYPE_CHECKING:
    import requests


@pytest.mark.parametrize("change", ["inactive", "expired", "wrong host"])
def test_dead_session_on_rest(org: FakeOrg, client: requests.Session, change: str) -> None:
    """A session that ended, a deactivated user and a foreign host all look the same: 401 without any further header."""
    if change == "expired":
        org.expire_sessions(org.user())
    org.user().active = change != "inactive"
    host = LOGIN if change == "wrong host" else ACME
    reply = client.get(f"{host}/services/data/v60.0/sobjects/")
    assert reply.status_code == 401
    assert reply.json() == [{"message": "Session expired or invalid", "errorCode": "INVALID_SESSION_ID"}]
    assert not {"Sforce-Limit-Info", "WWW-Authenticate", "Vary"} & set(reply.headers)


def test_expired_password_on_rest(org: FakeOrg, client: requests.Session, recorded: Callable[[str], str]) -> None:
    """With an expired password the session lives, and every data call is 401 with its own code."""
    org.user().password_expired = True
    reply = client.get(f"{ACME}/services/data/v60.0/sobjects/")
    assert reply.status_code == 401
    assert reply.json() == json.loads(recorded("rest_errors/expired_password_401.json"))


@pytest.mark.parametrize("change", ["org", "user"])
def test_api_switched_off(org: FakeOrg, client: requests.Session, recorded: Callable[[str], str], change: str) -> None:
    """Without the API, for the org or for the user, the session is fine and every data call is 403."""
    if change == "org":
        org.state.org.rest_api_enabled = False
    for holder in org.state.holders_of(org.user()) if change == "user" else ():
        holder.permissions.discard("ApiEnabled")
    reply = client.get(f"{ACME}/services/data/v60.0/sobjects/")
    assert reply.status_code == 403
    assert reply.json() == json.loads(recorded("rest_errors/api_disabled_for_org.json"))
    assert "Sforce-Limit-Info" in reply.headers


@pytest.mark.parametrize("live", [True, False])
def test_open_sessions_of_a_frozen_user(org: FakeOrg, client: requests.Session, live: bool) -> None:
    """Whether the open session of a frozen user goes on is the org's to say; a new login is refused either way."""
    org.user().frozen = True
    org.state.org.frozen_sessions_live = live
    reply = client.get(f"{ACME}/services/data/v60.0/sobjects/")
    assert reply.status_code == (200 if live else 401)
    assert not ask_jwt(org).ok
    org.user().frozen = False
    assert client.get(f"{ACME}/services/data/v60.0/sobjects/").ok
