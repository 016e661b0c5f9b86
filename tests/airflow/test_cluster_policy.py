"""The cluster policy, called by Airflow as it reads DAG files."""

from __future__ import annotations

import builtins
import importlib
import importlib.metadata
import json
import logging
import shutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from airflow.providers.common.compat.sdk import DAG  # before ours, since it is Airflow that loads the policy

from airflow_sf_health import cluster_policy, compat
from airflow_sf_health.edges.metrics import count_unguarded
from airflow_sf_health.enforcement import judging, policy
from airflow_sf_health.enforcement.baseline import Baseline
from airflow_sf_health.inference import mark_of

ENTRY_POINTS = [e for e in importlib.metadata.entry_points(group="airflow.policy") if e.name == "airflow_sf_health"]
pytestmark = pytest.mark.skipif(
    not ENTRY_POINTS, reason="airflow-sf-health is not installed, so Airflow knows no policy of its"
)

HEAD = """
import pendulum
from airflow.providers.common.compat.sdk import DAG, BaseOperator, task
from airflow.providers.salesforce.operators.bulk import SalesforceBulkOperator

from airflow_sf_health import guard, preflight, preflight_hook


class Other(BaseOperator):
    def execute(self, context): ...


def load(task_id="load", conn_id="crm_prod", **kwargs):
    return SalesforceBulkOperator(
        task_id=task_id, operation="insert", object_name="Account", payload=[{}], salesforce_conn_id=conn_id, **kwargs
    )


def dag(dag_id, **kwargs):
    return DAG(dag_id, schedule=None, start_date=pendulum.datetime(2026, 1, 1, tz="UTC"), **kwargs)

"""
FILES = {
    "crm/bare.py": "with dag('bare', tags=['sales']):\n    load()\n    load('export', 'crm_eu')\n    Other(task_id='other')\n",
    "crm/guarded.py": "with dag('guarded') as guarded:\n    load()\nguard(guarded)\n",
    "crm/two.py": "with dag('two_a'):\n    load()\nwith dag('two_b'):\n    Other(task_id='other')\n",
    "erp/other.py": "with dag('other'):\n    Other(task_id='other')\n",
    "crm/mapped.py": (
        "with dag('mapped'):\n"
        "    SalesforceBulkOperator.partial(\n"
        "        task_id='load', operation='insert', object_name='Account', salesforce_conn_id='crm_prod'\n"
        "    ).expand(payload=[[{}], [{}]])\n"
    ),
}
UNGUARDED = {"crm/bare.py", "crm/two.py", "crm/mapped.py"}


@dataclass(frozen=True)
class Bag:
    """What Airflow has got of a folder: DAGs by id, errors by file."""

    dags: Mapping[str, Any]
    errors: Mapping[str, str]


Read = Callable[..., Bag]


@pytest.fixture
def read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Read]:
    """Have Airflow read these DAG files, with these options of the policy."""
    folder = tmp_path / "dags"
    monkeypatch.setattr("airflow.settings.DAGS_FOLDER", str(folder))
    monkeypatch.setenv("AIRFLOW__CORE__DAGS_FOLDER", str(folder))

    def read(files: Mapping[str, str] = FILES, **options: str) -> Bag:
        for name, value in options.items():
            monkeypatch.setenv(f"AIRFLOW__SF_HEALTH__{name.upper()}", value)
        shutil.rmtree(folder, ignore_errors=True)
        for name, text in files.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(HEAD + text)
        return bag_of(folder)

    policy._complain.cache_clear()
    yield read
    cluster_policy.STOPPED.clear()
    policy._complain.cache_clear()


def bag_of(folder: Path) -> Bag:
    bundle = {"bundle_path": folder} if compat.AIRFLOW_V_3_0_PLUS else {}
    bag = compat.dag_bag()(str(folder), **bundle)
    names = {
        str(Path(name).relative_to(folder)) if Path(name).is_absolute() else name: text
        for name, text in bag.import_errors.items()
    }
    return Bag(bag.dags, names)


def said(caplog: pytest.LogCaptureFixture, level: int = logging.WARNING) -> list[str]:
    """What the policy has logged."""
    return [
        each.getMessage()
        for each in caplog.records
        if each.name == "airflow_sf_health.cluster_policy" and each.levelno >= level
    ]


def day(days: int) -> str:
    return (datetime.now(UTC).date() + timedelta(days=days)).isoformat()


def test_it_is_off_by_default(read: Read, caplog: pytest.LogCaptureFixture) -> None:
    """Who installs the plugin has asked for nothing."""
    bag = read()
    assert (bag.errors, said(caplog)) == ({}, [])
    assert sorted(bag.dags) == ["bare", "guarded", "mapped", "other", "two_a", "two_b"]


def test_report_logs_each_unguarded_task(read: Read, caplog: pytest.LogCaptureFixture) -> None:
    """One line each, with task, DAG, file, connection and where to read on; every DAG is loaded."""
    bag = read(cluster_policy="report", docs_url="https://wiki.example.com")
    assert bag.errors == {}
    assert len(bag.dags) == 6
    assert sorted(said(caplog)) == [
        f"Task '{task}' of DAG '{dag}' ({file}) uses Salesforce connection '{conn_id}', and nothing examines it before. "
        "See https://wiki.example.com/cluster-policy"
        for task, dag, file, conn_id in (
            ("export", "bare", "crm/bare.py", "crm_eu"),
            ("load", "bare", "crm/bare.py", "crm_prod"),
            ("load", "mapped", "crm/mapped.py", "crm_prod"),
            ("load", "two_a", "crm/two.py", "crm_prod"),
        )
    ]


def test_a_worker_that_reads_the_file_reports_nothing(
    read: Read, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The log of a task is for whoever has to mend the task."""
    # What Airflow tells a file of the task for whose sake it is read.
    monkeypatch.setenv("_AIRFLOW_PARSING_CONTEXT_DAG_ID", "bare")
    monkeypatch.setenv("_AIRFLOW_PARSING_CONTEXT_TASK_ID", "load")
    read(cluster_policy="report")
    assert said(caplog) == []


def test_require_refuses_the_unguarded_files_and_no_others(read: Read) -> None:
    """Every DAG of such a file is gone that came to be read; those of others are as they were."""
    bag = read(cluster_policy="require")
    assert set(bag.errors) == UNGUARDED
    assert {"guarded", "other"} <= set(bag.dags)
    assert not {"bare", "mapped", "two_a"} & set(bag.dags)


def test_the_refusal_says_what_to_write(read: Read) -> None:
    """Its author sees it on Airflow's page of import errors, and nothing else: which tasks, what line, how to waive it, where to read."""
    error = read(cluster_policy="require", docs_url="https://wiki.example.com/").errors["crm/bare.py"]
    assert error.startswith("AirflowClusterPolicyViolation: DAG 'bare' (crm/bare.py) has 2 tasks that use Salesforce")
    for part in (
        "'load'",
        "'crm_prod'",
        "'export'",
        "'crm_eu'",
        "pre_execute=preflight_hook()",
        "sf_health_waiver",
        "sf-health:waived",
    ):
        assert part in error
    assert error.endswith("\nhttps://wiki.example.com/cluster-policy")


def test_what_the_refusal_says_is_enough(read: Read) -> None:
    """With the line that it shows, the file is loaded."""
    added = FILES["crm/two.py"].replace("load()", "load(pre_execute=preflight_hook())")
    assert set(read({**FILES, "crm/two.py": added}, cluster_policy="require").errors) == UNGUARDED - {"crm/two.py"}


def test_require_only_reports_before_its_day(read: Read, caplog: pytest.LogCaptureFixture) -> None:
    """Authors have time until then."""
    assert read(cluster_policy="require", enforce_after=day(1)).errors == {}
    assert len(said(caplog)) == 4
    assert set(read(cluster_policy="require", enforce_after=day(0)).errors) == UNGUARDED


def test_a_baseline_keeps_what_is_old(read: Read, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Its tasks are loaded; one that joined their file later refuses it, and is the only one named."""
    place = tmp_path / "baseline.json"
    place.write_text(Baseline.of([("crm/bare.py", "bare", "load"), ("crm/two.py", "two_a", "load")]).text())
    bag = read(cluster_policy="require", policy_baseline=str(place))
    assert set(bag.errors) == {"crm/bare.py", "crm/mapped.py"}
    assert "'export'" in bag.errors["crm/bare.py"]
    assert "'load'" not in bag.errors["crm/bare.py"]
    assert said(caplog) == []


def test_waivers_rules_and_globs(read: Read) -> None:
    """Whoever has a word of its own is asked for nothing."""
    files = {
        "waived/tag.py": "with dag('tag', tags=['sf-health:waived']):\n    load()\n",
        "waived/task.py": "with dag('task_'):\n    load(params={'sf_health_waiver': {'reason': 'a sandbox'}})\n",
        "waived/dag.py": f"with dag('dag_', params={{'sf_health_waiver': {{'reason': 'until then', 'until': '{day(1)}'}}}}):\n    load()\n",
        "expired.py": f"with dag('expired'):\n    load(params={{'sf_health_waiver': {{'reason': 'was', 'until': '{day(-1)}'}}}})\n",
        "sandbox/a.py": "with dag('a'):\n    load()\n",
        "b.py": "with dag('b_sandbox'):\n    load()\n",
        "rule_conn.py": "with dag('rule_conn'):\n    load(conn_id='dev_1')\n",
        "rule_tag.py": "with dag('rule_tag', tags=['team:free']):\n    load()\n",
        "bare.py": "with dag('bare'):\n    load()\n",
    }
    options = {"policy_exclude": "sandbox/*\n*_sandbox", "policy_rules": "conn:dev_*=off, tag:team:free=off"}
    assert set(read(files, cluster_policy="require", **options).errors) == {"expired.py", "bare.py"}
    included = read(files, cluster_policy="require", policy_include="waived/*, expired", **options)
    assert set(included.errors) == {"expired.py"}


def test_named_connections_make_salesforce_tasks(read: Read) -> None:
    """An operator that nobody knows is one by the connection that the site names."""
    text = "class Sync(BaseOperator):\n    def __init__(self, http_conn_id, **kwargs):\n        super().__init__(**kwargs)\n"
    text += "        self.http_conn_id = http_conn_id\nwith dag('sync'):\n    Sync(task_id='sync', http_conn_id='crm_rest')\n"
    assert read({"sync.py": text}, cluster_policy="require").errors == {}
    assert set(read({"sync.py": text}, cluster_policy="require", policy_connections="crm_rest").errors) == {"sync.py"}


def test_inject_guards_without_a_change_of_the_source(read: Read, caplog: pytest.LogCaptureFixture) -> None:
    """Each Salesforce task examines by itself, mapped ones too; others are as they were, and nothing is reported."""
    bag = read(cluster_policy="inject")
    assert (bag.errors, said(caplog)) == ({}, [])
    examining = {
        f"{dag_id}.{task.task_id}"
        for dag_id, dag in bag.dags.items()
        for task in dag.tasks
        if mark_of(task) is not None
    }
    assert examining == {"bare.load", "bare.export", "two_a.load", "mapped.load"}


def test_what_cannot_be_guarded_from_outside_is_reported(read: Read, caplog: pytest.LogCaptureFixture) -> None:
    """A task that begins in the triggerer runs in no worker before; the log says so, and what its author can do."""
    text = "class Waiting(SalesforceBulkOperator):\n    start_from_trigger = True\n"
    text += "with dag('waiting'):\n    Waiting(task_id='wait', operation='insert', object_name='A', payload=[{}], salesforce_conn_id='crm')\n"
    assert read({"waiting.py": text}, cluster_policy="inject").errors == {}
    [line] = said(caplog)
    assert "Task 'wait' of DAG 'waiting'" in line
    assert "nor can the policy put it there. It begins in the triggerer" in line


def test_whoever_observes_is_neither_refused_nor_told(read: Read, caplog: pytest.LogCaptureFixture) -> None:
    """A command that lists what is unguarded reads the DAGs; what is injected, it sees."""
    with policy.observing():
        assert read(cluster_policy="require").errors == {}
        read(cluster_policy="report")
        assert said(caplog) == []
        injected = read(cluster_policy="inject").dags["bare"].get_task("load")
    assert mark_of(injected) is not None
    assert set(read(cluster_policy="require").errors) == UNGUARDED


WRONG = {
    "mode": (
        {"cluster_policy": "enforce"},
        "cluster_policy is 'enforce'. Set it to one of off, report, require, inject",
    ),
    "globs": ({"policy_include": "/opt/dags/*"}, "policy_include is '/opt/dags/*'"),
    "rules": ({"policy_rules": "finance=require"}, "policy_rules is 'finance=require'"),
    "day": ({"enforce_after": "soon"}, "enforce_after is 'soon'"),
    "no baseline": ({"policy_baseline": "nowhere.json"}, "nowhere.json, cannot be used: no such file"),
    "no json": ({"policy_baseline": "{tmp}/broken.json"}, "broken.json, cannot be used: is no baseline"),
}


@pytest.mark.parametrize("name", WRONG)
def test_wrong_settings_switch_it_off(name: str, read: Read, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Every DAG is loaded; what is wrong is logged once, however many DAGs there are, and shown by the policy's state."""
    (tmp_path / "broken.json").write_text("[1, 2")
    given, problem = WRONG[name]
    options = {"cluster_policy": "require", **given}
    bag = read(**{option: value.replace("{tmp}", str(tmp_path)) for option, value in options.items()})
    assert (bag.errors, len(bag.dags)) == ({}, 6)
    [line] = said(caplog)
    assert line.startswith("The cluster policy is off: ")
    assert problem in line
    state = policy.state()
    assert (state.mode, state.settings, state.stopped) == ("off", None, "")
    assert problem in state.problem


def test_settings_that_were_mended_hold_at_once(read: Read) -> None:
    """No process has to be started anew."""
    assert read(cluster_policy="enforce").errors == {}
    assert set(read(cluster_policy="require").errors) == UNGUARDED
    assert (policy.state().mode, policy.state().problem, policy.state().is_loaded) == ("require", "", True)


def test_an_error_of_ours_switches_it_off(
    read: Read, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever goes wrong inside: each DAG is loaded, it is logged once, and the process goes on without the policy."""

    def broken(*args: Any, **kwargs: Any) -> Any:
        raise ZeroDivisionError("a mistake of ours")

    monkeypatch.setattr(judging, "judged", broken)
    bag = read(cluster_policy="require")
    assert (bag.errors, len(bag.dags)) == ({}, 6)
    [line] = said(caplog)
    assert line.startswith("The cluster policy is off: ")
    assert line.endswith("ZeroDivisionError: a mistake of ours")
    assert policy.state().stopped == "ZeroDivisionError: a mistake of ours"


def test_a_dependency_that_is_missing_switches_it_off(
    read: Read, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An installation that was broken by somebody's upgrade reads its DAGs all the same."""
    importing = builtins.__import__

    def without_ours(name: str, *args: Any, **kwargs: Any) -> Any:
        if name.startswith("airflow_sf_health.enforcement"):
            raise ModuleNotFoundError("No module named 'pendulum'")
        return importing(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", without_ours)
    bag = read(cluster_policy="inject")
    assert (bag.errors, len(bag.dags)) == ({}, 6)
    [line] = said(caplog)
    assert line.endswith("ModuleNotFoundError: No module named 'pendulum'")


def test_options_that_airflow_cannot_read_switch_it_off(read: Read, caplog: pytest.LogCaptureFixture) -> None:
    """A secrets backend or a command for an option that fails is the site's trouble, and no DAG's."""
    bag = read(cluster_policy="%(nowhere)s")
    assert (bag.errors, len(bag.dags)) == ({}, 6)
    assert len(said(caplog)) == 1


def test_airflows_own_time_limit_passes(monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that takes too long is ended by Airflow, wherever the time was spent, and that is no error of ours."""

    def slow(*args: Any, **kwargs: Any) -> Any:
        raise compat.AirflowTaskTimeout("DagBag import timeout")

    monkeypatch.setattr(judging, "uses_salesforce", slow)
    monkeypatch.setenv("AIRFLOW__SF_HEALTH__CLUSTER_POLICY", "report")
    with pytest.raises(compat.AirflowTaskTimeout):
        cluster_policy.dag_policy(DAG("any", schedule=None))
    assert cluster_policy.STOPPED == []


def test_a_counter_for_each_unguarded_task(read: Read, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever counts sees DAG, connection and mode; where tags are lost, the name says them."""
    sent: list[tuple[str, dict[str, str]]] = []

    class Stats:
        @staticmethod
        def incr(name: str, count: int = 1, *, tags: dict[str, str]) -> None:
            sent.append((name, tags))

    monkeypatch.setattr(compat, "stats", lambda: Stats)
    monkeypatch.setenv("AIRFLOW__METRICS__STATSD_ON", "True")
    read({"crm/two.py": FILES["crm/two.py"]}, cluster_policy="report")
    tags = {"dag_id": "two_a", "conn_id": "crm_prod", "mode": "report"}
    assert sent == [("sf_health.unguarded", tags), ("sf_health.unguarded.two_a.crm_prod.report", {})]


def test_tasks_alike_are_counted_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """A DAG of a thousand unguarded tasks sends one number, not a thousand."""
    sent: list[tuple[int, str]] = []

    class Stats:
        @staticmethod
        def incr(_: str, count: int = 1, *, tags: dict[str, str]) -> None:
            sent.append((count, tags["conn_id"]))

    monkeypatch.setattr(compat, "stats", lambda: Stats)
    monkeypatch.setenv("AIRFLOW__METRICS__STATSD_ON", "True")
    monkeypatch.setenv("AIRFLOW__METRICS__STATSD_DATADOG_ENABLED", "True")
    count_unguarded("nightly", [("crm", "report"), ("erp", "report"), ("crm", "report")])
    assert sent == [(2, "crm"), (1, "erp")]


def test_the_same_file_gives_the_same_dag_each_time(read: Read) -> None:
    """The DAG processor and each worker come to the same; so does whoever calls the policy on a DAG once more."""
    from airflow_sf_health.enforcement.policy import apply

    serialized = []
    for _ in range(2):
        dag = read(cluster_policy="inject").dags["bare"]
        serialized.append(written(dag))
        apply(dag)
        serialized.append(written(dag))
    assert len(set(serialized)) == 1


def written(dag: Any) -> str:
    module = importlib.import_module("airflow.serialization.serialized_objects")
    kind = getattr(module, "DagSerialization", None) or module.SerializedDAG
    return json.dumps(kind.to_dict(dag), sort_keys=True, default=str)
