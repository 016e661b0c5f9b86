"""A login on demand for a task or a command: from a connection id to what came of it, with the verdict left to other tasks."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from airflow_sf_health.edges.preflight import report_unresolved
from airflow_sf_health.edges.site import site
from airflow_sf_health.errors import OrgConnectionError
from airflow_sf_health.org.flows import LoginFlow
from airflow_sf_health.report.reauthenticated import LoginMade, Reauthenticated

if TYPE_CHECKING:
    from airflow_sf_health.edges.preflight import Preflight
    from airflow_sf_health.org.connection import OrgConnection
    from airflow_sf_health.org.sharing import Sharing
    from airflow_sf_health.report import Report
    from airflow_sf_health.store import Store


def reauthenticated(preflight: Preflight) -> Reauthenticated:
    """Log in, examine, keep what was found, and count it in Airflow's metrics; whatever goes wrong on the way is a report too."""
    from airflow_sf_health.edges.connections import LookupFailed, resolve
    from airflow_sf_health.edges.metrics import count

    try:
        connection = resolve(preflight.conn_id)
    except (LookupFailed, OrgConnectionError) as error:
        report = report_unresolved(preflight.conn_id, error)
        done = Reauthenticated(login=LoginMade.IMPOSSIBLE, report=report, why=str(error))
    else:
        done = _at(preflight, connection)
    count(done.report)
    return done


def _at(preflight: Preflight, connection: OrgConnection) -> Reauthenticated:
    """What others found does not count any more, and what is found here counts for others who ask the same."""
    from airflow_sf_health.edges.looking import record
    from airflow_sf_health.edges.memory import memory
    from airflow_sf_health.edges.passes import passes
    from airflow_sf_health.edges.second_look import deserves_a_second_look
    from airflow_sf_health.edges.sharing import sharing

    chosen = site()
    store = memory(chosen)
    shared = sharing(chosen, store, afresh=True)
    done: list[Reauthenticated] = []

    def examined() -> Report:
        done.append(_logged_in(preflight, connection, store, shared))
        if deserves_a_second_look(done[0].report):
            done[0] = replace(done[0], report=_logged_in(preflight, connection, store, shared).report)
        return done[0].report

    mine = passes(preflight, connection, store, chosen, shared, twice=True)
    if mine is not None:
        mine.forget_all()
    # A task with a ready session is told of that, and not of the login beside it.
    is_other = connection.flow is LoginFlow.SESSION
    report = examined() if mine is None or is_other else mine.examined(examined)
    if store is not None and done[0].login is not LoginMade.IMPOSSIBLE:
        record(store, report, preflight.by, keep=chosen.history)
    return done[0]


def _logged_in(
    preflight: Preflight, connection: OrgConnection, store: Store | None, shared: Sharing | None
) -> Reauthenticated:
    from airflow_sf_health.reauthentication import reauthenticate

    return reauthenticate(
        connection,
        preflight.requirements,
        preflight.options,
        preflight.checks,
        lock=preflight.lock,
        memory=store,
        sharing=shared,
    )
