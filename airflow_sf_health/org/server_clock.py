"""What time it is at Salesforce, asked without a login; and so whether this host reaches it at all."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import requests
from requests.utils import get_environ_proxies, select_proxy
from urllib3.exceptions import HTTPError

from airflow_sf_health.org.clocks import ahead
from airflow_sf_health.org.connection import OrgConnection, TimeLimits
from airflow_sf_health.org.deadline import DeadlineReached, within
from airflow_sf_health.org.failures import READ_LIMIT, refusal_of_failure
from airflow_sf_health.org.flows import LoginFlow
from airflow_sf_health.org.guarded_session import GuardedSession, proxies_of
from airflow_sf_health.org.proxy_addresses import is_misread
from airflow_sf_health.org.transport import Traffic

if TYPE_CHECKING:
    import pendulum

LOGIN_HOST = "login.salesforce.com"
NO_ADDRESS = "the proxy's address is none"


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerClock:
    """``ahead``: seconds by which this machine's clock is ahead of Salesforce's; None where that is not known: ``problem`` says why, in
    the words of a refusal.
    """

    host: str
    ahead: float | None = None
    problem: str = ""


def server_clock(connection: OrgConnection | None, *, seconds: float) -> ServerClock:
    """Ask the host that a login by this connection asks first, through its proxies; None: where most logins are made. Never raises."""
    asked = connection or OrgConnection(conn_id="", flow=LoginFlow.JWT_BEARER, token_host=LOGIN_HOST)
    limits = TimeLimits(connect=seconds / 2, read=seconds / 2, examination=seconds)
    host = asked.first_host
    try:
        with GuardedSession(replace(asked, time_limits=limits), Traffic()) as session:
            status, header, at = within(seconds, lambda: _ask(session, host), stop=session.transport.abort)
    except DeadlineReached:
        return ServerClock(host=host, problem=READ_LIMIT)
    except (OSError, HTTPError, ValueError) as error:  # what `requests` raises is one of these
        return ServerClock(host=host, problem=_words(error, host))
    found = ahead(header, at)
    return ServerClock(host=host, ahead=found, problem=f"HTTP {status} without a time" if found is None else "")


def has_misread_proxy(connection: OrgConnection) -> bool:
    """Whether the proxy on the way to the first host has an address that is taken for another one; see :func:`~airflow_sf_health.org.proxy_addresses.is_misread`."""
    url = f"https://{connection.first_host}/"
    proxy = select_proxy(url, {**get_environ_proxies(url), **proxies_of(connection)})
    return proxy is not None and is_misread(proxy)


def _ask(session: GuardedSession, host: str) -> tuple[int, str | None, pendulum.DateTime]:
    """Status and ``Date`` header of whatever answer there is, since each has one, and when it came by this machine's clock."""
    from pendulum import now

    reply = session.head(f"https://{host}/", allow_redirects=False)
    return reply.status_code, reply.headers.get("Date"), now("UTC")


def _words(error: Exception, host: str) -> str:
    if isinstance(error, requests.exceptions.InvalidProxyURL):
        return NO_ADDRESS
    return refusal_of_failure(error, host=host).message
