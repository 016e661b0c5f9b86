"""A look at a connection: by a verdict that another task has just found, or else by an examination of its own."""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import TYPE_CHECKING

from pendulum import now

from airflow_sf_health.edges.afresh import is_first_look
from airflow_sf_health.edges.passes import passes
from airflow_sf_health.edges.second_look import deserves_a_second_look
from airflow_sf_health.edges.sharing import sharing

if TYPE_CHECKING:
    from airflow_sf_health.edges.preflight import Preflight
    from airflow_sf_health.org.connection import OrgConnection
    from airflow_sf_health.org.sharing import Sharing
    from airflow_sf_health.report import Cost, Report
    from airflow_sf_health.settings import Settings
    from airflow_sf_health.store import Store


def looked_at(
    preflight: Preflight,
    connection: OrgConnection,
    store: Store | None,
    chosen: Settings | None,
    *,
    twice: bool,
) -> Report:
    """The report, and in the history what was really examined. Calls nothing of Airflow's; see :meth:`Preflight.look_at`."""
    shared = shared_by(preflight, chosen, store) if chosen is not None else None

    def examined(seconds: float) -> Report:
        looked, began = _within(connection, seconds), now("UTC")
        report = _examined(preflight, looked, store, shared)
        if not twice or not deserves_a_second_look(report):
            return report
        if mine is not None:
            mine.leave_first(report, began)
        again = _examined(preflight, looked, store, shared)
        return replace(again, cost=_sum(report.cost, again.cost))

    mine = passes(preflight, connection, store, chosen, shared, twice=twice) if chosen is not None else None
    report = examined(connection.time_limits.examination) if mine is None else mine.answer(examined)
    if store is not None and chosen is not None and report.reused is None:
        record(store, report, preflight.by, keep=chosen.history)
    return report


def shared_by(preflight: Preflight, chosen: Settings, store: Store | None) -> Sharing | None:
    """What this look shares its logins by. Of a try that somebody asks for afresh nothing that is remembered counts at its first look at
    a connection.
    """
    is_first = preflight.cleared != "" and is_first_look(preflight.cleared, preflight.conn_id, "verdict")
    return sharing(chosen, store, afresh=is_first or preflight.afresh, by_hand=preflight.afresh)


def _within(connection: OrgConnection, seconds: float) -> OrgConnection:
    """The connection, each of whose looks takes so many seconds at most."""
    return replace(connection, time_limits=replace(connection.time_limits, examination=seconds))


def _examined(preflight: Preflight, connection: OrgConnection, store: Store | None, shared: Sharing | None) -> Report:
    from airflow_sf_health.examination import examine

    return examine(
        connection,
        preflight.requirements,
        preflight.options,
        preflight.checks,
        lock=preflight.lock,
        memory=store,
        sharing=shared,
    )


def _sum(first: Cost, second: Cost) -> Cost:
    """What two looks cost together; what the org has used is as the second one saw it."""
    added = ("http_requests", "api_calls", "logins", "connections", "seconds")
    return replace(second, **{name: getattr(first, name) + getattr(second, name) for name in added})


def record(store: Store, report: Report, by: str, *, keep: int) -> None:
    """Note an examination that was made in the history of its connection, with the last ``keep`` ones. Never raises."""
    try:
        store.verdicts.record(report.conn_id, report, by, keep=keep)
    except Exception as error:  # noqa: BLE001 - no task fails for its history
        logging.getLogger(__name__).debug("An examination is not in the history: %s", type(error).__name__)
