"""Look at a connection in a process of its own, as another task does: ``python looking.py CONN_ID [THREADS]``.

Prints, for each thread, the verdict, who examined, and the requests that the look cost, as a line of JSON; then the modules that it loaded.
"""

from __future__ import annotations

import json
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from subprocess import PIPE, Popen
from typing import Any

HEAVY = ("simple_salesforce", "requests", "airflow_sf_health.examination")
"""Modules that a look at a pass has no use for."""
MARK = "seen: "
"""What Airflow logs is printed too."""


def started(conn_id: str, threads: int = 1) -> Popen[str]:
    """A process that looks; :func:`seen` waits for it."""
    return Popen([sys.executable, str(Path(__file__)), conn_id, str(threads)], stdout=PIPE, stderr=PIPE, text=True)


def seen(process: Popen[str]) -> list[Any]:
    """What its threads saw, and at the end which of the heavy modules it loaded."""
    out, error = process.communicate(timeout=120)
    assert process.returncode == 0, error
    return [json.loads(line.removeprefix(MARK)) for line in out.splitlines() if line.startswith(MARK)]


def _look(conn_id: str) -> dict[str, Any]:
    from airflow_sf_health.edges.preflight import Preflight

    report = Preflight.of(conn_id, None, None, None, by=f"process of {conn_id}").look()
    return {
        "verdict": str(report.verdict),
        "by": report.reused.by if report.reused else None,
        "requests": report.cost.http_requests,
    }


if __name__ == "__main__":
    number = int(sys.argv[2])
    with ThreadPoolExecutor(number) as pool:
        for each in pool.map(_look, [sys.argv[1]] * number):
            print(MARK + json.dumps(each))
    print(MARK + json.dumps([each for each in HEAVY if each in sys.modules]))
