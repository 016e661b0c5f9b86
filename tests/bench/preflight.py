"""A healthy default preflight beside its floor and beside the stock hook's connection test, which asks one thing."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable

import requests
from bench.measure import medians, ms, table
from bench.run import connection_fields, set_latency

from airflow_sf_health.examination import examine
from airflow_sf_health.org.connection import OrgConnection, org_connection
from airflow_sf_health.org.guarded_session import GuardedSession
from airflow_sf_health.org.login import log_in
from airflow_sf_health.org.transport import Traffic
from airflow_sf_health.report import Verdict

FLOWS = ("client_credentials", "jwt")
MY_DOMAIN = "acme.my"


def connection(name: str) -> OrgConnection:
    """The fake org's connection of that name, logging in on the org's own host."""
    fields = connection_fields(name)
    extra = {**fields["extra"], "domain": MY_DOMAIN}
    return org_connection("bench", login=fields.get("login"), password=fields.get("password"), extra=extra)


def preflight(of: OrgConnection) -> Callable[[], None]:
    def run() -> None:
        report = examine(of)
        assert report.verdict is Verdict.HEALTHY, report
        assert (report.cost.http_requests, report.cost.api_calls, report.cost.connections) == (2, 1, 1), report.cost

    return run


def floor(of: OrgConnection) -> Callable[[], None]:
    """A token request and one GET on one keep-alive connection: no preflight can be had for less."""

    def run() -> None:
        session = GuardedSession(of, Traffic())
        login = log_in(of, session)
        assert login.identity is not None
        url = f"https://{login.host}/services/data/v64.0/sobjects/User/{login.identity.user_id}?fields=IsActive"
        requests.Session.request(
            session, "GET", url, headers={"Authorization": f"Bearer {login.token.reveal()}"}, timeout=30
        ).raise_for_status()
        session.close()

    return run


def stock(name: str) -> Callable[[], None]:
    from airflow.providers.salesforce.hooks.salesforce import SalesforceHook

    def run() -> None:
        healthy, message = SalesforceHook(f"sf_bench_{name}").test_connection()
        assert healthy, message

    return run


def run(control: str) -> str:
    """One table: two flows, 50 ms per request, then 20 ms per composite part as well, then cold."""
    import json
    import os

    for name in FLOWS:
        fields = connection_fields(name)
        fields["extra"] = {**fields["extra"], "domain": MY_DOMAIN}
        os.environ[f"AIRFLOW_CONN_SF_BENCH_{name.upper()}"] = json.dumps(fields)
    rows: list[tuple[str, ...]] = [("login flow", "the org", "preflight", "floor", "ratio", "stock test", "ratio")]
    rows += [row(name, control, 0.05, 0.0, "50 ms a request") for name in FLOWS]
    rows += [row(name, control, 0.05, 0.02, "and 20 ms a part") for name in FLOWS]
    set_latency(control, 0.05)
    rows.append(cold())
    set_latency(control, 0.0)
    note = "Warm process, median of 25, each preflight: 2 HTTP requests, 1 API call, 1 TLS connection."
    return table("Healthy default preflight", rows) + "\n" + note


def row(name: str, control: str, latency: float, part_latency: float, what: str) -> tuple[str, ...]:
    set_latency(control, latency, part_latency)
    of = connection(name)
    taken = medians({"preflight": preflight(of), "floor": floor(of), "stock": stock(name)})
    mine, least, theirs = taken["preflight"], taken["floor"], taken["stock"]
    return name, what, ms(mine), ms(least), f"{mine / least:.2f} x", ms(theirs), f"{mine / theirs:.2f} x"


def cold() -> tuple[str, ...]:
    """A process of its own for each: imports and all."""
    mine = "from bench.preflight import connection, preflight; preflight(connection('client_credentials'))()"
    least = "from bench.preflight import connection, floor; floor(connection('client_credentials'))()"
    theirs = "from bench.preflight import stock; stock('client_credentials')()"
    taken = medians({code: lambda code=code: fresh(code) for code in (mine, least, theirs)}, rounds=3)  # type: ignore[misc]
    return (
        "client_credentials",
        "cold, 50 ms",
        ms(taken[mine]),
        ms(taken[least]),
        f"{taken[mine] / taken[least]:.2f} x",
        ms(taken[theirs]),
        f"{taken[mine] / taken[theirs]:.2f} x",
    )


def fresh(code: str) -> None:
    subprocess.run([sys.executable, "-c", f"import sys; sys.path[:0] = {sys.path!r}; {code}"], check=True)
