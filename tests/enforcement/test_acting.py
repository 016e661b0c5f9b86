"""What the policy does at each task of a DAG; tests/airflow has Airflow read whole files."""

from __future__ import annotations

import importlib
import logging
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FunctionType, SimpleNamespace
from typing import Any

import pendulum
import pytest
from airflow.providers.common.compat.sdk import DAG, BaseOperator
from dag_shapes import BranchPythonOperator, Reader, sf

from airflow_sf_health import cluster_policy, compat, guard
from airflow_sf_health.enforcement import _acting, _judge, injecting, policy
from airflow_sf_health.inference import _unreadable, mark_of
from airflow_sf_health.operators.salesforce import SalesforcePreflightOperator


def a_dag(name: str = "acting") -> DAG:
    return DAG(name, schedule=None, start_date=pendulum.datetime(2026, 1, 1, tz="UTC"))


@pytest.fixture
def site(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., None]]:
    """Choose options of the policy."""

    def choose(**options: str) -> None:
        for name, value in options.items():
            monkeypatch.setenv(f"AIRFLOW__SF_HEALTH__{name.upper()}", value)

    for each in (policy._complain.cache_clear, _unreadable.forget, cluster_policy.STOPPED.clear):
        each()
    yield choose
    for each in (policy._complain.cache_clear, _unreadable.forget, cluster_policy.STOPPED.clear):
        each()


def refused(dag: Any) -> str:
    with pytest.raises(compat.AirflowClusterPolicyViolation) as error:
        policy.apply(dag)
    return str(error.value)


def warnings(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [each.getMessage() for each in caplog.records if each.levelno >= logging.WARNING]


# ── rules for one of a task's connections ────────────────────────────────────────────────────────────────────────────


def mapped() -> Any:
    return Reader.partial(task_id="both").expand(salesforce_conn_id=["crm_prod", "sandbox"])


def test_one_connection_that_is_left_alone(site: Callable[..., None]) -> None:
    """It is no word about the other one, which is the only one named."""
    site(cluster_policy="require", policy_rules="conn:sandbox=off")
    with a_dag() as dag:
        mapped()
    text = refused(dag)
    assert "'crm_prod'" in text
    assert "'sandbox'" not in text


def test_a_guarded_connection_asks_for_nothing(site: Callable[..., None], caplog: pytest.LogCaptureFixture) -> None:
    """What is required of the one that its author guards is not required of the other."""
    site(cluster_policy="require", policy_rules="conn:crm_*=require, conn:*=report")
    with a_dag() as dag:
        SalesforcePreflightOperator(task_id="look", salesforce_conn_id="crm_prod") >> mapped()
    policy.apply(dag)
    [line] = warnings(caplog)
    assert "connection 'sandbox', and nothing" in line


def test_what_was_put_before_a_task_is_not_required_any_more(site: Callable[..., None]) -> None:
    """It examines the one that each instance has."""
    site(cluster_policy="require", policy_rules="conn:sandbox=inject")
    with a_dag() as dag:
        mapped()
    policy.apply(dag)
    assert mark_of(dag.get_task("both")) is not None


# ── waivers that do not count ────────────────────────────────────────────────────────────────────────────────────────


def test_a_waiver_that_does_not_count(site: Callable[..., None], caplog: pytest.LogCaptureFixture) -> None:
    """Its author learns why the task is named all the same."""
    with a_dag() as dag:
        for name, waiver in {
            "a": {"reason": "new", "until": "2020-01-01"},
            "b": {"reason": "new", "until": "2020-01-01"},
            "c": {"why": "new"},
        }.items():
            sf(name, params={"sf_health_waiver": waiver})
        sf("d")
    site(cluster_policy="require")
    expired = "the waiver does not count: it expired on 2020-01-01"
    text = refused(dag)
    assert f"Tasks 'a', 'b', connection 'crm' ({expired}):\nTask 'c', connection 'crm' (the waiver does not" in text
    assert "it has the key 'why'; there are 'reason' and 'until'):\nTask 'd', connection 'crm':" in text
    site(cluster_policy="report")
    policy.apply(dag)
    assert [f"before; {expired}. See" in line for line in warnings(caplog)] == [True, True, False, False]


# ── errors at one task ───────────────────────────────────────────────────────────────────────────────────────────────


class Odd(BaseOperator):
    """Finds its connection when it runs."""

    @property
    def salesforce_conn_id(self) -> str:
        raise KeyError("not configured")


class Closed(Reader):
    """Tells nobody of its params."""

    @property
    def params(self) -> Any:
        raise KeyError("not yet")

    @params.setter
    def params(self, value: Any) -> None: ...


@pytest.mark.parametrize("kind", [Odd, Closed])
def test_a_class_of_somebody_elses_that_fails(
    kind: type[BaseOperator], site: Callable[..., None], caplog: pytest.LogCaptureFixture
) -> None:
    """It is named once, the other tasks are judged, and the policy stays on."""
    with a_dag() as dag:
        kind(task_id="odd")
        sf("load")
    for _ in range(2):
        site(cluster_policy="require")
        with pytest.raises(compat.AirflowClusterPolicyViolation, match="'load'"):
            cluster_policy.dag_policy(dag)
    site(cluster_policy="inject")
    cluster_policy.dag_policy(dag)
    assert mark_of(dag.get_task("load")) is not None
    assert cluster_policy.STOPPED == []
    assert len([line for line in warnings(caplog) if f"{__name__}.{kind.__name__}" in line]) == 1


class Unadvised(Reader):
    """Once it is made, does not tell where it begins."""

    is_made: bool

    @property
    def start_from_trigger(self) -> bool:
        if "is_made" in vars(self):
            raise KeyError("not yet")
        return False

    @start_from_trigger.setter
    def start_from_trigger(self, value: Any) -> None: ...


def test_a_class_that_does_not_tell_how_to_guard_it(site: Callable[..., None]) -> None:
    """It is refused as any other, with what guards whatever task there is."""
    site(cluster_policy="require")
    with a_dag() as dag:
        Unadvised(task_id="odd", salesforce_conn_id="crm").is_made = True
        sf("load")
    with pytest.raises(compat.AirflowClusterPolicyViolation) as error:
        cluster_policy.dag_policy(dag)
    assert (
        "Task 'odd', connection 'crm':\n\n    Add as the last line inside the DAG's with block or function:\n\n        guard()"
        in str(error.value)
    )
    assert "Task 'load', connection 'crm':\n\n    Add to the operator's arguments:" in str(error.value)


class Refusing(Reader):
    """Takes no hook."""

    @property
    def _pre_execute_hook(self) -> Any:
        return None

    @_pre_execute_hook.setter
    def _pre_execute_hook(self, value: Any) -> None:
        if value is not None:
            raise AttributeError("not here")


def test_a_class_that_takes_no_hook(site: Callable[..., None], caplog: pytest.LogCaptureFixture) -> None:
    """It is named as a task before which nothing could be put."""
    site(cluster_policy="inject")
    with a_dag() as dag:
        Refusing(task_id="odd", salesforce_conn_id="crm")
        sf("load")
    cluster_policy.dag_policy(dag)
    assert cluster_policy.STOPPED == []
    [line] = [line for line in warnings(caplog) if line.startswith("Task ")]
    assert line.startswith("Task 'odd' of DAG 'acting'")
    assert "nothing examines it before, nor can the policy put it there, which failed with AttributeError. See" in line


def test_tags_that_are_no_texts(site: Callable[..., None]) -> None:
    """No rule is about them."""
    site(cluster_policy="report", policy_rules="tag:fin*=require")
    with a_dag() as dag:
        sf("load")
    dag.tags = {b"finance", ("a", "b"), "finance"}  # type: ignore[arg-type]
    with pytest.raises(compat.AirflowClusterPolicyViolation):
        cluster_policy.dag_policy(dag)


class Unwritten(Exception):
    def __str__(self) -> str:
        raise ValueError("no text")


def test_an_error_that_has_no_text(site: Callable[..., None], monkeypatch: pytest.MonkeyPatch) -> None:
    """It switches the policy off, and leaves Airflow alone."""

    def apply(_: Any) -> None:
        raise Unwritten

    monkeypatch.setattr(policy, "apply", apply)
    site(cluster_policy="report")
    cluster_policy.dag_policy(a_dag())
    assert cluster_policy.STOPPED == ["Unwritten"]


class Whatever:
    """Has an attribute of each name, as what stands for something in another process does."""

    __name__ = "whatever"

    def __getattr__(self, name: str) -> Any:
        return self

    def __call__(self, *_: Any) -> Any:
        return self


def wraps_itself() -> None: ...


wraps_itself.__wrapped__ = wraps_itself  # type: ignore[attr-defined]


@pytest.mark.parametrize("function", [Whatever(), wraps_itself])
@pytest.mark.parametrize("mode", ["require", "inject"])
def test_a_callable_of_which_nothing_is_known(mode: str, function: Any, site: Callable[..., None]) -> None:
    """It has no mark of ours, wherever it stands, and the search for one comes to an end."""
    site(cluster_policy=mode)
    with a_dag() as dag:
        BranchPythonOperator(task_id="calls", python_callable=function, op_kwargs={"salesforce_conn_id": "crm"})
        sf("has_it", pre_execute=function)
        BranchPythonOperator(task_id="other", python_callable=function)
        BaseOperator(task_id="another", pre_execute=function)
    if mode == "require":
        text = refused(dag)
        assert [name in text for name in ("2 tasks", "'calls'", "'has_it'")] == [True, True, True]
        return
    cluster_policy.dag_policy(dag)
    assert cluster_policy.STOPPED == []
    assert [each.task_id for each in dag.tasks if mark_of(each) is not None] == ["calls", "has_it"]


def broken(task: Any) -> None:
    if task.task_id == "b":
        raise ZeroDivisionError("a mistake")


broken_of_ours = FunctionType(broken.__code__, {**globals(), "__name__": "airflow_sf_health.x"})
"""As if it were a function of this package."""


@pytest.mark.parametrize("place", ["judge", "inject"])
def test_an_error_of_ours_at_one_task(
    place: str, site: Callable[..., None], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """The others of its DAG are guarded, what went wrong is said with its task, and the policy is off from then on."""
    judge, inject = _judge.Judge.of, injecting.inject
    if place == "judge":
        monkeypatch.setattr(
            _judge.Judge, "of", lambda self, task, uses: broken_of_ours(task) or judge(self, task, uses)
        )
    else:
        monkeypatch.setattr(
            _acting, "inject", lambda each, settings: broken_of_ours(each.task) or inject(each, settings)
        )
    site(cluster_policy="inject")
    with a_dag() as dag:
        for name in "abc":
            sf(name)
    cluster_policy.dag_policy(dag)
    assert [mark_of(dag.get_task(name)) is not None for name in "abc"] == [True, False, True]
    assert cluster_policy.STOPPED == [
        "ZeroDivisionError: a mistake; at task 'b' of DAG 'acting'; its other tasks were seen to"
    ]
    *_, line = warnings(caplog)
    assert "at task 'b' of DAG 'acting'" in line


# ── the baseline ─────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_baseline_that_is_missing(
    site: Callable[..., None], caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    """It is not asked for where nobody is to be named; where somebody is, nobody is, which is said once."""
    site(cluster_policy="inject", policy_baseline=str(tmp_path / "nowhere.json"))
    with a_dag() as dag:
        sf("a", "crm")
        sf("b", "erp")
    policy.apply(dag)
    assert all(mark_of(each) is not None for each in dag.tasks)
    assert warnings(caplog) == []
    assert (policy.state().mode, policy.state().settings is None) == ("inject", False)
    assert "nowhere.json" in policy.state().problem
    site(policy_rules="conn:erp=require")
    with a_dag() as other:
        sf("a", "crm")
        sf("b", "erp")
    for _ in range(2):
        policy.apply(other)
    assert [mark_of(each) is not None for each in other.tasks] == [True, False]
    [line] = warnings(caplog)
    assert line.startswith("The cluster policy is off but for what it injects: ")


def test_what_is_injected_is_no_policy_that_is_off(site: Callable[..., None], tmp_path: Path) -> None:
    """A rule injects without a baseline as the mode does; rules that only name somebody do not."""
    site(cluster_policy="report", policy_baseline=str(tmp_path / "nowhere.json"), policy_rules="conn:crm=inject")
    assert (policy.state().mode, policy.state().settings is None) == ("report", False)
    site(policy_rules="conn:crm=require")
    assert (policy.state().mode, policy.state().settings) == ("off", None)


@pytest.mark.parametrize("baseline", ["~nobody-of-that-name/b.json", "deep.json"])
def test_a_baseline_that_is_none(
    baseline: str, site: Callable[..., None], caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    """Whatever is wrong with it, it is the site's setting and no error of ours."""
    if baseline == "deep.json":
        (tmp_path / baseline).write_text('{"version": 1, "tasks": ' + "[" * 100_000 + "]" * 100_000 + "}")
        baseline = str(tmp_path / baseline)
    site(cluster_policy="require", policy_baseline=baseline)
    with a_dag() as dag:
        sf("a")
    cluster_policy.dag_policy(dag)
    assert cluster_policy.STOPPED == []
    [line] = warnings(caplog)
    assert line.startswith("The cluster policy is off: ")
    assert f"{baseline}, cannot be used" in line


# ── beside a site's own policy ───────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("is_first", [True, False])
def test_a_sites_own_policy_comes_first(is_first: bool, site: Callable[..., None]) -> None:
    """A DAG that it guards is guarded, whichever of the two Airflow has loaded first."""
    pluggy = importlib.import_module("pluggy")
    policies = importlib.import_module("airflow.policies")
    plugins = pluggy.PluginManager(policies.local_settings_hookspec.project_name)
    plugins.add_hookspecs(policies)

    def dag_policy(dag: Any) -> None:
        guard(dag)

    own = SimpleNamespace(dag_policy=policies.hookimpl(dag_policy))
    for each in (cluster_policy, own) if is_first else (own, cluster_policy):
        plugins.register(each)
    site(cluster_policy="require")
    with a_dag() as dag:
        sf("a")
    plugins.hook.dag_policy(dag=dag)
    assert sorted(dag.task_ids) == ["a", "preflight_crm"]
