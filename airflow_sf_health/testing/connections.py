"""How clients are pointed at the fake org: Airflow connections for each login flow, and environment variables."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, TypedDict
from urllib.parse import quote

from airflow_sf_health.testing import refresh_tokens
from airflow_sf_health.testing.certificates import BUNDLE_VARIABLES

if TYPE_CHECKING:
    from collections.abc import Callable

    from airflow_sf_health.testing.state import OrgState, User


class Connection(TypedDict):
    """The fields of an Airflow connection of type ``salesforce``."""

    login: str | None
    password: str | None
    extra: dict[str, Any]


NAMES = ("jwt", "client_credentials", "password", "soap_token", "soap_organization", "refresh_token", "session")


class Connections:
    """Connections of one user, one for each login flow, with extras named as the Salesforce provider names them.

    That of a refresh token is for airflow-sf-health, as the provider knows no such flow; each has a grant of its own.
    """

    def __init__(self, state: OrgState, private_key: str, user: User, open_session: Callable[[], str]) -> None:
        self._state = state
        self._private_key = private_key
        self._user = user
        self._open_session = open_session

    def make(self, name: str, **extra: Any) -> Connection:
        """The connection of this name; ``extra`` are further extras, and ``None`` takes one away.

        :raises ValueError: for a name that is not one of ``NAMES``.
        """
        if name not in NAMES:
            raise ValueError(f"No connection {name!r}. Use one of {', '.join(NAMES)}.")
        connection: Connection = getattr(self, f"_{name}")()
        merged = connection["extra"] | self._domain(name) | extra
        connection["extra"] = {field: value for field, value in merged.items() if value is not None}
        return connection

    def _domain(self, name: str) -> dict[str, str]:
        if name == "client_credentials":  # served on the My Domain only
            return {"domain": self._state.org.host.removesuffix(".salesforce.com")}
        return {"domain": "test"} if self._state.org.is_sandbox and name != "session" else {}

    def _jwt(self) -> Connection:
        extra = {"consumer_key": self._state.apps[0].consumer_key, "private_key": self._private_key}
        return Connection(login=self._user.username, password=None, extra=extra)

    def _client_credentials(self) -> Connection:
        return Connection(login=None, password=None, extra=self._app())

    def _password(self) -> Connection:
        return self._with_password(self._app())

    def _soap_token(self) -> Connection:
        return self._with_password({"security_token": self._user.security_token})

    def _soap_organization(self) -> Connection:
        return self._with_password({"organization_id": self._state.org.id})

    def _refresh_token(self) -> Connection:
        token = refresh_tokens.grant(self._state, self._user, self._state.apps[0], datetime.now(UTC))
        extra = {**self._app(), "refresh_token": token.value, "login_flow": "refresh_token"}
        return Connection(login=None, password=None, extra=extra)

    def _session(self) -> Connection:
        extra = {"session_id": self._open_session(), "instance_url": f"https://{self._state.org.host}"}
        return Connection(login=None, password=None, extra=extra)

    def _with_password(self, extra: dict[str, Any]) -> Connection:
        return Connection(login=self._user.username, password=self._user.password, extra=extra)

    def _app(self) -> dict[str, str]:
        app = self._state.apps[0]
        return {"consumer_key": app.consumer_key, "consumer_secret": app.consumer_secret}


def variable(conn_id: str) -> str:
    """The environment variable that makes Airflow know a connection of this id."""
    return f"AIRFLOW_CONN_{conn_id.upper()}"


def as_json(connection: Connection) -> str:
    """A connection in the JSON form that Airflow reads from the environment."""
    fields = {name: value for name, value in connection.items() if value is not None}
    return json.dumps({"conn_type": "salesforce", **fields})


def reach(proxy_port: int, bundle: str, client: str) -> dict[str, str]:
    """The variables that lead a client through the proxy and make it trust the private CA."""
    # requests and urllib ignore a user name that comes without a password.
    proxy = f"http://{quote(client, safe='')}:any@127.0.0.1:{proxy_port}"
    direct = "localhost,127.0.0.1"
    bundles = dict.fromkeys(BUNDLE_VARIABLES, bundle)
    return {"HTTPS_PROXY": proxy, "https_proxy": proxy, "NO_PROXY": direct, "no_proxy": direct, **bundles}
