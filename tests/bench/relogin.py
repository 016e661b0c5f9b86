"""A session that Salesforce keeps refusing: what one call costs with our client, and with the stock hook's."""

from __future__ import annotations

import warnings
from collections.abc import Callable

from bench.measure import table
from bench.run import connection_fields

from airflow_sf_health.examination import examine
from airflow_sf_health.org.connection import OrgConnection, org_connection
from airflow_sf_health.org.session import OrgSession
from airflow_sf_health.testing.remote import call

REFUSED_FOR_GOOD = {"path": "/services/data/*", "status": 401}


def run(control: str) -> str:
    """One row for each client, counted at the fake org."""
    call("POST", "/faults", REFUSED_FOR_GOOD, control)
    try:
        rows = [("client", "logins", "API calls", "ends as")]
        for client, act in (("examine()", examined), ("our client: Account.describe()", ours), ("stock hook", stock)):
            before = call("GET", "/counts", None, control)
            ending = act()
            after = call("GET", "/counts", None, control)
            logins, calls = (after[what] - before[what] for what in ("logins", "api_calls"))
            rows.append((client, str(logins), str(calls), ending))
    finally:
        call("DELETE", "/faults", None, control)
    return table("Every call answered 401 INVALID_SESSION_ID", rows)


def examined() -> str:
    report = examine(_connection())
    assert report.main is not None
    return str(report.main.cause)


def ours() -> str:
    with OrgSession(_connection()) as session:
        session.open()
        return _ending(session.client().Account.describe)


def stock() -> str:
    from airflow.providers.salesforce.hooks.salesforce import SalesforceHook

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return _ending(SalesforceHook("sf_client_credentials").get_conn().Account.describe)


def _ending(act: Callable[[], object]) -> str:
    try:
        act()
    except Exception as error:  # noqa: BLE001 - whatever it ends as is the result
        return type(error).__name__
    return "an answer"


def _connection() -> OrgConnection:
    return org_connection("bench", extra=connection_fields("client_credentials")["extra"])
