"""Many deferred sensors in one live triggerer: how many examinations they make in a poke interval."""

from __future__ import annotations

import os
import time

from bench.measure import table
from waiting import waiting

from airflow_sf_health.testing import FakeOrg

SENSORS, CONNECTIONS, INTERVALS = 500, 5, 4
POKE_INTERVAL = 10.0


def run() -> str:
    """One row, counted at a fake org that is in maintenance, so that all sensors go on waiting."""
    with FakeOrg() as org:
        os.environ.update(org.environ())  # its own CA, not that of the fake org that the other sections ask
        org.fault(status=503, body="maintenance")
        looks, died = _looks(org)
    rows = [
        ("deferred sensors", "connections", "intervals", "examinations", "per interval", "runner died"),
        (
            str(SENSORS),
            str(CONNECTIONS),
            f"{INTERVALS}",
            str(looks),
            f"{looks / INTERVALS:.1f}",
            "yes" if died else "no",
        ),
    ]
    return table(f"Live triggerer, a poke every {POKE_INTERVAL:g} s", rows)


def _looks(org: FakeOrg) -> tuple[int, bool]:
    """Examinations in the intervals after each connection was looked at for the first time; each is one refused login."""
    with waiting(org, sensors=SENSORS, connections=CONNECTIONS, poke_interval=POKE_INTERVAL) as sensors:
        sensors.until(lambda: all(org.counts(client).logins for client in sensors.clients), seconds=180)
        time.sleep(POKE_INTERVAL / 2)
        before = org.counts().logins
        time.sleep(POKE_INTERVAL * INTERVALS)
        return org.counts().logins - before, not sensors.alive()
