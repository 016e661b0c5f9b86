"""No secret leaves the process, by any flow, healthy or failing: in no text of any object, message, error or log record."""

from __future__ import annotations

import json
import pprint
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict
from typing import Any

import pytest
from canaries import FLOWS, LOGIN_FLOWS, Canaries
from connecting import connect_by_session
from simple_salesforce.exceptions import SalesforceError

from airflow_sf_health import examine
from airflow_sf_health.errors import OrgConnectionError
from airflow_sf_health.org.connection import TimeLimits, org_connection
from airflow_sf_health.org.errors import Refused
from airflow_sf_health.org.session import OrgSession
from airflow_sf_health.present.payload import dump
from airflow_sf_health.present.text import message, one_line
from airflow_sf_health.report import Report
from airflow_sf_health.testing import FakeOrg

State = Callable[[FakeOrg], Any]


@pytest.fixture
def canaries(org: FakeOrg) -> Canaries:
    return Canaries(org)


def said_of(report: Report) -> list[object]:
    return [
        repr(report),
        str(report),
        pprint.pformat(asdict(report)),
        json.dumps(dump(report)),
        message(report),
        one_line(report),
    ]


def revoke(org: FakeOrg) -> None:
    for token in org.state.refresh_tokens:
        token.revoked = True


STATES: dict[str, State] = {
    "healthy": lambda _: None,
    "inactive": lambda org: setattr(org.user(), "active", False),
    "other_password": lambda org: setattr(org.user(), "password", "another-password-now"),
    "other_secret": lambda org: setattr(org.state.apps[0], "consumer_secret", "another-secret-now"),
    "app_gone": lambda org: setattr(org.state.apps[0], "consumer_key", "another"),
    "not_approved": lambda org: setattr(org.state.apps[0], "approved_user_ids", set()),
    "soap_off": lambda org: setattr(org.state.org, "soap_login_enabled", False),
    "expired": lambda org: org.expire_sessions(),
    "policy": lambda org: org.fault(path="/services/data/*", status=401),
    "no_api": lambda org: setattr(org.state.org, "rest_api_enabled", False),
    "revoked": revoke,
    "rotating": lambda org: setattr(org.state.apps[0], "refresh_token_rotation", True),
    "maintenance": lambda org: org.fault(status=503),
    "api_maintenance": lambda org: org.fault(path="*/composite", status=503),
    "reset": lambda org: org.fault(reset=True),
    "html": lambda org: org.fault(status=200, body="<html>hello</html>"),
    "truncated": lambda org: org.fault(status=200, body='{"access_token": "' + org.context.open_session(org.user())),
    "form": lambda org: org.fault(status=200, body="access_token=" + org.context.open_session(org.user())),
    "soap_cut": lambda org: org.fault(
        status=200, body=f"<Envelope><sessionId>{org.context.open_session(org.user())}</sessionId>"
    ),
    "stalled": lambda org: org.fault(stall="headers"),
    "dripped": lambda org: org.fault(drip=0.02),
}


@pytest.mark.parametrize("name", FLOWS)
@pytest.mark.parametrize("state", STATES)
@pytest.mark.filterwarnings("ignore:\\s*If your connected app:UserWarning")
def test_examination_shows_no_secret(org: FakeOrg, canaries: Canaries, name: str, state: str) -> None:
    """Connection, report, payload, message, line and every log record at DEBUG are free of secrets."""
    slow = {"examination_timeout": 0.3} if state in ("stalled", "dripped") else {}
    connection = canaries.connection(name, **slow)
    canaries.remember()
    STATES[state](org)
    with canaries.logs() as logged:
        report = examine(connection)
    assert canaries.found_in(repr(connection), str(connection), pprint.pformat(connection)) == []
    assert canaries.found_in(*said_of(report)) == []
    assert "urllib3" in logged() or report.cost.http_requests == 0 or state == "reset"
    assert canaries.found_in(logged()) == []


@pytest.mark.parametrize("name", FLOWS)
@pytest.mark.parametrize("state", [each for each in STATES if each not in ("stalled", "dripped")])
@pytest.mark.filterwarnings("ignore:\\s*If your connected app:UserWarning")
def test_conversation_shows_no_secret(org: FakeOrg, canaries: Canaries, name: str, state: str) -> None:
    """Neither does the session itself, nor the user's client, nor an error that either of them raises, with its traceback."""
    connection = canaries.connection(name)
    said: list[object] = []
    with canaries.logs() as logged, OrgSession(connection) as session:
        try:
            canaries.remember()
            STATES[state](org)
            said += [
                repr(session),
                repr(session.open()),
                repr(session.login),
                repr(session.traffic),
                repr(session._http),
            ]
            client = session.client()
            said += [repr(client), str(client.session), repr(client.Account), repr(client.bulk)]
            client.query("SELECT Id FROM Account LIMIT 1")
            canaries.remember()
            org.expire_sessions()
            client.query("SELECT Id FROM Account LIMIT 1")
        except (Refused, SalesforceError, OSError, ValueError) as error:
            said.append(canaries.error_texts(error))
    assert said
    assert canaries.found_in(*said, logged()) == []


@pytest.mark.parametrize("state", [each for each in STATES if each not in ("stalled", "dripped")])
@pytest.mark.parametrize("beside_a_session", [False, True])
def test_withheld_refresh_token_shows_no_secret(
    org: FakeOrg, canaries: Canaries, state: str, beside_a_session: bool
) -> None:
    """A refresh token that is only introspected is as silent, and so is the error of whoever wants to log in by it."""
    ready = {**canaries.fields("session")["extra"], "login_flow": None} if beside_a_session else {}
    connection = canaries.connection("refresh_token", refresh_token_rotation=True, **ready)
    canaries.remember()
    STATES[state](org)
    with canaries.logs() as logged:
        report = examine(connection)
        with OrgSession(connection.withheld_renewal or connection) as session:
            with pytest.raises(OrgConnectionError) as raised:
                session.open()
            with suppress(Refused):
                session.introspect()
    assert canaries.found_in(repr(connection), *said_of(report), canaries.error_texts(raised.value), logged()) == []


@pytest.mark.parametrize("renewed_by", [name for name in LOGIN_FLOWS if name != "soap_token"])
def test_repair_shows_no_secret(org: FakeOrg, canaries: Canaries, renewed_by: str) -> None:
    """A dead session that is replaced shows neither the old token nor the new."""
    connection = connect_by_session(org, renewed_by)
    canaries.remember()
    org.expire_sessions()
    with canaries.logs() as logged:
        report = examine(connection)
    assert report.repairs
    assert canaries.found_in(repr(connection), *said_of(report), logged()) == []


@pytest.mark.parametrize(
    "change",
    [
        {"domain": "https://acme.my.salesforce.com"},
        {"version": "v62.0"},
        {"read_timeout": "soon"},
        {"proxies": "user:canary-proxy-password@with:signs@proxy"},
        {"proxies": {"https": 7}},
        {"expected_org_id": "x"},
        {"consumer_key": None},
        {"private_key": "no key canary-password-of-the-user"},
    ],
)
@pytest.mark.parametrize("name", FLOWS)
def test_errors_of_a_connection_show_no_secret(canaries: Canaries, name: str, change: dict[str, Any]) -> None:
    """What is wrong with a connection is said without the values that are secret."""
    fields = canaries.fields(name, **change)
    with canaries.logs() as logged:
        try:
            said = said_of(examine(org_connection("crm", **fields, time_limits=TimeLimits(examination=30))))
        except OrgConnectionError as error:
            said = [canaries.error_texts(error), vars(error)]
    assert canaries.found_in(*said, logged()) == []


@pytest.mark.parametrize("name", FLOWS)
def test_masks_cover_all_secrets(canaries: Canaries, name: str) -> None:
    """What a connection tells to be masked covers each of its secrets, line by line."""
    connection = canaries.connection(name)
    masked = set(connection.secrets())
    held = {value for value in canaries.fields(name, refresh_token=None)["extra"].values() if isinstance(value, str)}
    for secret in canaries._all():
        if any(secret in value for value in held):
            assert secret in masked
    assert "canary-proxy-password@with:signs" in masked
    assert (connection.refresh_token is None) == (name != "refresh_token")
    assert connection.refresh_token is None or connection.refresh_token.reveal() in masked


def test_canaries_sing(org: FakeOrg, canaries: Canaries) -> None:
    """The search itself finds a secret that is shown: whole, quoted, encoded, in part, and a token minted just now."""
    token = org.context.open_session(org.user())
    line = next(each for each in canaries.secrets if each.startswith("MII"))
    for text in (
        "xx canary-password-of-the-user xx",
        "canary-proxy-password%40with%3Asigns",
        "Y2FuYXJ5LXBhc3N3b3JkLW9mLXRoZS11c2Vy",
        f"Bearer {token}",
        token[30:60],
        line,
    ):
        assert canaries.found_in(text), text
    assert canaries.found_in("integration@acme.com", org.state.org.id, "canary") == []
