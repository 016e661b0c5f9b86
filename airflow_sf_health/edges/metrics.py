"""Each examination in Airflow's metrics: how long it took, what it found, what it cost.

Counted where it is made, once, however many tasks share it; each task that takes it over is counted apart. Nothing is loaded or sent where the site has no metrics.
"""

from __future__ import annotations

import logging
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import timedelta
from typing import TYPE_CHECKING

from airflow_sf_health import compat

if TYPE_CHECKING:
    from airflow_sf_health.report import Report

PREFIX = "sf_health"
NO_CAUSE = "none"
_LONGEST_ID = 60
"""Characters of a connection's id in a name."""
_TAGGING = ("otel_on", "statsd_datadog_enabled", "statsd_influxdb_enabled")
"""Options of [metrics] that keep tags; plain StatsD drops them, so there the names say the same."""


def count(report: Report) -> None:
    """Count an examination that was made, or a report that was taken over. Never raises: no task fails for its metrics."""
    _sent(lambda by_name: _send(report, by_name=by_name))


def count_unguarded(dag_id: str, found: Iterable[tuple[str, str]]) -> None:
    """Count the tasks of a DAG that the cluster policy has found unguarded while it read the file. Never raises.

    :param found: connection and mode of each.
    """

    def send(by_name: bool) -> None:
        for (conn_id, mode), number in Counter(found).items():
            tags = {"dag_id": _part(dag_id), "conn_id": _part(conn_id), "mode": mode}
            for name, each in _named("unguarded", tags, by_name):
                compat.stats().incr(name, number, tags=each)

    _sent(send)


def _sent(send: Callable[[bool], None]) -> None:
    """:param send: is told whether the names have to say what the tags say."""
    try:
        if _is_on("statsd_on") or any(_is_on(name) for name in _TAGGING[:2]):
            send(not any(_is_on(name) for name in _TAGGING))
    except Exception as error:  # noqa: BLE001 - whatever a metrics client raises
        logging.getLogger(__name__).debug("Nothing was counted: %s", type(error).__name__)


def _send(report: Report, *, by_name: bool) -> None:
    cost, stats = report.cost, compat.stats()
    connection = _part(report.conn_id)
    found = {"connection": connection, "verdict": str(report.verdict), "cause": _cause(report)}
    if report.reused is not None:
        for name, tags in _named("reused", {"connection": connection, "verdict": str(report.verdict)}, by_name):
            stats.incr(name, tags=tags)
        return
    for name, tags in _named("verdict", found, by_name):
        stats.incr(name, tags=tags)
    if not cost.http_requests:
        return  # nothing was sent, so there is no duration to speak of
    for name, tags in _named("duration", {"connection": connection}, by_name):
        stats.timing(name, timedelta(seconds=cost.seconds), tags=tags)
    for metric, number in (("api_calls", cost.api_calls), ("logins", cost.logins)):
        for name, tags in _named(metric, {"connection": connection}, by_name):
            stats.incr(name, number, tags=tags)


def _named(metric: str, tags: Mapping[str, str], by_name: bool) -> Iterator[tuple[str, dict[str, str]]]:
    """The metric with its tags, and where they would be lost, once more with their values in its name."""
    yield f"{PREFIX}.{metric}", dict(tags)
    if by_name:
        yield f"{PREFIX}.{metric}.{'.'.join(tags.values())}", {}


def _cause(report: Report) -> str:
    """The leading cause: one of a known list, so the number of different ones stays small."""
    main = report.main
    return main.cause if main is not None and main.cause else NO_CAUSE


def _part(conn_id: str) -> str:
    """The connection's id as one part of a name."""
    return re.sub(r"[^A-Za-z0-9_-]", "_", conn_id)[:_LONGEST_ID] or NO_CAUSE


def _is_on(option: str) -> bool:
    return bool(compat.conf.getboolean("metrics", option, fallback=False))
