"""Tasks that ask afresh: those that somebody has cleared, and those of a run that says so."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import pytest
from clearing import clear, run_again, write_dag

from airflow_sf_health import compat
from airflow_sf_health.edges.afresh import asker, cleared_try, is_first_look, max_age_of_run
from airflow_sf_health.edges.preflight import Preflight
from airflow_sf_health.errors import ConfigurationError
from airflow_sf_health.hooks import salesforce as hook_module
from airflow_sf_health.hooks.salesforce import SalesforceHealthHook
from airflow_sf_health.testing import FakeOrg

DAGS = Path(__file__).parent / "dags"
RunTask = Callable[..., Any]
FROZEN = "user_frozen_or_locked"


@pytest.fixture
def shared(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the site shares unless it chooses otherwise."""
    for name, seconds in {"PASS_TTL": "60", "TOKEN_TTL": "1800", "REFUSAL_TTL": "60"}.items():
        monkeypatch.setenv(f"AIRFLOW__SF_HEALTH__{name}", seconds)


def by_page(dag: Any, run_id: str) -> None:
    clear(dag, run_id)


def by_command(dag: Any, run_id: str) -> None:
    write_dag(dag)
    command = [sys.executable, "-m", "airflow", "tasks", "clear", "--yes", dag.dag_id]
    done = subprocess.run(command, env=os.environ, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("clear_it", [by_page, by_command])
def test_the_first_try_since_a_task_was_cleared_is_known(
    clear_it: Callable[[Any, str], None],
    load_dag: Callable[..., Any],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Real Airflow: neither a first try nor an automatic retry is taken for one, with and without retries, and of mapped tasks too."""
    file = tmp_path / "tries"
    monkeypatch.setenv("SF_HEALTH_TRIES", str(file))
    dag = load_dag(DAGS / "tries.py")
    run_id = dag.test().run_id
    for _ in range(2):
        clear_it(dag, run_id)
        run_again(dag, run_id)
    said = sorted(map(json.loads, file.read_text().splitlines()))
    retried = [(number, number in (3, 5)) for number in range(1, 7)]
    assert said == [
        *(["tries.many[0]", *each] for each in retried),
        *(["tries.many[1]", *each] for each in retried),
        *(["tries.one", *each] for each in retried),
        *(["tries.unretried", number, number > 1] for number in (1, 2, 3)),
    ]


@pytest.mark.parametrize("flow", ["jwt", "soap_token"])
def test_who_has_mended_the_user_and_clears_the_task_need_not_wait(
    org: FakeOrg, crm_prod: Callable[..., None], shared: None, run_task: RunTask, flow: str
) -> None:
    """A frozen user fails the task; once it is unfrozen and the task cleared, it passes at once, and its verdict is the others' too."""
    crm_prod(flow)
    org.user().frozen = True
    ran = run_task()
    assert (ran.state, ran.report["verdict"], org.counts().logins) == ("failed", "unhealthy", 1)
    org.user().frozen = False
    clear(ran.dag, ran.instance.run_id)
    [again] = run_again(ran.dag, ran.instance.run_id)
    report = again.xcom_pull(task_ids="task")
    assert (str(again.state), report["reused"], org.counts().logins) == ("success", None, 2)
    assert run_task().report["reused"]["by"] == "one_task.task"
    assert org.counts().logins == 2


def test_a_clear_that_comes_too_early_fails_again(org: FakeOrg, shared: None, run_task: RunTask) -> None:
    """The login is really tried: a user who is still frozen is refused anew, and the time of the refusal is the new one."""
    org.user().frozen = True
    ran = run_task()
    clear(ran.dag, ran.instance.run_id)
    [again] = run_again(ran.dag, ran.instance.run_id)
    report = again.xcom_pull(task_ids="task")
    assert (str(again.state), org.counts().logins) == ("failed", 2)
    assert report["examined_at"] > ran.report["examined_at"]
    assert report["next_login"] > ran.report["next_login"]


def test_a_good_verdict_of_before_does_not_count_either(org: FakeOrg, shared: None, run_task: RunTask) -> None:
    """Whoever clears a task wants to know how it is now."""
    ran = run_task()
    clear(ran.dag, ran.instance.run_id)
    [again] = run_again(ran.dag, ran.instance.run_id)
    assert again.xcom_pull(task_ids="task")["reused"] is None
    assert org.counts().logins == 2


def test_of_tasks_that_were_cleared_together_one_examines(
    org: FakeOrg,
    crm_prod: Callable[..., None],
    shared: None,
    load_dag: Callable[..., Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The first one that finds the org mended finds it for all: hundreds of instances make no hundreds of logins."""
    monkeypatch.setenv("SF_HEALTH_MANY_TASKS", json.dumps({"kind": "own", "number": 4}))
    dag = load_dag(DAGS / "many_tasks.py")
    org.user().active = False
    run_id = dag.test().run_id
    assert org.counts().logins == 1
    org.user().active = True
    clear(dag, run_id)
    began = time.monotonic()
    assert {str(each.state) for each in run_again(dag, run_id)} == {"success"}
    assert 2 <= org.counts().logins <= 2 + (time.monotonic() - began) / 15


@pytest.mark.parametrize("pass_ttl", ["60", "0"])
@pytest.mark.parametrize("kind", ["own", "hook"])
def test_of_tasks_that_were_cleared_too_early_few_are_refused(
    org: FakeOrg,
    crm_prod: Callable[..., None],
    shared: None,
    load_dag: Callable[..., Any],
    monkeypatch: pytest.MonkeyPatch,
    kind: str,
    pass_ttl: str,
) -> None:
    """A user who is still frozen is refused once in 15 seconds, and not once for each instance: hundreds of refused passwords lock."""
    monkeypatch.setenv("AIRFLOW__SF_HEALTH__PASS_TTL", pass_ttl)
    monkeypatch.setenv("SF_HEALTH_MANY_TASKS", json.dumps({"kind": kind, "number": 20}))
    crm_prod("soap_token")
    dag = load_dag(DAGS / "many_tasks.py")
    org.user().frozen = True
    run_id = dag.test().run_id
    assert org.counts().logins == 1
    clear(dag, run_id)
    org.reset_counts()
    began = time.monotonic()
    assert {str(each.state) for each in run_again(dag, run_id)} == {"failed"}
    assert 1 <= org.counts().logins <= 1 + (time.monotonic() - began) / 15


def test_of_different_tasks_that_were_cleared_one_is_refused(org: FakeOrg, shared: None, run_task: RunTask) -> None:
    """They ask something else each, and share the refusal all the same; each says when the login is really tried again."""
    org.user().frozen = True
    ran = [run_task(), run_task(checks=["user"])]
    assert org.counts().logins == 1
    found = []
    for each in ran:
        clear(each.dag, each.instance.run_id)
        [again] = run_again(each.dag, each.instance.run_id)
        found.append(again.xcom_pull(task_ids="task"))
    assert org.counts().logins == 2
    assert {each["verdict"] for each in found} == {"unhealthy"}
    assert found[0]["next_login"] == found[1]["next_login"] > ran[1].report["next_login"]


def test_a_client_is_no_verdict(
    org: FakeOrg, crm_prod: Callable[..., None], shared: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A cleared task that takes a client first and guards itself then asks afresh for both, by one login."""
    name = f"dag.task run {uuid4()} 2"
    Preflight.of("crm_prod", None, None, None).look()
    monkeypatch.setattr(hook_module, "afresh_try", lambda _: name)
    SalesforceHealthHook("crm_prod").get_conn()
    report = replace(Preflight.of("crm_prod", None, None, None), cleared=name).look()
    assert (report.reused, org.counts().logins) == (None, 2)


@pytest.mark.parametrize("pass_ttl", ["60", "0"])
def test_an_automatic_retry_repeats_the_first_refusal(
    org: FakeOrg,
    crm_prod: Callable[..., None],
    shared: None,
    run_task: RunTask,
    monkeypatch: pytest.MonkeyPatch,
    pass_ttl: str,
) -> None:
    """Of another task, within the minute, whether its verdict or only its login is remembered: nothing is sent, and it says when the
    login was refused and when it is tried again.
    """
    monkeypatch.setenv("AIRFLOW__SF_HEALTH__PASS_TTL", pass_ttl)
    crm_prod("soap_token", security_token="wrong")
    first = run_task()
    sent = org.counts()
    ran = run_task(retries=1)
    assert (ran.state, ran.tries) == ("failed", 2)
    assert org.counts() == sent
    assert sent.logins == 1
    assert ran.report["next_login"] == first.report["next_login"] is not None
    assert "Next real login attempt not before" in ran.log


def test_a_run_may_say_what_counts(org: FakeOrg, shared: None, run_task: RunTask, load_dag: Callable[..., Any]) -> None:
    """A run that is triggered with ``{"sf_health_max_age": 0}`` asks afresh, whatever the DAG says, and another does not."""
    dag = run_task().dag
    [asked] = dag.test(run_conf={"sf_health_max_age": 0}).get_task_instances()
    assert asked.xcom_pull(task_ids="task")["reused"] is None
    assert org.counts().logins == 2
    [other] = dag.test(run_conf={"another": 1}).get_task_instances()
    proof = other.xcom_pull(task_ids="task")["proof"]
    assert (proof["shared"], org.counts().logins) == (True, 2)


def test_a_parameter_that_cannot_be_meant_fails_at_once(org: FakeOrg, run_task: RunTask) -> None:
    """It is named, and no retry is spent."""
    dag = run_task(retries=2).dag
    org.reset_counts()
    [instance] = dag.test(run_conf={"sf_health_max_age": "soon"}).get_task_instances()
    assert (str(instance.state), instance.try_number, org.counts().logins) == ("failed", 1, 0)


@pytest.mark.parametrize(
    ("conf", "params", "found"),
    [
        (None, {}, None),
        ({}, {"sf_health_max_age": None}, None),
        ({}, {"sf_health_max_age": ""}, None),
        ({}, {"sf_health_max_age": 0}, 0.0),
        ({"sf_health_max_age": "60"}, {"sf_health_max_age": 0}, 60.0),
        ({"sf_health_max_age": 1.5}, {}, 1.5),
    ],
)
def test_what_a_run_says(conf: Any, params: dict[str, Any], found: float | None) -> None:
    """What was said as it was triggered goes before the DAG's own parameter; a number may be a text, as forms send it."""
    assert max_age_of_run({"dag_run": SimpleNamespace(conf=conf), "params": params}) == found


@pytest.mark.parametrize("value", ["soon", -1, True, [0], float("nan"), "inf", 10**400])
def test_what_a_run_cannot_say(value: Any) -> None:
    """The parameter is named, with what is allowed."""
    with pytest.raises(ConfigurationError, match="'sf_health_max_age' of this run must be a number of seconds from 0"):
        max_age_of_run({"params": {"sf_health_max_age": value}})


@pytest.mark.parametrize("context", [{}, {"ti": None}, {"ti": SimpleNamespace(try_number=2, max_tries=None)}])
def test_a_context_that_tells_nothing_clears_nothing(context: dict[str, Any]) -> None:
    """Outside a task, and in a callback with half a context."""
    assert (asker(context), cleared_try(context)) == ("", "")


def test_a_try_looks_afresh_once() -> None:
    """What it has found itself counts for it; another connection of the same try is looked at afresh too. A login is no look, but a look
    is by a login.
    """
    name = f"dag.task run {uuid4()} 2"
    assert [is_first_look(name, each, "verdict") for each in ("crm", "crm", "erp")] == [True, False, True]
    assert not is_first_look(name, "crm", "login")
    assert [is_first_look(name, "hr", "login") for _ in range(2)] == [True, False]
    assert [is_first_look(name, "hr", "verdict") for _ in range(2)] == [True, False]


@pytest.mark.parametrize("mode", ["poke", "reschedule"])
def test_a_cleared_sensor_looks_afresh_once(org: FakeOrg, shared: None, run_task: RunTask, mode: str) -> None:
    """However often it looks in that try: a refused login would otherwise be tried with each look."""
    org.user().active = False
    waiting: dict[str, Any] = {"poke_interval": 0.1, "timeout": 1.5, "wait_for": "anything"}
    ran = run_task("sensor", mode=mode, **waiting)
    assert (ran.state, org.counts().logins) == ("failed", 1)
    clear(ran.dag, ran.instance.run_id)
    [again] = run_again(ran.dag, ran.instance.run_id)
    assert (str(again.state), org.counts().logins) == ("failed", 2)


def test_no_task_is_asked_outside_of_one() -> None:
    """A command and a trigger have no context; then they say who asks."""
    assert compat.running_context() is None
    assert Preflight.of("crm", None, None, None).by == ""
    assert Preflight.of("crm", None, None, None, by="sf-health check").by == "sf-health check"
