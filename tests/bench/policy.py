"""What the cluster policy costs: for each DAG that is read, for the first one of a process, and for `import airflow`."""

from __future__ import annotations

import gc
import os
import re
import subprocess
import sys
import time
from typing import Any, NamedTuple

from bench.measure import table

TASKS = 1000
MORE = 5
ROUNDS = 7
FEWER = 3
ENTRY = """
import importlib, importlib.metadata as metadata, sys, time, types

VALUE = "airflow_sf_health.cluster_policy"
kinds = {metadata.EntryPoint}
try:
    import importlib_metadata  # by which Airflow reads them before Python 3.12
    kinds.add(importlib_metadata.EntryPoint)
except ModuleNotFoundError:
    pass
for kind in kinds:
    kind.load = lambda each, load=kind.load: types.ModuleType("none") if each.value == VALUE else load(each)
load = importlib.import_module

import airflow.settings

before, started = set(sys.modules), time.perf_counter()
entry = metadata.EntryPoint(name="airflow_sf_health", value=VALUE, group="airflow.policy")
airflow.settings.get_policy_plugin_manager().register(load(entry.value), name=entry.value)
print(time.perf_counter() - started, len(set(sys.modules) - before))
"""
"""Airflow without our entry point, and then what it does with it: in the same process, since two of them differ by more than that."""

FORKED = """
import os, sys, time

import airflow.dag_processing.processor
from airflow.providers.common.compat.sdk import DAG, BaseOperator
from airflow.providers.salesforce.operators.bulk import SalesforceBulkOperator

from airflow_sf_health import cluster_policy

with DAG("bench", schedule=None) as dag:
    if "salesforce" in sys.argv:
        SalesforceBulkOperator(task_id="load", operation="insert", object_name="Account", payload=[{}])
    else:
        BaseOperator(task_id="task")
for _ in range(15):
    if not os.fork():
        started = time.process_time()
        cluster_policy.dag_policy(dag)
        print(time.process_time() - started, flush=True)
        os._exit(0)
    os.wait()
"""
"""As the DAG processor does for each file at each parse: what its parent has not loaded, each of its children loads anew."""


class Shape(NamedTuple):
    """A DAG to measure: each so-manieth of its tasks uses Salesforce (0: none); half of these are guarded by an edge, half by a hook."""

    name: str
    every: int
    mode: str
    is_guarded: bool = False
    is_mapped: bool = False


SHAPES = (
    Shape("1 of 5 uses Salesforce, guarded", 5, "report", is_guarded=True),
    Shape("1 of 5 uses Salesforce, guarded", 5, "require", is_guarded=True),
    Shape("1 of 5 uses Salesforce, unguarded", 5, "inject"),
    Shape("each uses Salesforce, guarded", 1, "report", is_guarded=True),
    Shape("each uses Salesforce, guarded", 1, "require", is_guarded=True),
    Shape("each uses Salesforce, unguarded", 1, "report"),
    Shape("each uses Salesforce, unguarded", 1, "require"),
    Shape("each uses Salesforce, unguarded", 1, "inject"),
    Shape("each uses Salesforce, mapped", 1, "inject", is_mapped=True),
    Shape("none uses Salesforce", 0, "require"),
)


def run() -> str:
    before = dict(os.environ)
    try:
        rows = [("DAG", "mode", f"{TASKS:,} tasks", "aim", f"{MORE * TASKS:,} tasks", "ratio")]
        rows += [(shape.name, shape.mode, *_cells(shape)) for shape in SHAPES]
    finally:
        os.environ.clear()
        os.environ.update(before)
    return "\n\n".join((table("Cluster policy, over the policy off (processor time)", rows), _forked(), _imports()))


def _cells(shape: Shape) -> tuple[str, str, str, str]:
    small, large = _extra(TASKS, shape, ROUNDS), _extra(MORE * TASKS, shape, FEWER)
    return f"{small * 1000:.1f} ms", "20 ms", f"{large * 1000:.1f} ms", f"{large / small:.1f}"


def _extra(tasks: int, shape: Shape, rounds: int) -> float:
    """The seconds that Airflow's call of the policy takes longer than with the policy off. It waits for nothing, so processor time is all
    of it, and what else the machine does only ever adds to it: the least of some rounds is meant. What a log handler makes of the lines
    of `report` is no part of it: here there is none for warnings.
    """
    taken: dict[str, list[float]] = {"off": [], shape.mode: []}
    dag: Any = None
    for _ in range(rounds):
        if dag is None or shape.mode == "inject":  # which has changed it
            dag = _dag(tasks, shape)
        gc.collect()
        for mode, times in taken.items():
            times.append(_seconds(dag, mode))
    return min(taken[shape.mode]) - min(taken["off"])


def _seconds(dag: Any, mode: str) -> float:
    from airflow import settings
    from airflow.exceptions import AirflowClusterPolicyViolation

    from airflow_sf_health import cluster_policy

    # Whether the package is installed or is the source tree: Airflow knows the policy as it knows one of an entry point.
    if not settings.get_policy_plugin_manager().is_registered(cluster_policy):
        settings.get_policy_plugin_manager().register(cluster_policy)
    os.environ["AIRFLOW__SF_HEALTH__CLUSTER_POLICY"] = mode
    started = time.process_time()
    try:
        settings.dag_policy(dag)
    except AirflowClusterPolicyViolation:
        assert mode == "require"
    return time.process_time() - started


def _dag(tasks: int, shape: Shape) -> Any:
    from airflow.providers.common.compat.sdk import DAG, BaseOperator

    from airflow_sf_health.operators.salesforce import SalesforcePreflightOperator

    with DAG("bench", schedule=None) as dag:
        first: Any = None
        if shape.is_guarded:
            first = SalesforcePreflightOperator(task_id="preflight", salesforce_conn_id="crm_prod")
        for number in range(tasks):
            if not shape.every or number % shape.every:
                BaseOperator(task_id=f"task_{number}")
            else:
                _load(
                    f"task_{number}", first, is_mapped=shape.is_mapped, has_hook=shape.is_guarded and bool(number % 2)
                )
    return dag


def _load(task_id: str, first: Any, *, is_mapped: bool, has_hook: bool) -> None:
    from airflow.providers.salesforce.operators.bulk import SalesforceBulkOperator

    from airflow_sf_health.guards import preflight_hook

    arguments: dict[str, Any] = {"salesforce_conn_id": "crm_prod", "operation": "insert", "object_name": "Account"}
    rows = [{"Name": "a"}] * 100
    if is_mapped:
        SalesforceBulkOperator.partial(task_id=task_id, **arguments).expand(payload=[rows])
        return
    hook = preflight_hook() if has_hook else None
    task = SalesforceBulkOperator(task_id=task_id, payload=rows, pre_execute=hook, **arguments)
    if first is not None and hook is None:
        first >> task


def _forked() -> str:
    modes = ("off", "report", "inject")
    rows: list[tuple[str, ...]] = [("DAG", *modes)]
    for what, name in (("none uses Salesforce", "none"), ("1 task uses Salesforce", "salesforce")):
        rows.append((what, *(f"{_first_of_a_fork(name, mode) * 1000:.1f} ms" for mode in modes)))
    return table("Cluster policy, first DAG of a forked process (processor time)", rows)


def _first_of_a_fork(dag: str, mode: str) -> float:
    """The least of several children."""
    told = subprocess.check_output(
        [sys.executable, "-c", FORKED, dag],
        text=True,
        env={**os.environ, "AIRFLOW__SF_HEALTH__CLUSTER_POLICY": mode},
        stderr=subprocess.DEVNULL,
    )
    return min(float(line) for line in told.splitlines() if re.fullmatch(r"[\d.e-]+", line))


def _imports(rounds: int = 5) -> str:
    """The least of fresh processes, as above."""
    told = [subprocess.check_output([sys.executable, "-c", ENTRY], text=True).split()[-2:] for _ in range(rounds)]
    least, modules = min(float(seconds) for seconds, _ in told), told[0][1]
    rows = [
        ("beyond Airflow's own", "least", "aim", "modules"),
        ("entry point", f"{least * 1000:.1f} ms", "10 ms", modules),
    ]
    return table("import airflow: what the entry point adds", rows)
