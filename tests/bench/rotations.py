"""Rotating refresh tokens that four processes spend and are killed over, at any moment."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

from bench.measure import table
from bench.run import environment
from org.killing import Killing

from airflow_sf_health.testing import FakeOrg

ROTATIONS, SECONDS = 200, 120.0


def run() -> str:
    """One row: what became of the grants, as the fake org has counted it."""
    with (
        FakeOrg(latency=0.03) as org,
        tempfile.TemporaryDirectory(prefix="sf-health-bench-store-") as folder,
        environment(org.environ()),
    ):
        url, began = f"sqlite:///{folder}/store.sqlite", time.monotonic()
        with Killing(org, url, Path(folder), seed=6) as killing:
            killing.run(ROTATIONS, SECONDS)
        seconds, words = time.monotonic() - began, killing.final_words()
        tokens = org.state.refresh_tokens
    assert killing.strange == [], killing.strange
    silently = [each for each in tokens if each.revoked and each.family not in killing.lost]
    rows = [
        ("rotations", "processes killed", "tokens spent twice", "grants lost in silence", "told as lost", "took"),
        (
            str(killing.rotations),
            str(killing.kills),
            str(sum(each.times_used > 1 for each in tokens)),
            str(len(silently)),
            str(len(killing.lost) + sum(word != "" for word in words)),
            f"{seconds:.0f} s",
        ),
    ]
    return table("Rotating refresh tokens, four processes, kill -9 at random moments", rows)
