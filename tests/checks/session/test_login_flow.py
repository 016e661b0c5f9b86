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


@pytest.mark.parametrize(
    ("stock", "level", "words"),
    [
        (StockDoor(LoginFlow.JWT_BEARER), Level.INFO, "its tasks log in by JWT bearer"),
        (StockDoor(None), Level.INFO, "its tasks cannot use this connection"),
        (StockDoor(LoginFlow.JWT_BEARER, misreads_url=True), Level.WARNING, "write the org's host in instance"),
    ],
)
def test_session_in_the_extras(stock: StockDoor, level: Level, words: str) -> None:
    """The stock hook does not read the extra session_id, and what it does instead is said."""
    _, found = findings("session.login_flow", {CONNECTION: connection(flow=LoginFlow.SESSION, stock=stock)})
    assert found.level is level
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
