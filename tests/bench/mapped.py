"""How many logins a mapped task of three hundred instances makes: stock tasks that are guarded, and our operator in their place."""

from __future__ import annotations

import time
from pathlib import Path

from bench.measure import table
from bench.run import environment
from bench.sharing import store
from workers import at_once, workers

from airflow_sf_health.testing import FakeOrg

INSTANCES = 300
PASS_TTL = 60
"""Seconds: the default."""
DAG = Path(__file__).parent.parent / "airflow" / "dags" / "many_tasks.py"
SETUP = f"""
import importlib.util, json, os, shutil, sys
from collections import Counter
from pathlib import Path
def run(kind, number):
    os.environ["SF_HEALTH_MANY_TASKS"] = json.dumps({{"kind": kind, "number": number}})
    folder = Path(os.environ["AIRFLOW_HOME"], "dags")
    folder.mkdir(exist_ok=True)
    spec = importlib.util.spec_from_file_location("many_tasks", shutil.copy({str(DAG)!r}, folder))
    sys.modules["many_tasks"] = module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return Counter(str(each.state) for each in module.dag.test().get_task_instances())
"""
KINDS = {"stock SalesforceBulkOperator, examined in pre_execute": "stock", "our SalesforceBulkOperator": "own"}


def run() -> str:
    """One row for each operator, counted at the fake org. A proof counts for a minute, so each further minute may cost a login."""
    rows: list[tuple[str, ...]] = [
        ("operator", "instances", "logins", "minutes begun", "aim", "API calls of examinations", "took")
    ]
    rows += [row(name, kind) for name, kind in KINDS.items()]
    return table("A mapped task, each instance of which is examined inside itself", rows)


def row(name: str, kind: str) -> tuple[str, ...]:
    with FakeOrg() as org, environment({**org.environ(), **org.environ_for("crm_prod")}), store():
        with workers(1, SETUP, quiet=True) as one:
            began = time.monotonic()
            [states] = at_once(one, f"run({kind!r}, {INSTANCES})")
            seconds = time.monotonic() - began
        assert states == {"success": INSTANCES}, states
        counts, minutes = org.counts(), 1 + int(seconds / PASS_TTL)
        examined = sum(number for path, number in counts.by_path.items() if path.endswith("/composite"))
    aim = minutes + (INSTANCES if kind == "stock" else 0)
    return (
        name,
        str(INSTANCES),
        str(counts.logins),
        str(minutes),
        f"{aim} at most",
        str(examined),
        f"{seconds:.0f} s",
    )
