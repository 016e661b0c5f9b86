"""Diagnose many random and damaged bodies, and say what each raised or how long the slowest took (`make fuzz`)."""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

LONGEST = 1.0
"""Seconds that no single body may take, on a slow machine too."""


def main() -> int:
    from fuzz.bodies import bodies

    from airflow_sf_health.causes import CAUSE_IDS
    from airflow_sf_health.diagnosis import diagnosed

    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--count", type=int, default=100_000)
    arguments.add_argument("--seed", type=int, default=time.time_ns() % 1_000_000)
    given = arguments.parse_args()
    causes: Counter[str] = Counter()
    slowest = 0.0
    started = time.perf_counter()
    for number, body in enumerate(bodies(given.count, given.seed)):
        before = time.perf_counter()
        try:
            causes[diagnosed(body).cause] += 1
        except Exception as error:  # noqa: BLE001 - this is what the run looks for
            print(f"seed {given.seed}, body {number}: {error!r}\n{body!r}"[:4000])
            return 1
        slowest = max(slowest, time.perf_counter() - before)
    assert set(causes) <= set(CAUSE_IDS)
    seconds = time.perf_counter() - started
    print(f"{given.count} bodies of seed {given.seed} in {seconds:.0f} s, the slowest in {slowest * 1000:.0f} ms")
    print(", ".join(f"{cause} {count}" for cause, count in causes.most_common()))
    return int(slowest > LONGEST)


if __name__ == "__main__":
    sys.exit(main())
