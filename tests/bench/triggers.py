"""Many deferred sensors in one triggerer: how many examinations they make in a poke interval.

The triggers run on one event loop as Airflow's ``TriggerRunner`` runs them (``async for event in trigger.run()``), without its
supervisor: that one reads a sensor's whole DAG anew for each trigger, and five hundred in one DAG would measure that alone.
"""

from __future__ import annotations

import asyncio
import json
import os
import time

from bench.measure import table
from bench.run import environment

from airflow_sf_health.edges.preflight import Preflight
from airflow_sf_health.testing import FakeOrg
from airflow_sf_health.triggers.salesforce import SalesforceHealthTrigger

SENSORS, CONNECTIONS, INTERVALS = 500, 5, 5
POKE_INTERVAL = 3.0


def run() -> str:
    """One row, counted at a fake org that is in maintenance, so that all sensors wait until their time is out."""
    # Its own CA, not that of the fake org that the other sections ask.
    with FakeOrg() as org, environment(org.environ()):
        for number in range(CONNECTIONS):
            fields = org.connection("jwt", contact=f"team-{number}@example.com")
            os.environ[f"AIRFLOW_CONN_WAITING_{number}"] = json.dumps({"conn_type": "salesforce", **fields})
        org.fault(status=503, body="maintenance")
        events, lag = asyncio.run(_wait(time.time() + POKE_INTERVAL * (INTERVALS + 1)))
        looks = org.counts().http_requests  # each is one login request that maintenance refuses
    assert events == SENSORS, f"{events} events of {SENSORS} sensors"
    rows = [
        ("deferred sensors", "connections", "intervals", "examinations", "per interval", "longest wait for the loop"),
        (
            str(SENSORS),
            str(CONNECTIONS),
            str(INTERVALS),
            str(looks),
            f"{looks / INTERVALS:.1f}",
            f"{lag * 1000:.0f} ms",
        ),
    ]
    return table(f"Triggers on one event loop, a poke every {POKE_INTERVAL:g} s", rows)


async def _wait(until: float) -> tuple[int, float]:
    """How many events came, and by how much the loop was late at worst."""
    done = asyncio.Event()
    lag = asyncio.create_task(_lag(done))
    events = await asyncio.gather(*(_events_of(number, until) for number in range(SENSORS)))
    done.set()
    return sum(events), await lag


async def _events_of(number: int, until: float) -> int:
    preflight = Preflight.of(f"waiting_{number % CONNECTIONS}", None, None, None)
    written = SalesforceHealthTrigger(preflight.as_dict(), poke_interval=POKE_INTERVAL, until=until)
    _, arguments = written.serialize()
    return len([event async for event in SalesforceHealthTrigger(**arguments).run()])


async def _lag(done: asyncio.Event) -> float:
    worst, pause = 0.0, 0.05
    while not done.is_set():
        started = time.perf_counter()
        await asyncio.sleep(pause)
        worst = max(worst, time.perf_counter() - started - pause)
    return worst
