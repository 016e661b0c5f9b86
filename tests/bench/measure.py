"""Median times of several ways to do a thing, taken in turns so that a busy machine is unfair to none of them."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping, Sequence


def medians(ways: Mapping[str, Callable[[], object]], rounds: int = 25) -> dict[str, float]:
    """Give the median seconds of each way; one round of each goes unmeasured before."""
    times: dict[str, list[float]] = {name: [] for name in ways}
    for round_ in range(rounds + 1):
        for name, way in ways.items():
            started = time.perf_counter()
            way()
            if round_:
                times[name].append(time.perf_counter() - started)
    return {name: statistics.median(taken) for name, taken in times.items()}


def table(title: str, rows: Sequence[tuple[str, ...]]) -> str:
    """A title over aligned columns; the first row is the head."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    return "\n".join([title, "-" * len(title), *lines])


def ms(seconds: float) -> str:
    return f"{seconds * 1000:.0f} ms"
