"""The sensor in its three modes, by real `dag.test()` runs against a fake org."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import nullcontext
from datetime import timedelta
from typing import Any

import pytest
from airflow.providers.common.compat.sdk import TaskDeferred

from airflow_sf_health.compat import AIRFLOW_V_3_0_PLUS
from airflow_sf_health.edges.preflight import Preflight
from airflow_sf_health.errors import OptionsError
from airflow_sf_health.present.payload import dump, load
from airflow_sf_health.sensors.salesforce import GRACE, SalesforceHealthSensor
from airflow_sf_health.testing import FakeOrg

RunTask = Callable[..., Any]
MODES: dict[str, dict[str, Any]] = {
    "poke": {"mode": "poke"},
    "reschedule": {"mode": "reschedule"},
    "deferrable": {"deferrable": True},
}
WAITING: dict[str, Any] = {"poke_interval": 0.1, "timeout": 60}
OUT_OF_TIME: dict[str, Any] = {"poke_interval": 0.1, "timeout": 0.3}

in_each_mode = pytest.mark.parametrize("mode", MODES.values(), ids=MODES)


@in_each_mode
def test_it_waits_for_maintenance_to_end(org: FakeOrg, run_task: RunTask, mode: dict[str, Any]) -> None:
    """Two looks at a maintenance page, then a healthy org: one try, and the report of the healthy one."""
    with org.fault(status=503, body="maintenance", times=2) as maintenance:
        ran = run_task("sensor", **mode, **WAITING)
    assert (ran.state, ran.tries, maintenance.met) == ("success", 1, 2)
    assert load(ran.report).may_proceed
    assert "Waiting." in ran.log


@in_each_mode
def test_it_does_not_wait_for_a_person(org: FakeOrg, run_task: RunTask, mode: dict[str, Any]) -> None:
    """A deactivated user fails the first look, with the advice in the log and no retry spent."""
    org.user().active = False
    ran = run_task("sensor", **mode, **WAITING, retries=3)
    assert (ran.state, ran.tries, org.counts().logins) == ("failed", 1, 1)
    assert "Failed at once; 3 retries were not spent." in ran.log
    assert ran.report["cause"] == "user_inactive"


@in_each_mode
def test_it_gives_the_last_advice_when_its_time_is_out(org: FakeOrg, run_task: RunTask, mode: dict[str, Any]) -> None:
    """Maintenance that goes on: the task fails without retries, as Airflow has it, and the advice is in the log."""
    with org.fault(status=503, body="maintenance"):
        ran = run_task("sensor", **mode, **OUT_OF_TIME, retries=3)
    assert (ran.state, ran.tries) == ("failed", 1)
    assert "The time of this sensor is out." in ran.log
    assert "AirflowSensorTimeout" in ran.log
    assert ran.report["cause"] == "org_maintenance_or_unavailable"


@in_each_mode
def test_soft_fail_skips_when_the_time_is_out(org: FakeOrg, run_task: RunTask, mode: dict[str, Any]) -> None:
    """Airflow's own soft_fail skips the task, and the advice is logged all the same."""
    with org.fault(status=503, body="maintenance"):
        ran = run_task("sensor", **mode, **OUT_OF_TIME, soft_fail=True)
    assert ran.state == "skipped"
    assert ran.log.count("The time of this sensor is out.") >= 1


def test_it_waits_for_a_person_when_told_to(org: FakeOrg, run_task: RunTask) -> None:
    """With wait_for="anything" the deactivated user is waited for, until the time is out."""
    org.user().active = False
    ran = run_task("sensor", mode="poke", wait_for="anything", **OUT_OF_TIME)
    assert ran.state == "failed"
    assert "AirflowSensorTimeout" in ran.log
    assert org.counts().logins > 1


def test_it_meets_a_failure_while_it_is_deferred(org: FakeOrg, run_task: RunTask) -> None:
    """Maintenance at the first look, a user without API permission at the second: the advice is logged on resume."""
    org.state.profile_of(org.user()).permissions.discard("ApiEnabled")
    with org.fault(status=503, body="maintenance", times=1):
        ran = run_task("sensor", deferrable=True, **WAITING, retries=3)
    assert (ran.state, ran.tries, ran.report["cause"]) == ("failed", 1, "api_disabled_for_user")
    assert "Failed at once; 3 retries were not spent." in ran.log


def test_a_refused_password_is_not_tried_again_and_again(
    org: FakeOrg, crm_prod: Callable[..., None], run_task: RunTask
) -> None:
    """It may be another cause, so the task is retried as it says; but no sensor goes on sending what locks the user out."""
    crm_prod("soap_token", security_token="wrong")
    ran = run_task("sensor", mode="poke", **WAITING)
    assert (ran.state, org.counts().logins) == ("failed", 1)
    assert "SalesforceUnhealthyForNow" in ran.log


def test_a_login_refused_beside_a_session_is_not_tried_again_and_again(
    org: FakeOrg, crm_prod: Callable[..., None], run_task: RunTask
) -> None:
    """The same where the session lives on and the login that would replace it is refused."""
    crm_prod("jwt", **org.connection("session")["extra"])
    org.user().frozen = True
    ran = run_task("sensor", mode="poke", **WAITING)
    assert (ran.state, org.counts().logins) == ("failed", 1)
    assert "SalesforceUnhealthyForNow" in ran.log


@pytest.mark.parametrize(("choice", "state"), [("fail", "failed"), ("proceed", "success")])
def test_what_could_not_be_asked_is_the_users_choice(org: FakeOrg, run_task: RunTask, choice: str, state: str) -> None:
    """By default it is waited for; `on_undetermined` may end the waiting either way."""
    with org.fault(reset=True):
        ran = run_task("sensor", mode="poke", **WAITING, options={"on_undetermined": choice})
    assert ran.state == state


def test_a_connection_that_appears_is_waited_for_where_anything_is(
    org: FakeOrg, run_task: RunTask, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A person may create it meanwhile; by default, what only a person mends ends the waiting at once."""
    monkeypatch.delenv("AIRFLOW_CONN_CRM_PROD")
    ran = run_task("sensor", deferrable=True, wait_for="anything", **OUT_OF_TIME)
    assert (ran.state, ran.report["cause"]) == ("failed", "connection_not_found")
    assert "AirflowSensorTimeout" in ran.log
    ran = run_task("sensor", deferrable=True, **WAITING, retries=1)
    assert (ran.state, ran.tries, ran.report["cause"]) == ("failed", 1, "connection_not_found")
    assert "AirflowSensorTimeout" not in ran.log


def seen_by_a_trigger(**event: Any) -> dict[str, Any]:
    """The event of a trigger that has just looked at ``crm_prod``."""
    report = Preflight.of("crm_prod", None, None, None).look()
    return {"report": dump(report), "timed_out": False, "until": time.time() + 1000, **event}


def sensor(**arguments: Any) -> SalesforceHealthSensor:
    return SalesforceHealthSensor(task_id="s", salesforce_conn_id="crm_prod", deferrable=True, **arguments)


@pytest.mark.parametrize("trouble", ["inactive", "silent"])
def test_what_no_longer_ends_the_waiting_is_waited_for_again(
    org: FakeOrg, crm_prod: Callable[..., None], trouble: str
) -> None:
    """The trigger fired by the arguments of then; by those of now the task waits on, until the same time, and never succeeds."""
    org.user().active = trouble != "inactive"
    with org.fault(reset=True) if trouble == "silent" else nullcontext():
        event = seen_by_a_trigger()
    with pytest.raises(TaskDeferred) as deferred:
        sensor(wait_for="anything", options={"on_undetermined": "retry"}).execute_complete({}, event)
    assert deferred.value.trigger.until == event["until"]
    assert deferred.value.trigger.wait_for == "anything"
    assert timedelta(seconds=1000) < deferred.value.timeout < timedelta(seconds=1000) + GRACE


def test_an_event_without_an_end_is_waited_for_anew(org: FakeOrg, crm_prod: Callable[..., None]) -> None:
    """As a trigger of an older version fires it: the whole time is given again."""
    org.user().active = False
    event = seen_by_a_trigger()
    del event["until"]
    with pytest.raises(TaskDeferred) as deferred:
        sensor(wait_for="anything", timeout=50).execute_complete({}, event)
    assert deferred.value.trigger.until <= time.time() + 50


@in_each_mode
@pytest.mark.parametrize("flag", ["soft_fail", "never_fail"])
def test_flags_skip_what_fails_at_once(org: FakeOrg, run_task: RunTask, mode: dict[str, Any], flag: str) -> None:
    """A deactivated user at the first look: the task is skipped in each mode, with the advice in its log."""
    org.user().active = False
    ran = run_task("sensor", **mode, **WAITING, **{flag: True})
    assert (ran.state, org.counts().logins) == ("skipped", 1)
    assert "the integration user is inactive." in ran.log


@in_each_mode
@pytest.mark.parametrize(("flag", "state"), [("soft_fail", "failed"), ("never_fail", "skipped")])
def test_flags_and_what_a_retry_may_heal(
    org: FakeOrg, crm_prod: Callable[..., None], run_task: RunTask, mode: dict[str, Any], flag: str, state: str
) -> None:
    """At the first look each mode leaves a retryable error to the task's retries, unless it shall never fail."""
    crm_prod("soap_token", security_token="wrong")
    assert run_task("sensor", **mode, **WAITING, **{flag: True}).state == state


@pytest.mark.parametrize("flag", ["soft_fail", "never_fail"])
def test_flags_skip_what_fails_after_a_deferral(org: FakeOrg, run_task: RunTask, flag: str) -> None:
    """Maintenance at the first look, a deactivated user at the second: skipped all the same, by each Airflow."""
    org.state.profile_of(org.user()).permissions.discard("ApiEnabled")
    with org.fault(status=503, body="maintenance", times=1):
        ran = run_task("sensor", deferrable=True, **WAITING, **{flag: True})
    assert ran.state == "skipped"


def test_default_deferrable_is_airflows_option(monkeypatch: pytest.MonkeyPatch) -> None:
    """A site that defers by default defers this sensor too; the argument wins."""
    monkeypatch.setenv("AIRFLOW__OPERATORS__DEFAULT_DEFERRABLE", "True")
    assert SalesforceHealthSensor(task_id="s").deferrable
    assert not SalesforceHealthSensor(task_id="s", deferrable=False).deferrable


def test_wait_for_takes_two_words() -> None:
    """Anything else is an error while the file is read."""
    with pytest.raises(OptionsError, match="time, anything"):
        SalesforceHealthSensor(task_id="s", wait_for="a miracle")  # type: ignore[arg-type]


@pytest.mark.skipif(not AIRFLOW_V_3_0_PLUS, reason="2.11 asks for links when its page is shown")
def test_links_of_a_failed_sensor(org: FakeOrg, run_task: RunTask) -> None:
    """The article stands beside the failed sensor too."""
    org.user().active = False
    assert run_task("sensor", **WAITING).links["ArticleLink"].startswith("https://")
