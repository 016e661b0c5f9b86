"""What it costs a DAG file to import the operator, beyond Airflow itself."""

from __future__ import annotations

import statistics
import subprocess
import sys

from bench.measure import table

TIMED = """
import time
import airflow.sdk
from airflow.providers.common.compat.sdk import BaseOperator
started = time.perf_counter()
import airflow_sf_health.operators.salesforce
print(time.perf_counter() - started)
"""


def run(rounds: int = 7) -> str:
    """The median over fresh processes that have loaded `airflow.sdk` before, as each DAG file has."""
    taken = [float(subprocess.check_output([sys.executable, "-c", TIMED], text=True)) for _ in range(rounds)]
    rows = [("import", "median", "aim"), ("operators.salesforce", f"{statistics.median(taken) * 1000:.0f} ms", "40 ms")]
    return table("Import beyond airflow.sdk", rows)
