"""The two things that can be done with a refresh token: log in by it, which may spend it, and ask whether it is alive.

simple-salesforce knows neither. Both requests carry the client's key and secret in the body, as Salesforce takes them for any
kind of app.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pendulum

from airflow_sf_health.org.errors import Refusal, Refused, Shape
from airflow_sf_health.org.fields import host_of
from airflow_sf_health.org.secret import Secret

if TYPE_CHECKING:
    import requests

    from airflow_sf_health.org.connection import OrgConnection
    from airflow_sf_health.org.exchange import Exchange
    from airflow_sf_health.org.guarded_session import GuardedSession

TOKEN_PATH = "/services/oauth2/token"
INTROSPECTION_PATH = "/services/oauth2/introspect"


@dataclass(frozen=True, slots=True)
class Introspection:
    """Whether a refresh token is alive, and until when, where the reply tells."""

    active: bool
    expires: pendulum.DateTime | None = None


def token_by_refresh(connection: OrgConnection, session: GuardedSession) -> tuple[str, str]:
    """Ask for an access token and give it with the host to use it on.

    :raises requests.RequestException: nobody answered.
    :raises ValueError, TypeError, KeyError: the reply is no good one; the session has kept it.
    """
    form = {"grant_type": "refresh_token", **_client(connection), "refresh_token": _shown(connection)}
    url = f"https://{connection.token_host}{TOKEN_PATH}"
    reply = session.post(url, form, headers={"Accept": "application/json"}, allow_redirects=False)
    if reply.status_code != 200:
        raise ValueError("no token")
    said = reply.json()
    return said["access_token"] or "", host_of(said["instance_url"]) or ""


def has_rotated(connection: OrgConnection, reply: requests.Response | None) -> bool:
    """Whether a good reply brought another refresh token: then the connection's own is spent."""
    return successor_of(connection, reply) is not None


def successor_of(connection: OrgConnection, reply: requests.Response | None) -> Secret | None:
    """The refresh token that a reply brought in the place of the connection's own; None where it is the same, or there is none."""
    if connection.refresh_token is None or reply is None or not reply.ok:
        return None
    try:
        said = reply.json()
    except ValueError:
        return None
    new = said.get("refresh_token") if isinstance(said, dict) else None
    return Secret(new) if isinstance(new, str) and new and new != _shown(connection) else None


def introspect(connection: OrgConnection, exchange: Exchange) -> Introspection:
    """Ask whether the refresh token is alive. That spends nothing.

    :raises Refused: anything but a readable answer.
    """
    url, form = f"https://{connection.token_host}{INTROSPECTION_PATH}", introspection_form(connection)

    def ask() -> Introspection:
        found = read_introspection(exchange.send("POST", url, {}, data=form).value)
        if found is None:
            message = "a JSON answer that is no introspection"
            raise Refused(Refusal(shape=Shape.UNREADABLE, status=200, message=message, host=connection.token_host))
        return found

    return exchange.repeated_once(ask, "introspection of the refresh token")


def introspection_form(connection: OrgConnection) -> dict[str, str]:
    """The body of the question whether the refresh token is alive. It spends nothing."""
    return {**_client(connection), "token": _shown(connection), "token_type_hint": "refresh_token"}


def read_introspection(said: Any) -> Introspection | None:
    """Read the reply; None for what is none. ``exp`` counts seconds, and may be missing."""
    if not isinstance(said, dict) or not isinstance(said.get("active"), bool):
        return None
    return Introspection(said["active"], _instant(said.get("exp")))


def _instant(seconds: Any) -> pendulum.DateTime | None:
    try:
        return pendulum.from_timestamp(float(seconds)) if seconds else None
    except (TypeError, ValueError, OverflowError, OSError):
        return None


def _client(connection: OrgConnection) -> dict[str, str]:
    client = {"client_id": connection.consumer_key or ""}
    secret = connection.consumer_secret
    return {**client, "client_secret": secret.reveal()} if secret is not None else client


def _shown(connection: OrgConnection) -> str:
    assert connection.refresh_token is not None, "only a connection with a refresh token comes here"
    return connection.refresh_token.reveal()
