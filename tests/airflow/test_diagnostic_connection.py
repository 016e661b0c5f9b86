"""The second user, from Airflow's connection to the message: resolved with the first, told where that fails, never a failure."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Callable
from typing import Any

import pytest

from airflow_sf_health import compat
from airflow_sf_health.edges.connections import aresolve, resolve
from airflow_sf_health.edges.preflight import Preflight
from airflow_sf_health.hooks.salesforce import SalesforceHealthHook
from airflow_sf_health.org.connection import OrgConnection
from airflow_sf_health.present.payload import load
from airflow_sf_health.report import Report, Verdict
from airflow_sf_health.testing import FakeOrg
from airflow_sf_health.triggers.salesforce import SalesforceHealthTrigger

Connect = Callable[..., None]
Resolve = Callable[[str], OrgConnection]


@pytest.fixture
def crm_admin(org: FakeOrg, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Make Airflow's connection `crm_admin` the administrator's; by JWT until it is called."""

    def connect(name: str = "jwt", **extra: Any) -> None:
        fields = org.connection(name, username="admin@acme.com", **{"domain": "acme.my", **extra})
        kept = {name: value for name, value in fields.items() if value is not None}
        monkeypatch.setenv("AIRFLOW_CONN_CRM_ADMIN", json.dumps({"conn_type": "salesforce", **kept}))

    connect()
    return connect


@pytest.fixture
def crm_prod_seconded(crm_prod: Connect, crm_admin: Connect) -> None:
    crm_prod("soap_token", diagnostic_conn_id="crm_admin")


def by_task(conn_id: str) -> OrgConnection:
    return resolve(conn_id)


def by_trigger(conn_id: str) -> OrgConnection:
    return asyncio.run(aresolve(conn_id))


each_way = pytest.mark.parametrize("resolved", [by_task, by_trigger])


@each_way
def test_it_is_resolved_with_the_first(crm_prod_seconded: None, resolved: Resolve) -> None:
    """It is there before the examination begins: no thread asks Airflow later."""
    connection = resolved("crm_prod")
    assert connection.diagnostic is not None
    assert (connection.diagnostic.conn_id, connection.diagnostic.login) == ("crm_admin", "admin@acme.com")
    assert (connection.diagnostic_conn_id, connection.diagnostic_problem) == ("crm_admin", None)


@each_way
def test_without_one_nothing_is_looked_up(
    crm_prod: Connect, resolved: Resolve, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A connection that names none costs Airflow one look-up, as before."""
    asked: list[str] = []
    monkeypatch.setattr("airflow_sf_health.compat.get_connection", _noting(asked, compat.get_connection))
    monkeypatch.setattr("airflow_sf_health.compat.aget_connection", _noting(asked, compat.aget_connection))
    connection = resolved("crm_prod")
    assert (connection.diagnostic, connection.diagnostic_problem, asked) == (None, None, ["crm_prod"])


def _noting(asked: list[str], real: Callable[[str], Any]) -> Callable[[str], Any]:
    def get(conn_id: str) -> Any:
        asked.append(conn_id)
        return real(conn_id)

    return get


@each_way
def test_a_missing_one_is_a_problem_and_no_error(crm_prod: Connect, resolved: Resolve) -> None:
    """The sentence names the connection and Airflow's own error."""
    crm_prod("jwt", diagnostic_conn_id="nowhere")
    connection = resolved("crm_prod")
    assert connection.diagnostic is None
    assert connection.diagnostic_problem is not None
    assert connection.diagnostic_problem.startswith(
        "connection 'nowhere' could not be asked: Airflow gave no such connection (AirflowNotFoundException: "
    )


@each_way
def test_an_incomplete_one_is_a_problem(crm_prod: Connect, crm_admin: Connect, resolved: Resolve) -> None:
    """Its missing field is named."""
    crm_admin("jwt", private_key=None)
    crm_prod("jwt", diagnostic_conn_id="crm_admin")
    problem = resolved("crm_prod").diagnostic_problem
    assert problem is not None
    assert "private_key" in problem
    assert not problem.endswith(".")


@each_way
def test_the_connection_itself_is_no_second_user(crm_prod: Connect, resolved: Resolve) -> None:
    """A user who was refused cannot be asked why."""
    crm_prod("jwt", diagnostic_conn_id="crm_prod")
    connection = resolved("crm_prod")
    assert (connection.diagnostic, connection.diagnostic_problem) == (
        None,
        "connection 'crm_prod' could not be asked: it is the connection that is examined; name one of another user",
    )


@each_way
def test_no_chains(crm_prod: Connect, crm_admin: Connect, resolved: Resolve) -> None:
    """A diagnostic connection with one of its own is a slip, and would be a circle some day."""
    crm_admin("jwt", diagnostic_conn_id="third")
    crm_prod("jwt", diagnostic_conn_id="crm_admin")
    connection = resolved("crm_prod")
    assert connection.diagnostic is None
    assert "it names a diagnostic connection of its own" in (connection.diagnostic_problem or "")


def test_its_secrets_are_masked_too(
    org: FakeOrg, crm_prod: Connect, crm_admin: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a task might print of the second user is masked, as of the first."""
    masked: list[str] = []
    monkeypatch.setattr("airflow_sf_health.compat.mask_secret", masked.append)
    crm_admin("soap_token", domain=None)
    crm_prod("jwt", diagnostic_conn_id="crm_admin")
    resolve("crm_prod")
    admin = org.user("admin@acme.com")
    assert {admin.password, admin.security_token} <= set(masked)
    assert any(line in masked for line in org.private_key.splitlines())


def frozen(org: FakeOrg) -> None:
    org.user().frozen = True


def is_told_apart(report: Report) -> bool:
    """All is ruled out but freezing, by whosever hand; no retry heals it."""
    main = report.main
    possible = {main.cause, *(each.cause for each in main.candidates)} if main is not None else set()
    return possible == {"user_frozen_or_locked", "user_contained"} and report.no_retry_heals


def test_the_hook_tells_apart(org: FakeOrg, crm_prod_seconded: None) -> None:
    """`examine()` of the hook asks the second user."""
    frozen(org)
    assert is_told_apart(SalesforceHealthHook("crm_prod").examine())


def test_the_test_button_tells_apart(org: FakeOrg, crm_prod_seconded: None) -> None:
    """The page where the connection is set up tells the cause too, and who saw it, in Airflow's 2,000 characters."""
    frozen(org)
    healthy, text = SalesforceHealthHook("crm_prod").test_connection()
    assert not healthy
    assert text.startswith("The Salesforce connection is unhealthy: the integration user is frozen or locked out.")
    assert "Connection 'crm_admin' sees the user active, frozen, not locked" in text
    assert len(text) <= 2_000
    assert "crm_prod" not in text


def test_the_test_button_ends_in_time(org: FakeOrg, crm_prod: Connect, crm_admin: Connect) -> None:
    """The second user is held to the limits of the connection that is tested, whatever its own are."""
    crm_admin("jwt", examination_timeout=600, read_timeout=300)
    crm_prod("soap_token", diagnostic_conn_id="crm_admin", examination_timeout=1)
    frozen(org)
    org.fault(host="acme.my.salesforce.com", stall="headers")
    _, text = SalesforceHealthHook("crm_prod").test_connection()
    assert "Connection 'crm_admin' could not be asked: examination time limit of 1 s reached" in text


def test_the_test_button_tells_a_broken_one_by_day(org: FakeOrg, crm_prod: Connect) -> None:
    """Who has just typed the id learns that there is no such connection, though all is well."""
    crm_prod("jwt", diagnostic_conn_id="crm_admn")
    healthy, text = SalesforceHealthHook("crm_prod").test_connection()
    assert healthy
    assert "Connection 'crm_admn' could not be asked: Airflow gave no such connection" in text


def test_the_trigger_asks_airflow_on_its_loop_only(
    org: FakeOrg, crm_prod_seconded: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both connections are resolved on the event loop; the thread that examines calls nothing of Airflow's."""
    threads: list[str] = []
    real = compat.aget_connection

    async def noting(conn_id: str) -> Any:
        threads.append(f"{conn_id} in {threading.current_thread().name}")
        return await real(conn_id)

    def forbidden(*_: Any) -> Any:
        raise AssertionError("not in a triggerer")

    monkeypatch.setattr("airflow_sf_health.compat.aget_connection", noting)
    monkeypatch.setattr("airflow_sf_health.compat.mask_secret", forbidden)
    frozen(org)
    report = load(asyncio.run(_fired())["report"])
    assert is_told_apart(report)
    assert threads == ["crm_prod in MainThread", "crm_admin in MainThread"]


async def _fired() -> dict[str, Any]:
    preflight = Preflight.of("crm_prod", None, None, None)
    [event] = [event async for event in SalesforceHealthTrigger(preflight.as_dict(), poke_interval=0.05).run()]
    payload: dict[str, Any] = event.payload
    return payload


def test_no_payload_holds_a_secret_of_the_second_user(org: FakeOrg, crm_prod: Connect, crm_admin: Connect) -> None:
    """Event payloads are not masked by Airflow."""
    crm_admin("soap_token", domain=None)
    crm_prod("password", diagnostic_conn_id="crm_admin")
    frozen(org)
    payload = json.dumps(asyncio.run(_fired()))
    admin = org.user("admin@acme.com")
    assert not [secret for secret in (admin.password, admin.security_token, org.private_key) if secret in payload]


def test_a_task_that_is_certain_fails_at_once(
    run_task: Callable[..., Any], org: FakeOrg, crm_prod_seconded: None
) -> None:
    """Where Salesforce masks the reason a task would be tried again; a second user who knows it saves the tries."""
    frozen(org)
    ran = run_task(retries=2)
    assert (ran.state, ran.tries) == ("failed", 1)
    assert "the integration user is frozen or locked out" in ran.log
    assert "seen by connection 'crm_admin'" in ran.log


def test_a_healthy_tasks_log_tells_a_broken_one(run_task: Callable[..., Any], crm_prod: Connect) -> None:
    """In its one line, so that it is mended before it is needed."""
    crm_prod("jwt", diagnostic_conn_id="nowhere")
    ran = run_task()
    assert ran.state == "success"
    assert "Connection 'nowhere' could not be asked: Airflow gave no such connection" in ran.log
    assert load(ran.report).verdict is Verdict.HEALTHY
