"""Wait for a Salesforce connection in the triggerer: one examination for all who wait for the same.

A triggerer is shared by everyone's deferred tasks, so three rules hold here. A trigger never raises: its task would learn
"Trigger failure" and nothing else. Airflow is called on the event loop only: from a thread, it ends the whole trigger runner
of 3.1. And what blocks runs on a few threads of ours.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import time
from collections.abc import AsyncIterator, Callable
from typing import TYPE_CHECKING, Any, cast

from airflow_sf_health.compat import BaseTrigger, TriggerEvent
from airflow_sf_health.edges.connections import LookupFailed, aresolve
from airflow_sf_health.edges.memory import amemory
from airflow_sf_health.edges.metrics import count
from airflow_sf_health.edges.outcome import ends_waiting
from airflow_sf_health.edges.preflight import Preflight, WaitFor, report_own_failure, report_unresolved
from airflow_sf_health.edges.site import site
from airflow_sf_health.errors import OrgConnectionError, SettingsError
from airflow_sf_health.triggers.shared import answers_of_this_loop, in_thread

if TYPE_CHECKING:
    from airflow_sf_health.options import Options
    from airflow_sf_health.report import Report

__all__ = ["SalesforceHealthTrigger"]

MOMENT = 0.02
"""Seconds: by so much a sleeper wakes later than the answer it slept on grows old."""


class SalesforceHealthTrigger(BaseTrigger):
    """Examine a connection every ``poke_interval`` seconds until its task need not wait any more, or its time is out.

    It begins with a pause, since the task itself has just looked. It fires one event,
    ``{"report": <payload>, "timed_out": bool, "until": <as given>}``, or ``{"error": <text>}`` where this package itself
    fails. Neither its arguments nor the event hold a secret.

    :param preflight: what to examine, as :meth:`~airflow_sf_health.edges.preflight.Preflight.as_dict` gives it.
    :param wait_for: ``time`` or ``anything``.
    :param until: when to give up, in seconds since the epoch; None: never.
    """

    def __init__(
        self,
        preflight: dict[str, Any],
        wait_for: WaitFor = "time",
        poke_interval: float = 60.0,
        until: float | None = None,
    ) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.preflight = preflight
        self.wait_for = wait_for
        self.poke_interval = poke_interval
        self.until = until

    def serialize(self) -> tuple[str, dict[str, Any]]:
        names = ("preflight", "wait_for", "poke_interval", "until")
        return f"{__name__}.SalesforceHealthTrigger", {name: getattr(self, name) for name in names}

    async def run(self) -> AsyncIterator[TriggerEvent]:
        try:
            event = await self._wait()
        except Exception as error:
            # Nothing is taken for granted of the arguments: another version of this package may have written them.
            self.log.exception("The wait broke off. The trigger's arguments: %r", self.preflight)
            event = {"error": f"{type(error).__name__}: {error}"}
        yield TriggerEvent(event)

    async def _wait(self) -> dict[str, Any]:
        # Half a second of imports, on the first trigger of a triggerer; the event loop is everyone's.
        dump = await in_thread(_load_all)
        chosen = _options_of_site()
        # A lock file may be large, and takes its time to read.
        preflight, key = await in_thread(lambda: _read(self.preflight, chosen))
        pause = self.poke_interval
        while True:
            await asyncio.sleep(min(pause, self._left()))
            report, age = await self._look(preflight, key)
            done = ends_waiting(report, preflight.options, self.wait_for)
            if done or self._left() <= 0:
                return {"report": dump(report), "timed_out": not done, "until": self.until}
            pause = max(self.poke_interval - age, 0.0) + MOMENT

    def _left(self) -> float:
        return float("inf") if self.until is None else max(0.0, self.until - time.time())

    async def _look(self, preflight: Preflight, key: str) -> tuple[Report, float]:
        """A report, and its age in seconds. All who ask the same of the same connection share it, and one of them asks Airflow
        for the connection: hundreds of look-ups at once would hold up everyone's event loop.

        :param key: the same for all who ask the same.
        """
        answer = await answers_of_this_loop().get(key, lambda: _examined(preflight), self.poke_interval)
        return cast("tuple[Report, float]", answer)


async def _examined(preflight: Preflight) -> Report:
    """Resolve the connection on the loop, examine it in a thread, and count it back on the loop, in Airflow's metrics. Whatever
    goes wrong on the way is a report too.
    """
    try:
        connection = await aresolve(preflight.conn_id)
        chosen = site()
        store = await amemory(chosen)
        report = await in_thread(lambda: preflight.look_at(connection, store, chosen))
    except (LookupFailed, OrgConnectionError) as error:
        report = report_unresolved(preflight.conn_id, error)
    except Exception as error:  # noqa: BLE001 - whatever it is, the task must learn it
        return report_own_failure(preflight.conn_id, error)
    count(report)
    return report


def _options_of_site() -> Options | None:
    """None where they cannot be meant, which the examination will report."""
    try:
        return site().options
    except SettingsError:
        return None


def _read(plain: dict[str, Any], chosen: Options | None) -> tuple[Preflight, str]:
    """The preflight, and a digest of what it asks, whoever asks it. What a trigger of an older version left open, the site's options
    fill.
    """
    preflight = Preflight.from_dict(plain, chosen)
    written = json.dumps({**plain, "options": preflight.options.as_dict(), "by": ""}, sort_keys=True)
    return preflight, hashlib.sha256(written.encode(errors="surrogatepass")).hexdigest()


def _load_all() -> Callable[[Report], dict[str, Any]]:
    """Import what an examination needs, and give what writes its report."""
    from airflow_sf_health import examination  # noqa: F401 - what takes long is behind it
    from airflow_sf_health.present.payload import dump

    return dump
