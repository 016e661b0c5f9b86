"""What the cluster policy costs: for each DAG that is read, and for `import airflow`."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from typing import Any

from bench.measure import table

TASKS = 1000
MORE = 5
ROUNDS = 3
IMPORT = "import time; started = time.perf_counter(); import airflow; print(time.perf_counter() - started)"
WITHOUT = """
import importlib.metadata as metadata, types

load = metadata.EntryPoint.load
metadata.EntryPoint.load = lambda each: types.ModuleType("none") if each.group == "airflow.policy" else load(each)
"""


def run() -> str:
    before = dict(os.environ)
    try:
        rows = [("DAG", "mode", f"{TASKS:,} tasks", "aim", f"{MORE * TASKS:,} tasks", "ratio")]
        for name, every in (("1 of 5 a Salesforce task", 5), ("each a Salesforce task", 1)):
            rows += [(name, mode, *_cells(every, mode)) for mode in ("report", "require", "inject")]
        rows.append(("none a Salesforce task", "require", *_cells(0, "require")))
    finally:
        os.environ.clear()
        os.environ.update(before)
    return table("Cluster policy, over the policy off (processor time)", rows) + "\n\n" + _imports()


def _cells(every: int, mode: str) -> tuple[str, str, str, str]:
    small, large = _extra(TASKS, every, mode), _extra(MORE * TASKS, every, mode)
    return f"{small * 1000:.1f} ms", "20 ms", f"{large * 1000:.1f} ms", f"{large / small:.1f}"


def _extra(tasks: int, every: int, mode: str) -> float:
    """The median seconds that Airflow's call of the policy takes longer than with the policy off. It waits for nothing, so processor
    time is all of it, whatever else the machine does.
    """
    from airflow import settings

    taken: dict[str, list[float]] = {"off": [], mode: []}
    dag = _dag(tasks, every, guarded=mode != "inject")
    for round_ in range(ROUNDS + 1):
        for each, times in taken.items():
            os.environ["AIRFLOW__SF_HEALTH__CLUSTER_POLICY"] = each
            started = time.process_time()
            settings.dag_policy(dag)
            if round_:
                times.append(time.process_time() - started)
        if mode == "inject":  # it has changed the DAG
            dag = _dag(tasks, every, guarded=False)
    return statistics.median(taken[mode]) - statistics.median(taken["off"])


def _dag(tasks: int, every: int, *, guarded: bool) -> Any:
    """A DAG of that many tasks, of which each so-manieth uses Salesforce; half of these are guarded by an edge, half by a hook."""
    from airflow.providers.common.compat.sdk import DAG, BaseOperator
    from airflow.providers.salesforce.operators.bulk import SalesforceBulkOperator

    from airflow_sf_health.guards import preflight_hook
    from airflow_sf_health.operators.salesforce import SalesforcePreflightOperator

    salesforce = {"operation": "insert", "object_name": "Account", "payload": [{"Name": "a"}] * 100}
    with DAG("bench", schedule=None) as dag:
        first = SalesforcePreflightOperator(task_id="preflight", salesforce_conn_id="crm_prod") if guarded else None
        for number in range(tasks):
            if not every or number % every:
                BaseOperator(task_id=f"task_{number}")
                continue
            hook = preflight_hook() if guarded and number % 2 else None
            task = SalesforceBulkOperator(
                task_id=f"task_{number}", salesforce_conn_id="crm_prod", pre_execute=hook, **salesforce
            )
            if first is not None and hook is None:
                first >> task
    return dag


def _imports(rounds: int = 9) -> str:
    """In turns, so that a busy machine is unfair to neither."""
    times: dict[str, list[float]] = {"with": [], "without": []}
    for round_ in range(rounds + 1):
        for name, program in (("with", IMPORT), ("without", WITHOUT + IMPORT)):
            told = subprocess.check_output([sys.executable, "-c", program], text=True)
            if round_:
                times[name].append(float(told.split()[-1]))
    # The least of each: what else the machine does only ever adds to it.
    median, least = (
        {name: measure(taken) * 1000 for name, taken in times.items()} for measure in (statistics.median, min)
    )
    rows = [
        ("import airflow", "median", "least"),
        *((name, f"{median[name]:.0f} ms", f"{least[name]:.0f} ms") for name in times),
        (
            "difference (aim: 10 ms)",
            f"{median['with'] - median['without']:.1f} ms",
            f"{least['with'] - least['without']:.1f} ms",
        ),
    ]
    return table("import airflow, with the entry point and without", rows)
