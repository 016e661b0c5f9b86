"""No secret leaves Airflow's edges, by any flow, healthy or failing: in no XCom, event, message, error or log.

Masking is switched off here: what it would hide must not be there in the first place.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from canaries import FLOWS, PROXY_PASSWORD, Canaries
from stored import everything_in, rows_in

from airflow_sf_health import cli
from airflow_sf_health.edges.preflight import Preflight
from airflow_sf_health.hooks.salesforce import SalesforceHealthHook
from airflow_sf_health.operators.reauthenticate import SalesforceReauthenticateOperator
from airflow_sf_health.operators.salesforce import SalesforcePreflightOperator
from airflow_sf_health.sensors.salesforce import SalesforceHealthSensor
from airflow_sf_health.testing import FakeOrg
from airflow_sf_health.triggers.salesforce import SalesforceHealthTrigger

NO_PROXY_THERE = {
    "proxies": {"https": f"http://test:{PROXY_PASSWORD.replace('@', '%40').replace(':', '%3A')}@127.0.0.1:9"}
}
STATES: dict[str, Callable[[FakeOrg], Any]] = {
    "healthy": lambda _: None,
    "inactive": lambda org: setattr(org.user(), "active", False),
    "other_password": lambda org: setattr(org.user(), "password", "another-password-now"),
    "no_api": lambda org: setattr(org.state.org, "rest_api_enabled", False),
    "expired": lambda org: org.expire_sessions(),
    "maintenance": lambda org: org.fault(status=503),
    "reset": lambda org: org.fault(reset=True),
    "html": lambda org: org.fault(status=200, body="<html>hello</html>"),
}
CONNECTIONS: dict[str, dict[str, Any]] = {
    "no_proxy": NO_PROXY_THERE,
    "bad_proxy": {"proxies": f"test:{PROXY_PASSWORD}@proxy"},
    "bad_key": {"private_key": "no key canary-password-of-the-user"},
    "bad_limit": {"read_timeout": "soon"},
}


SHARED = ("healthy", "inactive", "no_api", "expired")
"""States in which a store comes to hold something else."""
ROTATING = {"refresh_token_rotation": True, "refresh_token_owner": "acme-airflow"}


class Pushed:
    """The part of a task instance that an edge speaks to."""

    def __init__(self) -> None:
        self.values: list[object] = []

    def xcom_push(self, key: str, value: object) -> None:
        self.values.append(value)


@pytest.fixture
def canaries(org: FakeOrg, monkeypatch: pytest.MonkeyPatch) -> Canaries:
    monkeypatch.setattr("airflow_sf_health.compat.mask_secret", lambda *_: None)
    monkeypatch.setenv("AIRFLOW__CORE__HIDE_SENSITIVE_VAR_CONN_FIELDS", "False")
    return Canaries(org)


@pytest.fixture
def connect(canaries: Canaries, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Make Airflow's connection `crm_prod` one whose every secret is known, a proxy's password among them."""

    def by(name: str, **extra: Any) -> None:
        fields = {name: value for name, value in canaries.fields(name, **extra).items() if value is not None}
        monkeypatch.setenv("AIRFLOW_CONN_CRM_PROD", json.dumps({"conn_type": "salesforce", **fields}))

    return by


def said_by(canaries: Canaries, work: Callable[[], object]) -> list[object]:
    """What one call gives, or all that its error shows."""
    try:
        given = work()
    except Exception as error:  # noqa: BLE001 - whatever it is, it must show no secret
        return [canaries.error_texts(error), vars(error)]
    return [given, repr(given)]


async def _fired(trigger: SalesforceHealthTrigger) -> dict[str, Any]:
    [event] = [event async for event in trigger.run()]
    payload: dict[str, Any] = event.payload
    return payload


def all_that_edges_say(canaries: Canaries) -> Iterator[object]:
    """Operator, sensor, trigger and hook, each with what it gives, pushes and raises."""
    arguments: dict[str, Any] = {"task_id": "t", "salesforce_conn_id": "crm_prod"}
    operator, sensor = SalesforcePreflightOperator(**arguments), SalesforceHealthSensor(**arguments)
    hook, pushed = SalesforceHealthHook("crm_prod"), Pushed()
    context: Any = {"ti": pushed, "task": operator}
    yield from said_by(canaries, lambda: operator.execute(context))
    yield from said_by(canaries, lambda: sensor.poke(context).xcom_value)
    preflight = Preflight.of("crm_prod", None, None, None).as_dict()
    trigger = SalesforceHealthTrigger(preflight, poke_interval=0.0, until=time.time())
    event = asyncio.run(_fired(trigger))
    yield from (json.dumps(event), repr(trigger.serialize()), repr(vars(trigger)))
    yield from said_by(canaries, lambda: sensor.execute_complete(context, event))
    yield from said_by(canaries, hook.examine)
    yield from said_by(canaries, hook.test_connection)
    yield from said_by(canaries, lambda: hook.get_conn().query("SELECT Id FROM Account LIMIT 1"))
    yield from (json.dumps(each) for each in pushed.values)


def assert_silent(canaries: Canaries, capfd: pytest.CaptureFixture[str]) -> None:
    with canaries.logs() as logged:
        said = list(all_that_edges_say(canaries))
    out, err = capfd.readouterr()
    assert len(said) >= 14
    assert canaries.found_in(*said) == []
    assert canaries.found_in(logged(), out, err) == []


@pytest.mark.parametrize("name", FLOWS)
@pytest.mark.parametrize("state", STATES)
def test_no_state_of_the_org_draws_a_secret(
    org: FakeOrg,
    canaries: Canaries,
    connect: Callable[..., None],
    capfd: pytest.CaptureFixture[str],
    name: str,
    state: str,
) -> None:
    """Whatever the org answers, nothing that an edge gives, pushes, fires, raises or logs holds a secret."""
    connect(name)
    canaries.remember()
    STATES[state](org)
    assert_silent(canaries, capfd)


@pytest.fixture
def _shared(monkeypatch: pytest.MonkeyPatch) -> None:
    """As at a site that has chosen nothing."""
    for name, seconds in (("PASS_TTL", "60"), ("TOKEN_TTL", "1800"), ("REFUSAL_TTL", "60")):
        monkeypatch.setenv(f"AIRFLOW__SF_HEALTH__{name}", seconds)


def log_in_and_look_back(canaries: Canaries) -> Iterator[object]:
    """Logging in on demand, as a task and as a command, and what the commands tell of what is shared."""
    operator = SalesforceReauthenticateOperator(task_id="t", salesforce_conn_id="crm_prod")
    context: Any = {"ti": Pushed(), "task": operator}
    yield from said_by(canaries, lambda: operator.execute(context))
    for command in (["reauthenticate"], ["history"], ["history", "--json"], ["reset"], ["check"]):
        yield from said_by(canaries, lambda command=command: cli.main([*command, "crm_prod"]))  # type: ignore[misc]


@pytest.mark.parametrize("name", FLOWS)
@pytest.mark.parametrize("state", SHARED)
@pytest.mark.usefixtures("_shared")
def test_nothing_that_is_shared_draws_a_secret(
    org: FakeOrg,
    canaries: Canaries,
    connect: Callable[..., None],
    store: str,
    capfd: pytest.CaptureFixture[str],
    name: str,
    state: str,
) -> None:
    """Tokens, refusals and verdicts that tasks share are neither told nor readable in the store: when they are kept, when they are
    taken, and when they are replaced.
    """
    connect(name)
    assert_silent(canaries, capfd)
    canaries.remember()
    STATES[state](org)
    assert_silent(canaries, capfd)
    with canaries.logs() as logged:
        said = list(log_in_and_look_back(canaries))
    rows = rows_in(store)
    assert rows["sf_health_passes"]
    assert rows["sf_health_verdicts"]
    assert canaries.found_in(*said, logged(), *capfd.readouterr(), everything_in(store)) == []


@pytest.mark.usefixtures("_shared")
def test_a_rotating_refresh_token_is_drawn_nowhere(
    org: FakeOrg,
    canaries: Canaries,
    connect: Callable[..., None],
    store: str,
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Each of the tokens that come one after another is spent and kept without a word of it, and so is one that was lost."""
    monkeypatch.setenv("AIRFLOW__SF_HEALTH__INSTALLATION", "acme-airflow")
    connect("refresh_token", **ROTATING)
    org.state.apps[0].refresh_token_rotation = True
    for _ in range(2):
        assert_silent(canaries, capfd)
        canaries.remember()
        org.expire_sessions()
    for token in org.state.refresh_tokens:
        token.revoked = True
    assert_silent(canaries, capfd)
    said = list(log_in_and_look_back(canaries))
    assert rows_in(store)["sf_health_grants"]
    assert len(org.state.refresh_tokens) > 2
    assert canaries.found_in(*said, *capfd.readouterr(), everything_in(store)) == []


@pytest.mark.parametrize("name", FLOWS)
@pytest.mark.parametrize("broken", CONNECTIONS)
def test_no_fault_of_the_connection_draws_a_secret(
    canaries: Canaries, connect: Callable[..., None], capfd: pytest.CaptureFixture[str], name: str, broken: str
) -> None:
    """A proxy that is not there or cannot be read, a broken key and a wrong field are told without what is secret."""
    connect(name, **CONNECTIONS[broken])
    canaries.remember()
    assert_silent(canaries, capfd)


@pytest.mark.parametrize("name", FLOWS)
@pytest.mark.parametrize("kind", ["operator", "sensor"])
def test_no_task_shows_a_secret(
    org: FakeOrg,
    run_task: Callable[..., Any],
    canaries: Canaries,
    connect: Callable[..., None],
    name: str,
    kind: str,
) -> None:
    """A real run, healthy or refused, leaves none in its log, in XCom or in its links."""
    connect(name)
    canaries.remember()
    for refused in (False, True):
        org.state.org.rest_api_enabled = not refused
        ran = run_task(kind)
        assert ran.state == ("failed" if refused else "success")
        assert canaries.found_in(ran.log, json.dumps(ran.report), ran.links) == []


def test_what_an_edge_says_would_be_heard(
    canaries: Canaries, connect: Callable[..., None], capfd: pytest.CaptureFixture[str]
) -> None:
    """The search hears a contact that is a secret, in a message, a payload and an error, so it would hear another."""
    connect("jwt", contact="ask canary-password-of-the-user", private_key="no key")
    with canaries.logs() as logged:
        said = list(all_that_edges_say(canaries))
    out, err = capfd.readouterr()
    assert canaries.found_in(*said)
    assert canaries.found_in(logged(), out, err)
