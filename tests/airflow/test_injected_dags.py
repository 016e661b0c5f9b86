"""DAGs of untouched files after the policy has had them: as Airflow writes them down, copies them, and makes tasks of mapped ones."""

from __future__ import annotations

import copy
import importlib
import json
import os
import pickle
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from airflow_sf_health import compat
from airflow_sf_health.enforcement.injecting import inject
from airflow_sf_health.enforcement.judging import judged
from airflow_sf_health.enforcement.values import PolicySettings
from airflow_sf_health.guards import own

FOLDER = Path(__file__).parent / "untouched"
ALL = PolicySettings(mode="inject", inject_retry_policy=True, inject_explain_failure=True, inject_bulk_check=True)
NAMES = ("nightly", "mapped", "of_the_task", "of_the_defaults", "overriding", "deferring", "late")
WRITES = f"""
import json, sys
sys.path[:0] = [{str(Path(__file__).parent)!r}, {str(FOLDER)!r}]
from test_injected_dags import dags_after_the_policy, written
for dag in dags_after_the_policy():
    print("WRITTEN", json.dumps(written(dag), sort_keys=True, default=str))
"""


def dags_after_the_policy() -> list[Any]:
    found = [getattr(importlib.import_module(name), dag) for name, dag in zip(_modules(), NAMES, strict=True)]
    for dag in found:
        for _ in range(2):
            for each in judged(dag):
                inject(each, ALL)
    return found


def _modules() -> tuple[str, ...]:
    return ("nightly",) * 2 + ("with_hooks",) * 5


def written(dag: Any) -> dict[str, Any]:
    """What Airflow keeps of a DAG."""
    home = importlib.import_module("airflow.serialization.serialized_objects")
    kind = getattr(home, "DagSerialization", None) or home.SerializedDAG
    return kind.to_dict(dag)


@pytest.fixture
def dags(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Read anew for each test."""
    monkeypatch.syspath_prepend(str(FOLDER))
    for name in ("notes", "nightly", "with_hooks"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    return {dag.dag_id.removeprefix("untouched_"): dag for dag in dags_after_the_policy()}


def test_each_process_writes_the_same() -> None:
    """Two processes, in which sets have another order, write the DAGs as each other: else Airflow had a new version of each one
    whenever it reads the file.
    """
    found = []
    for seed in ("1", "2"):
        variables = os.environ | {"PYTHONHASHSEED": seed}
        done = subprocess.run(
            [sys.executable, "-c", WRITES], env=variables, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        found.append([line for line in done.stdout.splitlines() if line.startswith("WRITTEN")])
    assert len(found[0]) == len(NAMES)
    assert found[0] == found[1]
    assert " at 0x" not in "".join(found[0])


def test_to_have_the_policy_once_more_changes_nothing(dags: dict[str, Any]) -> None:
    """Neither what is written nor the tasks' own hooks."""
    before = {name: json.dumps(written(dag), sort_keys=True, default=str) for name, dag in dags.items()}
    hooks = {name: [own(task, "pre_execute") for task in dag.tasks] for name, dag in dags.items()}
    for name, dag in dags.items():
        for each in judged(dag):
            assert each.is_guarded
            inject(each, ALL)
        assert json.dumps(written(dag), sort_keys=True, default=str) == before[name]
        assert [own(task, "pre_execute") for task in dag.tasks] == hooks[name]


def test_copies(dags: dict[str, Any]) -> None:
    """Airflow copies a DAG to clear a part of it; the copies examine as well."""
    for dag in dags.values():
        copied = copy.deepcopy(dag)
        part = dag.partial_subset([task.task_id for task in dag.tasks][:1], include_downstream=True)
        for task in (*copied.tasks, *part.tasks):
            assert own(task, "pre_execute") == own(dag.get_task(task.task_id), "pre_execute")


@pytest.mark.parametrize("name", ["pre_execute", "post_execute", "on_failure_callback", "retry_policy"])
def test_what_is_put_in_can_be_pickled(name: str, dags: dict[str, Any]) -> None:
    """As the task's own can."""
    for task in (task for dag in dags.values() for task in dag.tasks):
        value = own(task, name)
        copied = pickle.loads(pickle.dumps(value))
        assert copied == value or repr(copied) == repr(value)


@pytest.mark.parametrize("name", ["mapped", "of_the_defaults"])
def test_an_instance_of_a_mapped_task_has_all_of_it(name: str, dags: dict[str, Any]) -> None:
    """Also where the author's own comes of the DAG's default arguments, which Airflow reads at different times."""
    task = dags[name].get_task("load")
    instance = task.unmap({"payload": [{"Name": "Acme"}]})
    words = ["pre_execute", "post_execute"] + ["retry_policy"] * compat.AIRFLOW_V_3_3_PLUS
    for each in words:
        assert own(instance, each) is own(task, each)
    assert own(instance, "pre_execute").injected
    assert instance.doc_md == task.doc_md
    callbacks = [each.__name__ for each in own(instance, "on_failure_callback")]
    if name == "of_the_defaults":
        assert own(instance, "pre_execute").then.__name__ == "own_pre_execute"
        assert own(instance, "post_execute").first.__name__ == "own_post_execute"
        assert callbacks == ["explain_failure", "own_callback"]
    else:
        assert callbacks == ["explain_failure"]


def test_a_class_that_was_seen_to_is_as_it_was_for_other_tasks(
    dags: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """On Airflow 2.11 the method of a class is replaced; a task without a hook, or of a subclass, does what it did."""
    notes: Any = importlib.import_module("notes")
    said: list[str] = []

    class Below(notes.Overriding):
        def pre_execute(self, context: Any) -> None:
            said.append("below")
            super().pre_execute(context)

    monkeypatch.setattr(notes, "note", said.append)
    for kind in (notes.Overriding, notes.OverridingToo, Below):
        kind(task_id="untouched").pre_execute({})
    assert said == ["own method", "own method", "below", "own method"]
