"""Log in as simple-salesforce does, or by a refresh token, and keep what it throws away: the identity and the exact refusal."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pendulum
from simple_salesforce.login import SalesforceLogin

from airflow_sf_health.errors import OrgConnectionError
from airflow_sf_health.org import clocks
from airflow_sf_health.org.connection import OrgConnection
from airflow_sf_health.org.errors import Refusal, Refused, read_refusal
from airflow_sf_health.org.failures import refusal_of_failure
from airflow_sf_health.org.flows import LoginFlow
from airflow_sf_health.org.guarded_session import GuardedSession
from airflow_sf_health.org.refresh_token import has_rotated, token_by_refresh
from airflow_sf_health.org.secret import Secret

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey


@dataclass(frozen=True, slots=True)
class Identity:
    """Who a token belongs to. Ids are Salesforce's 18 characters; the user name is there where the reply told it."""

    org_id: str
    user_id: str
    username: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Login:
    """A token and how it was had. ``fresh``: a login made just now, which proves user, IP, hours, app and credential; a
    ready session proves only itself. ``rotated``: it spent the refresh token that it was made with, so there is no next one.
    ``shared``: another conversation made that login, ``at`` that time. ``clock_ahead``: seconds by which this machine's clock was ahead
    of Salesforce's at a login just made, as far as the reply told.
    """

    token: Secret
    host: str
    identity: Identity | None
    flow: LoginFlow
    at: pendulum.DateTime
    fresh: bool
    password_expired: bool = False
    rotated: bool = False
    shared: bool = False
    clock_ahead: float | None = None


def log_in(connection: OrgConnection, session: GuardedSession) -> Login:
    """Make one fresh login by the connection's flow (not for a ready session).

    :raises Refused: Salesforce refused, or gave no readable answer; carries the refusal.
    :raises OrgConnectionError: the private key cannot be read; before any request.
    """
    ask = _request_of(connection, session)
    session.forget_login()
    try:
        token, host = ask()
    except Exception as failure:  # noqa: BLE001 - raised again as what it means
        if session.last_login_reply is None:
            raise Refused(refusal_of_failure(failure, host=connection.token_host)) from None
        # simple-salesforce, as we ourselves, trips over replies in many ways. The reply itself says more, and the exception may quote one that
        # holds a token.
        raise Refused(_refusal_of_reply(session, connection)) from None
    if not token or not host:
        raise Refused(_refusal_of_reply(session, connection))
    return _login(connection, session, Secret(str(token)), str(host))


def _request_of(connection: OrgConnection, session: GuardedSession) -> Callable[[], tuple[str | None, str | None]]:
    if connection.flow is LoginFlow.REFRESH_TOKEN:
        return partial(token_by_refresh, connection, session)
    arguments = _ARGUMENTS[connection.flow](connection)
    return partial(SalesforceLogin, session=session, domain=connection.domain, **arguments)


def _login(connection: OrgConnection, session: GuardedSession, token: Secret, host: str) -> Login:
    at, reply = pendulum.now("UTC"), session.last_login_reply
    body = reply.text if reply is not None else ""
    return Login(
        token=token,
        host=host,
        identity=read_identity(body, connection.login),
        flow=connection.flow,
        at=at,
        fresh=True,
        password_expired="<passwordExpired>true<" in body,
        rotated=has_rotated(connection, reply),
        clock_ahead=clocks.ahead(reply.headers.get("date"), at) if reply is not None else None,
    )


def read_identity(body: str, username: str | None = None) -> Identity | None:
    """Read org and user from a login reply: OAuth's ``id`` URL, or SOAP's ``organizationId`` and ``userId``."""
    oauth = re.search(r"/id/(00D[A-Za-z0-9]{15})/(005[A-Za-z0-9]{15})\b", body)
    if oauth:
        return Identity(oauth.group(1), oauth.group(2), username)
    org = re.search(r"<organizationId>(00D[A-Za-z0-9]{15})<", body)
    user = re.search(r"<userId>(005[A-Za-z0-9]{15})<", body)
    return Identity(org.group(1), user.group(1), username) if org and user else None


def _refusal_of_reply(session: GuardedSession, connection: OrgConnection) -> Refusal:
    reply = session.last_login_reply
    assert reply is not None, "simple-salesforce gives a token from a reply"
    host = urlsplit(reply.url).hostname or connection.token_host
    return read_refusal(reply.status_code, reply.headers, reply.content, host=host)


def _soap(connection: OrgConnection) -> dict[str, Any]:
    return {"username": connection.login, "password": _shown(connection.password), "sf_version": connection.version}


def _soap_token(connection: OrgConnection) -> dict[str, Any]:
    token = _shown(connection.security_token)
    return {**_soap(connection), "security_token": token, "client_id": connection.client_id}


def _soap_organization(connection: OrgConnection) -> dict[str, Any]:
    return {**_soap(connection), "organizationId": connection.organization_id, "client_id": connection.client_id}


def _password(connection: OrgConnection) -> dict[str, Any]:
    return {**_client_credentials(connection), "username": connection.login, "password": _shown(connection.password)}


def _client_credentials(connection: OrgConnection) -> dict[str, Any]:
    return {"consumer_key": connection.consumer_key, "consumer_secret": _shown(connection.consumer_secret)}


def _jwt_bearer(connection: OrgConnection) -> dict[str, Any]:
    token_part = connection.token_host.removesuffix(".salesforce.com")
    return {
        "username": connection.login,
        "consumer_key": connection.consumer_key,
        "privatekey": signing_key(connection),
        "instance_url": token_part if token_part != connection.domain else None,
    }


_ARGUMENTS: dict[LoginFlow, Callable[[OrgConnection], dict[str, Any]]] = {
    LoginFlow.SOAP_TOKEN: _soap_token,
    LoginFlow.SOAP_ORGANIZATION: _soap_organization,
    LoginFlow.PASSWORD: _password,
    LoginFlow.JWT_BEARER: _jwt_bearer,
    LoginFlow.CLIENT_CREDENTIALS: _client_credentials,
}
"""What ``Salesforce.__init__`` hands to ``SalesforceLogin`` for each flow."""


def _shown(secret: Secret | None) -> str | None:
    return secret.reveal() if secret is not None else None


def signing_key(connection: OrgConnection) -> RSAPrivateKey:
    """Give the RSA key of a JWT connection as a loaded object: PyJWT validates a PEM text at each signing (43 ms).

    :raises OrgConnectionError: no such file, no PEM, encrypted, or no RSA key.
    """
    field = "private_key_file_path" if connection.private_key_file_path else "private_key"
    try:
        if connection.private_key_file_path:
            pem = Path(connection.private_key_file_path).read_bytes()
        else:
            pem = (_shown(connection.private_key) or "").encode()
        return _load_key(pem)
    except OSError as failure:
        reason = f"cannot be read ({failure.strerror})"
    except TypeError:
        reason = "is encrypted with a passphrase; simple-salesforce needs it without one"
    except ValueError:
        reason = "is no RSA private key in PEM form (-----BEGIN PRIVATE KEY-----, each line on its own line)"
    raise OrgConnectionError(
        f"Connection '{connection.conn_id}': the key in its extra '{field}' {reason}. JWT bearer signs with the key whose "
        "certificate was uploaded to the connected app.",
        conn_id=connection.conn_id,
        field=field,
        flow=LoginFlow.JWT_BEARER,
    )


@lru_cache(maxsize=16)
def _load_key(pem: bytes) -> RSAPrivateKey:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    key = load_pem_private_key(pem, password=None)
    if not isinstance(key, RSAPrivateKey):
        raise ValueError("not RSA")
    return key
