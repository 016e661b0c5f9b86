"""Deferred sensors in a live `airflow triggerer`, with its supervisor, its runner and its database."""

from __future__ import annotations

import time
from pathlib import Path

from waiting import waiting

from airflow_sf_health.testing import FakeOrg

INTERVAL = 2.0


def test_twenty_sensors_on_two_connections_make_two_examinations_in_an_interval(
    org: FakeOrg, airflow_home: Path
) -> None:
    """They wait through a maintenance as two, some are taken away meanwhile, the others go on when it is over, and nobody's
    trigger runner dies of it.
    """
    maintenance = org.fault(status=503, body="maintenance")
    with waiting(org, sensors=20, connections=2, poke_interval=INTERVAL) as sensors:

        def looks() -> list[int]:
            return [org.counts(client).http_requests for client in sensors.clients]

        sensors.until(lambda: all(looks()))
        began, at_first = time.monotonic(), looks()
        sensors.until(lambda: all(count >= first + 3 for count, first in zip(looks(), at_first, strict=True)))
        intervals = (time.monotonic() - began) / INTERVAL
        assert max(looks()) <= max(at_first) + intervals + 1, sensors.log
        assert sensors.states() == {"deferred": 20}
        sensors.cancel(5)
        cancelled = max(looks())
        sensors.until(lambda: min(looks()) >= cancelled + 2)
        maintenance.clear()
        sensors.until(lambda: sensors.states() == {"scheduled": 15, "failed": 5})
        assert sensors.alive(), sensors.log
        assert org.private_key.splitlines()[1] not in sensors.log
