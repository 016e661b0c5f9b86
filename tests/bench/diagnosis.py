"""How long the diagnosis takes of a text of any size."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable

from bench.measure import table

MEGABYTE = 1_000_000
LINE = "[2026-01-01, 02:00:13 UTC] {salesforce.py:17} INFO - read 2000 records of Account, next page 01g-2000\n"
ERROR = "INVALID_LOGIN: Invalid username, password, security token; or user locked out.\n"


def run(rounds: int = 9) -> str:
    """The median of several rounds, for a line and for megabytes that have the error at their end, nowhere, or everywhere."""
    from airflow_sf_health import diagnose

    log = LINE * (MEGABYTE // len(LINE))
    texts = {
        "one line": ERROR,
        "1 MB, the error at its end": log + ERROR,
        "1 MB without an error": log,
        "1 MB of errors": ERROR * (MEGABYTE // len(ERROR)),
        "1 MB of brackets": "{" * MEGABYTE,
    }
    diagnose(ERROR)
    rows = [("diagnose", "median", "aim")]
    rows += [(name, f"{_seconds(diagnose, text, rounds) * 1000:.0f} ms", "150 ms") for name, text in texts.items()]
    return table("Diagnosis of a text", rows)


def _seconds(work: Callable[[str], object], text: str, rounds: int) -> float:
    taken = []
    for _ in range(rounds):
        started = time.perf_counter()
        work(text)
        taken.append(time.perf_counter() - started)
    return statistics.median(taken)
