"""The login flow has a future.

SOAP ``login()`` is not offered from API version 65.0 on, is switched off by default in new orgs, and ends for all versions in
Summer '27. A connection with user name, password and security token (or organization id) depends on it. Left-over fields are
named, because simple-salesforce picks the flow by which fields are present: a JWT connection with a forgotten password and
security token logs in by SOAP. And the stock hook reads neither a ready session nor a refresh token in the extras, nor login_flow,
so its tasks take another door than the examination did; nor can it read proxies as the connection form stores them.
"""

from __future__ import annotations

from collections.abc import Iterator

from airflow_sf_health.checks._check import Check, refused
from airflow_sf_health.evidence.evidence import Evidence
from airflow_sf_health.evidence.facts import ConnectionFacts
from airflow_sf_health.evidence.needs import CONNECTION, LOGIN
from airflow_sf_health.org.flows import LoginFlow, StockDoor
from airflow_sf_health.org.proxies import StockProxies
from airflow_sf_health.report.finding import Finding, Level

LAST_VERSION_WITH_SOAP_LOGIN = 64
"""SOAP ``login()`` exists up to API version 64.0 (Salesforce 005132110)."""
_UNREAD_BY_STOCK = {LoginFlow.SESSION: "session_id", LoginFlow.REFRESH_TOKEN: "refresh_token"}
"""The extra that sends us through another door than the stock hook; for the other flows it is ``login_flow``."""
_STOCK_PROXIES = {
    StockProxies.TEXT: "tasks of the stock Salesforce hook cannot read proxies given as text and fail: write them as a JSON "
    'object in the extra, "proxies": {"https": "http://proxy.example:3128"}',
    StockProxies.NO_SCHEME: "tasks of the stock Salesforce hook take the name of a proxy without http:// for a scheme and "
    'fail: write "http://" before it in the extra proxies',
}


def evaluate(evidence: Evidence) -> Iterator[Finding]:
    """One finding on the door, one on fields it leaves unread, one each where stock tasks take another or fail at a proxy."""
    connection = evidence[CONNECTION]
    yield _door(evidence, connection)
    if connection.ignored:
        yield Finding(level=Level.INFO, summary=_unread(connection))
    if connection.stock is not None:
        yield _stock(connection.flow, connection.stock)
    if connection.stock_proxies is not None:
        yield Finding(level=Level.WARNING, summary=_STOCK_PROXIES[connection.stock_proxies])


def _unread(connection: ConnectionFacts) -> str:
    ours = connection.stock is not None
    who = (
        f"the login by {connection.flow.label}" if ours else f"simple-salesforce logs in by {connection.flow.label} and"
    )
    instead = "; set login_flow to refresh_token to log in by that" if "refresh_token" in connection.ignored else ""
    return f"{who} does not read {', '.join(connection.ignored)}{instead}"


def _stock(flow: LoginFlow, stock: StockDoor) -> Finding:
    aside = f"the stock Salesforce hook does not read the extra {_UNREAD_BY_STOCK.get(flow, 'login_flow')}"
    if stock.misreads_url:
        return Finding(
            level=Level.WARNING,
            summary=f"{aside}, and its JWT bearer login takes instance_url for a part of a host name, which fails: "
            "write the org's host in instance instead",
        )
    use = f"its tasks log in by {stock.flow.label}" if stock.flow else "its tasks cannot use this connection"
    return Finding(level=Level.INFO, summary=f"{aside}; {use}")


def _door(evidence: Evidence, connection: ConnectionFacts) -> Finding:
    if not connection.flow.is_soap:
        return Finding(level=Level.OK, summary=f"{connection.flow.label} by {connection.first_host}")
    refusal = evidence[LOGIN].refusal
    if float(connection.version) > LAST_VERSION_WITH_SOAP_LOGIN:
        return Finding(
            level=Level.FAILED,
            summary=f"the connection pins API version {connection.version}, and SOAP login() ends with 64.0",
            cause="soap_login_disabled",
            saw=f"version {connection.version} in the connection · {connection.flow.request_label}",
        )
    if refusal is not None and (finding := refused(refusal, "SOAP login() is off")).cause == "soap_login_disabled":
        return finding
    return Finding(
        level=Level.WARNING,
        summary="the connection logs in by SOAP login(), which Salesforce ends in Summer '27",
        cause="soap_login_retiring",
        saw=f"{connection.flow.label} in the connection",
    )


CHECK = Check(id="session.login_flow", title="Login flow", needs=(CONNECTION, LOGIN), evaluate=evaluate)
