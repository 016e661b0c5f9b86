"""Check session.login_flow."""

from __future__ import annotations

from typing import Any

import pytest
from known import INACTIVE, connection, finding, findings, login, refused_login

from airflow_sf_health.evidence.needs import CONNECTION, LOGIN
from airflow_sf_health.org.errors import Refusal, Shape
from airflow_sf_health.org.flows import LoginFlow, StockDoor
from airflow_sf_health.org.proxies import StockProxies
from airflow_sf_health.report import Level

SOAP_OFF = Refusal(
    shape=Shape.SOAP,
    status=500,
    code="INVALID_OPERATION",
    message="SOAP API login() is disabled by default in this org.",
)
SOAP_FLOWS = [flow for flow in LoginFlow if flow.is_soap]
soap_flows = pytest.mark.parametrize("flow", SOAP_FLOWS)


@pytest.mark.parametrize("flow", [flow for flow in LoginFlow if not flow.is_soap])
def test_door_with_a_future(flow: LoginFlow) -> None:
    """Each flow but SOAP is fine; the finding names the door and the host it is on."""
    found = finding("session.login_flow", {CONNECTION: connection(flow=flow, first_host="acme.my.salesforce.com")})
    assert (found.level, found.summary) == (Level.OK, f"{flow.label} by acme.my.salesforce.com")


@soap_flows
def test_soap_login_is_retiring(flow: LoginFlow) -> None:
    """SOAP login works today and is a warning; another refusal of the login does not change that."""
    both: list[dict[Any, Any]] = [{LOGIN: login(flow=flow)}, refused_login(INACTIVE, flow)]
    for answers in both:
        found = finding("session.login_flow", {**answers, CONNECTION: connection(flow=flow)})
        assert (found.level, found.cause) == (Level.WARNING, "soap_login_retiring")
        assert "Summer '27" in found.summary


@soap_flows
@pytest.mark.parametrize(
    ("version", "level"), [("64.0", Level.WARNING), ("65.0", Level.FAILED), ("100.0", Level.FAILED)]
)
def test_soap_login_by_version(flow: LoginFlow, version: str, level: Level) -> None:
    """SOAP login ends with API version 64.0: a newer pinned one cannot log in."""
    found = finding("session.login_flow", {CONNECTION: connection(flow=flow, version=version)})
    assert found.level is level
    assert (found.cause == "soap_login_disabled") == (level is Level.FAILED)


@soap_flows
def test_soap_login_switched_off(flow: LoginFlow) -> None:
    """Where the org has SOAP login switched off, that is the failure."""
    found = finding("session.login_flow", {**refused_login(SOAP_OFF, flow), CONNECTION: connection(flow=flow)})
    assert (found.level, found.cause) == (Level.FAILED, "soap_login_disabled")
    assert "INVALID_OPERATION" in found.saw


def test_ignored_fields_are_named() -> None:
    """Left-over fields get a finding of their own, for information."""
    door, left = findings("session.login_flow", {CONNECTION: connection(ignored=("password", "security_token"))})
    assert (door.level, left.level) == (Level.OK, Level.INFO)
    assert left.summary == "simple-salesforce logs in by JWT bearer and does not read password, security_token"


def test_unread_refresh_token_could_be_chosen() -> None:
    """Client credentials go before a refresh token beside them; whoever meant the latter learns how to choose it."""
    facts = connection(flow=LoginFlow.CLIENT_CREDENTIALS, ignored=("refresh_token",))
    _, left = findings("session.login_flow", {CONNECTION: facts})
    assert left.summary.endswith("does not read refresh_token; set login_flow to refresh_token to log in by that")


@pytest.mark.parametrize(
    ("flow", "extra"),
    [
        (LoginFlow.SESSION, "session_id"),
        (LoginFlow.REFRESH_TOKEN, "refresh_token"),
        (LoginFlow.JWT_BEARER, "login_flow"),
    ],
)
@pytest.mark.parametrize(
    ("stock", "level", "words"),
    [
        (StockDoor(LoginFlow.PASSWORD), Level.INFO, "its tasks log in by username-password OAuth"),
        (StockDoor(None), Level.INFO, "its tasks cannot use this connection"),
        (StockDoor(LoginFlow.JWT_BEARER, misreads_url=True), Level.WARNING, "write the org's host in instance"),
    ],
)
def test_another_door_than_the_stock_hooks(
    flow: LoginFlow, extra: str, stock: StockDoor, level: Level, words: str
) -> None:
    """What the stock hook does not read, and what it does instead, is said."""
    facts = connection(flow=flow, stock=stock, ignored=("client_id",))
    _, left, found = findings("session.login_flow", {CONNECTION: facts})
    assert left.summary == f"the login by {flow.label} does not read client_id"
    assert found.level is level
    assert found.summary.startswith(f"the stock Salesforce hook does not read the extra {extra}")
    assert words in found.summary


@pytest.mark.parametrize(
    ("proxies", "words"),
    [(StockProxies.TEXT, "as a JSON object in the extra"), (StockProxies.NO_SCHEME, 'write "http://" before it')],
)
def test_proxies_that_the_stock_hook_cannot_use(proxies: StockProxies, words: str) -> None:
    """Stock tasks would fail where the examination passed: a warning that says what to write instead."""
    _, found = findings("session.login_flow", {CONNECTION: connection(stock_proxies=proxies)})
    assert found.level is Level.WARNING
    assert words in found.summary
