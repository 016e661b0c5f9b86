"""Under the policy "inject", DAG files that know nothing of this package, as Airflow reads and runs them."""

from __future__ import annotations

import importlib
import importlib.metadata
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from airflow_sf_health import compat
from airflow_sf_health.testing import FakeOrg

INSTALLED = [e for e in importlib.metadata.entry_points(group="airflow.policy") if e.name == "airflow_sf_health"]
FOLDER = Path(__file__).parent / "untouched"
RESULT = "/services/async/*/result"
APEX = "/services/apexrest/*"
SALESFORCE = {"load", "apex", "to_s3", "to_gcs"}


class Untouched:
    """The DAGs of the folder, as Airflow gives them."""

    def __init__(self, folder: Path, notes: Path, said: Callable[[], str]) -> None:
        self._folder, self._notes, self._said = folder, notes, said
        self.log = ""

    def dag(self, name: str) -> Any:
        bundle = {"bundle_path": self._folder.parent} if compat.AIRFLOW_V_3_0_PLUS else {}
        bag = compat.dag_bag()(str(self._folder), **bundle)
        assert bag.import_errors == {}
        return bag.dags[f"untouched_{name}"]

    def run(self, name: str) -> dict[str, Any]:
        """The task instances of one run, by id; of a mapped task with its index."""
        self._notes.write_text("")
        self._said()
        found = self.dag(name).test().get_task_instances()
        self.log = self._said()
        return {each.task_id + (f"[{each.map_index}]" if each.map_index >= 0 else ""): each for each in found}

    def ended(self, name: str) -> dict[str, tuple[str, int]]:
        """How each task ended, and on which try."""
        return {task_id: (str(each.state), each.try_number) for task_id, each in self.run(name).items()}

    @property
    def words(self) -> list[str]:
        return self._notes.read_text().split("\n")[:-1]


@pytest.fixture
def untouched(
    tmp_path: Path,
    airflow_home: Path,
    crm_prod: Callable[..., None],
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> Iterator[Untouched]:
    """With the policy "inject", through the entry point where this package is installed."""
    settings = importlib.import_module("airflow.settings")  # first: it looks for policies when it is imported
    from airflow_sf_health import cluster_policy

    policies = None if INSTALLED else settings.get_policy_plugin_manager()
    if policies is not None:
        policies.register(cluster_policy)
    # One of their own among this Airflow's DAGs, which other tests have left there.
    folder = airflow_home / "dags" / FOLDER.name
    shutil.copytree(FOLDER, folder, ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.syspath_prepend(str(folder))
    monkeypatch.delitem(sys.modules, "notes", raising=False)
    monkeypatch.setenv("AIRFLOW__SF_HEALTH__CLUSTER_POLICY", "inject")
    monkeypatch.setenv("SF_HEALTH_TESTS_NOTES", str(tmp_path / "notes"))
    yield Untouched(folder, tmp_path / "notes", lambda: "".join(capfd.readouterr()))
    assert cluster_policy.STOPPED == []
    shutil.rmtree(folder)
    if policies is not None:
        policies.unregister(cluster_policy)


def test_a_healthy_org(org: FakeOrg, untouched: Untouched) -> None:
    """Every task does its work, after an examination for each one that uses Salesforce."""
    with org.fault(path=APEX, status=200, body={"done": True}):
        ended = untouched.ended("nightly")
    assert set(ended.values()) == {("success", 1)}
    assert sorted(untouched.words) == ["after", "before", "makes_a_hook", "to_gcs", "to_s3"]
    stock_clients = 2  # those of the load and of the Apex call, which log in by themselves
    assert org.counts().logins == len(SALESFORCE) + stock_clients


def test_an_inactive_user(org: FakeOrg, untouched: Untouched) -> None:
    """Each task that uses Salesforce fails on its first try of three with the advice in its log; every other one runs."""
    org.user().active = False
    found = untouched.run("nightly")
    failed = {task_id for task_id, each in found.items() if str(each.state) == "failed"}
    assert failed == SALESFORCE
    assert {each.try_number for each in found.values()} == {1}
    assert sorted(untouched.words) == ["after", "before", "makes_a_hook"]
    assert {found[name].xcom_pull(task_ids=name, key="sf_health")["cause"] for name in failed} == {"user_inactive"}
    # Airflow 2.11 prints each line twice.
    assert untouched.log.count("2 retries were not spent") >= len(SALESFORCE)
    assert untouched.log.count("  cause    user_inactive") >= len(SALESFORCE)


def test_mapped_tasks(org: FakeOrg, untouched: Untouched) -> None:
    """Each instance examines the connection that stands in its DAG's default arguments, and none is tried again."""
    assert set(untouched.ended("mapped").values()) == {("success", 1)}
    org.user().active = False
    ended = untouched.ended("mapped")
    assert ended == {"rows": ("success", 1), "load[0]": ("failed", 1), "load[1]": ("failed", 1)}


@pytest.mark.parametrize("name", ["of_the_task", "of_the_defaults"])
def test_the_tasks_own_hooks_and_callbacks(name: str, org: FakeOrg, untouched: Untouched) -> None:
    """They run as they did: hooks around the work of a healthy task, callbacks for one that fails."""
    assert {state for state, _ in untouched.ended(name).values()} == {"success"}
    assert untouched.words == ["own pre_execute", "own post_execute"]
    org.user().active = False
    assert set(untouched.ended(name).values()) == {("failed", 1)}
    assert untouched.words == ["own callback", "another callback"][: 2 if name == "of_the_task" else 1]


@pytest.mark.parametrize("name", ["of_the_task", "of_the_defaults"])
def test_the_switchable_extras_leave_them(
    name: str, org: FakeOrg, untouched: Untouched, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With all that can be added: refused rows fail the load after the task's own hooks, once, and its own callbacks are called."""
    for each in ("RETRY_POLICY", "EXPLAIN_FAILURE", "BULK_CHECK"):
        monkeypatch.setenv(f"AIRFLOW__SF_HEALTH__INJECT_{each}", "True")
    error = {"statusCode": "INACTIVE_OWNER_OR_USER", "message": "operation performed with inactive user", "fields": []}
    refused = {"success": False, "created": False, "id": None, "errors": [error]}
    with org.fault(path=RESULT, status=200, body=[refused, refused]):
        assert set(untouched.ended(name).values()) == {("failed", 1)}
    assert untouched.words[:2] == ["own pre_execute", "own post_execute"]
    assert untouched.words[2:] == ["own callback", "another callback"][: 2 if name == "of_the_task" else 1]
    assert "Salesforce refused 2 of 2 rows" in untouched.log


def test_a_class_with_a_pre_execute_of_its_own(org: FakeOrg, untouched: Untouched) -> None:
    """Its method runs after a healthy examination, plain and mapped, and not at all after another; one examination for each."""
    assert set(untouched.ended("overriding").values()) == {("success", 1)}
    assert untouched.words == ["own method", "plain", "own method", "a"]
    assert org.counts().by_path["/services/data/v64.0/composite"] == 2
    org.user().active = False
    assert untouched.ended("overriding")["plain"] == ("failed", 1)
    assert untouched.words == []


def test_a_task_that_defers(org: FakeOrg, untouched: Untouched) -> None:
    """It is examined before it begins and not when it goes on."""
    assert untouched.ended("deferring")["waits"][0] == "success"
    assert untouched.words == ["began", "went on"]
    assert org.counts().by_path["/services/data/v64.0/composite"] == 1
    org.user().active = False
    assert untouched.ended("deferring") == {"waits": ("failed", 1)}
    assert untouched.words == []


def test_a_connection_that_only_the_run_knows(org: FakeOrg, untouched: Untouched) -> None:
    """The template is rendered first."""
    assert untouched.ended("late") == {"reads": ("success", 1)}
    org.user().active = False
    assert untouched.ended("late") == {"reads": ("failed", 1)}
    assert "connection 'crm_prod'" in untouched.log


def test_it_is_seen_in_the_tasks_texts(untouched: Untouched) -> None:
    """A line below the author's own text, the same however often the file is read."""
    line = "Guarded by the cluster policy of airflow-sf-health: {} is examined before the task runs."
    for _ in range(2):
        nightly = untouched.dag("nightly")
        assert nightly.get_task("load").doc_md == "Loads.\n\n" + line.format("connection 'crm_prod'")
        assert nightly.get_task("apex").doc_md == line.format("connection 'crm_prod'")
        assert untouched.dag("late").get_task("reads").doc_md == line.format("its connection")
        assert untouched.dag("mapped").get_task("load").doc_md == line.format("connection 'crm_prod'")
        assert nightly.get_task("before").doc_md is None
