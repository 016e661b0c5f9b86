"""Tasks that nobody guards and that fail at Salesforce: the advice in their log, by the retry policy and by the callback."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from told import listening

from airflow_sf_health import causes
from airflow_sf_health.compat import AIRFLOW_V_3_0_PLUS, AIRFLOW_V_3_3_PLUS
from airflow_sf_health.testing import FakeOrg

FILE = Path(__file__).parent / "dags" / "failing_task.py"
A_DAY = 24 * 60 * 60

A_LOCK = {"path": "/services/data/*/sobjects/Account/*", "method": "PATCH", "body": "row_locked"}

with_policies = pytest.mark.skipif(not AIRFLOW_V_3_3_PLUS, reason="retry policies came with Airflow 3.3")


@dataclass(frozen=True)
class Ran:
    """A task that ran: as the database has it, what it logged, what of that is ours, and what the user's notifier would have sent."""

    instance: Any
    log: str
    told: list[str]
    notices: list[str]

    @property
    def end(self) -> tuple[str, int]:
        return str(self.instance.state), self.instance.try_number


@pytest.fixture
def context_of_a_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    """Put the exception into the context as a worker does; the `dag.test()` of 3.1 leaves it out."""
    if not AIRFLOW_V_3_0_PLUS:
        return
    from airflow.sdk.execution_time import task_runner

    real = task_runner.finalize

    def finalize(ti: Any, state: Any, context: Any, log: Any, error: Any) -> None:
        context["exception"] = error
        real(ti, state, context, log, error)

    monkeypatch.setattr(task_runner, "finalize", finalize)


@pytest.fixture
def run(
    context_of_a_worker: None,
    crm_prod: Callable[..., None],
    load_dag: Callable[..., Any],
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> Callable[..., Ran]:
    """Run one task of `failing_task.py` by `dag.test()`."""

    def run(
        kind: str, *, policy: bool = False, explain: bool = False, retries: int = 3, retry_delay: float = 0.0
    ) -> Ran:
        said = {"kind": kind, "policy": policy, "explain": explain, "retries": retries, "retry_delay": retry_delay}
        monkeypatch.setenv("SF_HEALTH_FAILING_TASK", json.dumps(said))
        dag = load_dag(FILE)
        capfd.readouterr()
        with listening() as told:
            [instance] = dag.test().get_task_instances()
        captured = capfd.readouterr()
        return Ran(instance, captured.out + captured.err, told.messages, sys.modules[FILE.stem].NOTICES)

    return run


@pytest.fixture
def short_delays(monkeypatch: pytest.MonkeyPatch) -> Callable[[str, int], None]:
    """Let a cause say another delay than its file does."""

    def shorten(cause_id: str, seconds: int) -> None:
        real, short = causes.cause, replace(causes.cause(cause_id), retry_after=seconds)
        monkeypatch.setattr(causes, "cause", lambda each: short if each == cause_id else real(each))

    return shorten


@with_policies
def test_a_stock_operator_with_an_inactive_user_fails_on_the_first_of_four_tries(
    org: FakeOrg, run: Callable[..., Ran]
) -> None:
    """Nothing but the policy is set: no retry is spent, and the log has the advice, once, with the connection and its user."""
    org.user().active = False
    ran = run("stock_operator", policy=True)
    assert (ran.end, org.counts().logins) == (("failed", 1), 1)
    [advice] = ran.told
    assert advice.startswith(
        "Task 'task' failed on Salesforce connection 'crm_prod': the integration user is inactive."
    )
    assert "retry    no. Failed at once; 3 retries were not spent." in advice
    assert "1. Salesforce administrator: " in advice
    assert f"user     {org.user().username}, logging in at login.salesforce.com" in advice
    assert "/causes/user_inactive" in advice
    assert "Retry policy decision" in ran.log
    assert "user_inactive: the integration user is inactive; no retry heals it" in ran.log


@with_policies
def test_advice_for_a_task_that_may_have_written_never_says_to_clear_it(org: FakeOrg, run: Callable[..., Ran]) -> None:
    """The words for a preflight, which wrote nothing, are not those for a task that nobody held back."""
    org.user().active = False
    [advice] = run("stock_operator", policy=True).told
    said = " ".join(advice.split())
    assert "preflight" not in said
    assert "clear it with" not in said
    assert "Airflow: find out first what this task had written when it failed" in said


@with_policies
def test_lock_contention_is_retried_after_the_delay_of_its_cause(
    org: FakeOrg, run: Callable[..., Ran], short_delays: Callable[[str, int], None]
) -> None:
    """The task's own delay is a day; the cause's counts, and the second try succeeds. No advice is logged on the way."""
    short_delays("lock_contention", 0)
    with org.fault(**A_LOCK, times=1):
        ran = run("update", policy=True, retry_delay=A_DAY)
    assert ran.end == ("success", 2)
    assert "lock_contention: another process holds a lock on the same records; a later try may succeed" in ran.log
    assert ran.told == []


@with_policies
def test_the_last_try_tells_the_advice(
    org: FakeOrg, run: Callable[..., Ran], short_delays: Callable[..., None]
) -> None:
    """What time heals is told once no time is left, with the host that refused, since nobody knows the connection."""
    short_delays("lock_contention", 0)
    with org.fault(**A_LOCK):
        ran = run("update", policy=True, retries=1)
    assert ran.end == ("failed", 2)
    [advice] = ran.told
    assert advice.startswith("Task 'task' failed at Salesforce: another process holds a lock on the same records.")
    assert ".my.salesforce.com" in advice
    assert "This was the last try." in advice


@with_policies
def test_what_is_not_salesforces_is_left_to_the_task(run: Callable[..., Ran]) -> None:
    """A mistake of the task's own takes the usual way: each retry is spent, and nothing is told of Salesforce."""
    ran = run("own_mistake", policy=True, explain=True, retries=1)
    assert (ran.end, ran.told) == (("failed", 2), [])
    assert "Retry policy decision" not in ran.log


@with_policies
def test_policy_and_callback_together_tell_the_advice_once(org: FakeOrg, run: Callable[..., Ran]) -> None:
    """Whoever sets both in `default_args` reads one message."""
    org.user().active = False
    ran = run("stock_operator", policy=True, explain=True)
    assert [each.splitlines()[0] for each in ran.told] == [
        "Task 'task' failed on Salesforce connection 'crm_prod': the integration user is inactive.",
        "What to do about this failure stands above.",
    ]


def test_the_callback_explains_each_try_of_a_stock_operator(org: FakeOrg, run: Callable[..., Ran]) -> None:
    """On each version: the advice of each try says what Airflow does next."""
    org.user().active = False
    ran = run("stock_operator", explain=True, retries=1)
    assert ran.end == ("failed", 2)
    first, last = ran.told
    assert "Airflow tries again: try 2 of 2." in first
    assert "This was the last try." in last
    for advice in (first, last):
        assert advice.startswith("Task 'task' failed on Salesforce connection 'crm_prod': the integration user is")


def test_the_callback_explains_a_task_of_its_own_making(org: FakeOrg, run: Callable[..., Ran]) -> None:
    """On each version: a `@task` with the stock client names no connection; the host is known from the refused request."""
    with org.fault(**A_LOCK):
        ran = run("update", explain=True, retries=0)
    assert ran.end == ("failed", 1)
    [advice] = ran.told
    assert "UNABLE_TO_LOCK_ROW: unable to obtain exclusive access" in advice
    assert "cause    lock_contention" in advice
    assert "The task has no retries." in advice


def test_a_mistake_of_the_tasks_own_is_not_explained(run: Callable[..., Ran]) -> None:
    """On each version: no word of Salesforce, and the notifier sends a plain text."""
    ran = run("own_mistake", explain=True, retries=0)
    assert ran.told == []
    text, key = ran.notices
    assert text.startswith("Task failing_task.task, try 1 of 1 failed: ValueError: invalid literal")
    assert key == "airflow:failing_task:task"


def test_the_advice_of_our_own_operator_is_not_repeated(org: FakeOrg, run: Callable[..., Ran]) -> None:
    """On each version: the operator has told it, so the callback says where it stands; the notice has it in short."""
    org.user().active = False
    ran = run("preflight", explain=True)
    assert (ran.end, ran.told) == (("failed", 1), ["What to do about this failure stands above."])
    text, key = ran.notices
    assert text.startswith("Salesforce connection 'crm_prod' is unhealthy: the integration user is inactive.\n")
    assert "Failed at once; 3 retries were not spent." in text
    assert key == f"sf-health:login.salesforce.com:{org.user().username}:user_inactive"


def test_a_guarded_and_an_unguarded_task_are_one_incident(org: FakeOrg, run: Callable[..., Ran]) -> None:
    """On each version: whichever of the tasks on a connection fails, the key is the same; the text has one link, to the log."""
    org.user().active = False
    _, of_preflight = run("preflight", explain=True).notices
    text, of_operator = run("stock_operator", explain=True, retries=0).notices
    assert of_operator == of_preflight
    assert len(re.findall("https?://", text)) == 1
    assert "/causes/" not in text


def test_a_notifier_takes_the_text_in_its_template(run: Callable[..., Ran], org: FakeOrg) -> None:
    """On each version: `{{ notification_text() }}`, as a macro of the DAG that is given the template's context."""
    org.user().active = False
    ran = run("stock_operator", explain=True, retries=0)
    [rendered] = sys.modules[FILE.stem].RENDERED
    assert rendered == f"{ran.notices[1]}\n{ran.notices[0]}"
