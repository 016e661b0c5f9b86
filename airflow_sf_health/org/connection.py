"""The connection as the examination sees it: frozen, complete, and explained when it is not.

Built by :func:`org_connection` from the plain fields of an Airflow connection; each existing ``salesforce`` connection works
unchanged. Pure: no request, no file is read here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import unquote

from airflow_sf_health.errors import OrgConnectionError
from airflow_sf_health.org.doors import (
    SESSION_FIELDS,
    choose_door,
    left_over,
    may_rotate,
    reason_to_withhold,
    renewal_door,
    stock_beside,
)
from airflow_sf_health.org.fields import DEFAULT_VERSION, OWN_INSTALLATION, Fields, TimeLimits
from airflow_sf_health.org.flows import CREDENTIAL_FIELDS, Door, LoginFlow, StockDoor
from airflow_sf_health.org.proxies import StockProxies, passwords, stock_proxies
from airflow_sf_health.org.secret import Secret

__all__ = ["OrgConnection", "TimeLimits", "org_connection"]

_SECRET_FIELDS = ("password", "security_token", "consumer_secret", "private_key", "session_id", "refresh_token")


@dataclass(frozen=True, slots=True, kw_only=True)
class OrgConnection:
    """Frozen view of an Airflow connection to one Salesforce org.

    ``flow`` is the login flow that simple-salesforce will really use, or the one that ``login_flow`` or a refresh token asks
    for. ``domain`` is what stands before ``.salesforce.com`` of
    the login host (``login``, ``test``, ``acme.my``). ``renewal`` is the same connection without its ready session, where
    its other fields make a flow of their own: what a dead session can be replaced by; ``renewal_problem`` says why there is
    none though they were meant to. ``session_is_argument``: the caller handed the session over. ``withheld`` says why the refresh token
    is not ours to spend, where that is so: then it is only introspected; ``withheld_renewal`` is such a token beside a
    ready session. ``rotates``: the refresh token is ours to spend, and changes at each use; ``may_rotate``: it is ours to keep should it
    change, whether the connection says that it does or not. ``ignored`` names the fields that the chosen flow does not read. ``proxies`` are pairs of scheme and URL.
    ``stock`` is set where the stock hook takes another flow or none; ``stock_proxies`` where it cannot use the proxies.
    ``diagnostic`` is the second user who is
    asked after a failure, where ``diagnostic_conn_id`` names one; ``diagnostic_problem`` says why there is none all the same.
    """

    conn_id: str
    flow: LoginFlow
    login: str | None = None
    domain: str = "login"
    token_host: str = "login.salesforce.com"
    instance_host: str | None = None
    consumer_key: str | None = None
    client_id: str | None = None
    organization_id: str | None = None
    private_key_file_path: str | None = None
    password: Secret | None = None
    security_token: Secret | None = None
    consumer_secret: Secret | None = None
    private_key: Secret | None = None
    session_id: Secret | None = None
    refresh_token: Secret | None = None
    version: str = DEFAULT_VERSION
    time_limits: TimeLimits = field(default_factory=TimeLimits)
    proxies: tuple[tuple[str, Secret], ...] = ()
    ignored: tuple[str, ...] = ()
    session_is_argument: bool = False
    renewal: OrgConnection | None = None
    renewal_problem: str | None = None
    withheld: str | None = None
    withheld_renewal: OrgConnection | None = None
    rotates: bool = False
    may_rotate: bool = False
    stock: StockDoor | None = None
    stock_proxies: StockProxies | None = None
    expected_org_id: str | None = None
    contact: str | None = None
    runbook: str | None = None
    severity: str | None = None
    diagnostic_conn_id: str | None = None
    diagnostic: OrgConnection | None = None
    diagnostic_problem: str | None = None

    @property
    def first_host(self) -> str:
        """The host that the first request goes to: the instance of a ready session, else where the login is."""
        return self.instance_host or self.token_host

    @property
    def why_no_login(self) -> str:
        """The sentence that refuses to log in by a refresh token that is not ours to spend; empty where it is."""
        if self.withheld is None:
            return ""
        return (
            f"Connection '{self.conn_id}' makes no login, since {self.withheld}; tasks that call Salesforce are served best by a "
            "connection with a flow of its own, such as JWT bearer."
        )

    def secrets(self) -> tuple[str, ...]:
        """Each secret text that must never be shown, a multi-line key line by line (masks work on one log line). Texts of
        less than five characters are left out: a mask for them would black out half the log.
        """
        lines = (line.strip() for value in _secrets(self) for line in value.replace("\\n", "\n").splitlines())
        return tuple(dict.fromkeys(line for line in lines if len(line) >= 5 and not line.startswith("-----")))


def org_connection(
    conn_id: str,
    *,
    login: str | None = None,
    password: str | None = None,
    extra: Mapping[str, Any] | None = None,
    session_id: str | None = None,
    time_limits: TimeLimits | None = None,
    installation: str = OWN_INSTALLATION,
    keeps_grants: bool = False,
) -> OrgConnection:
    """Build the :class:`OrgConnection` from the fields of an Airflow connection, or say exactly what is wrong with it.

    :param conn_id: the connection's id, used in messages only.
    :param login: user name; :param password: password, both as Airflow stores them.
    :param extra: the extra fields, named as the Salesforce provider names them (``extra__salesforce__…`` too).
    :param session_id: the stock hook's argument of that name; it goes before the extra ``session_id``.
    :param time_limits: defaults in seconds; the extras ``connect_timeout``, ``read_timeout`` and ``examination_timeout`` win.
    :param installation: by what name the extra ``refresh_token_owner`` calls whoever is going to use the connection.
    :param keeps_grants: whether a login is given a vault that all who use the connection share: without one, a refresh token that
        changes at each use is not spent.
    :raises OrgConnectionError: a missing, contradictory or malformed field; names connection, field and flow.
    """
    given = replace(
        Fields.of(conn_id, login, password, extra or {}, session_id),
        installation=installation,
        keeps_grants=keeps_grants,
    )
    present = {name for name in CREDENTIAL_FIELDS if given.values.get(name) is not None}
    return _through(choose_door(given, present), given, present, given.time_limits(time_limits or TimeLimits()))


def _through(door: Door, given: Fields, present: set[str], limits: TimeLimits) -> OrgConnection:
    used = door.uses(present)
    _refuse_empty(door, given, used)
    given.refuse_unsendable(used, door.flow)
    domain = given.domain(door.flow) if "domain" in door.also_uses else "login"
    withheld = reason_to_withhold(door, given)
    is_ours = withheld is None and door.flow is LoginFlow.REFRESH_TOKEN
    connection = OrgConnection(
        conn_id=given.conn_id,
        flow=door.flow,
        domain=domain,
        token_host=given.token_host(door.flow, domain),
        instance_host=given.instance_host() if door.flow is LoginFlow.SESSION else None,
        version=given.version(),
        time_limits=limits,
        proxies=given.proxies(),
        stock=stock_beside(door, given, present),
        stock_proxies=stock_proxies(given.values.get("proxies")),
        withheld=withheld,
        rotates=is_ours and given.is_on("refresh_token_rotation"),
        may_rotate=may_rotate(door, given),
        session_is_argument=door.flow is LoginFlow.SESSION and given.session_is_argument,
        ignored=left_over(door, given, present - used),
        expected_org_id=given.org_id(),
        contact=given.text("contact"),
        runbook=given.text("runbook"),
        severity=given.text("severity"),
        diagnostic_conn_id=given.text("diagnostic_conn_id"),
        **{**_owner(door, given), **_credentials(given, used)},
    )
    return _with_renewal(connection, given, present) if door.flow is LoginFlow.SESSION else connection


def _owner(door: Door, given: Fields) -> dict[str, str]:
    """A refresh token names nobody until it is used: the connection's user name says whose it is, to messages and to a second
    user.
    """
    login = given.text("login") if door.flow is LoginFlow.REFRESH_TOKEN else None
    return {"login": login} if login else {}


def _credentials(given: Fields, used: frozenset[str]) -> dict[str, Any]:
    """What the flow reads, by its field of :class:`OrgConnection`; the hosts have fields of their own."""
    names = used - {"instance_url", "instance", "domain"}
    texts = {name: str(given.values[name]) for name in names}
    return {name: Secret(text) if name in _SECRET_FIELDS else text for name, text in texts.items()}


def _with_renewal(connection: OrgConnection, given: Fields, present: set[str]) -> OrgConnection:
    """The ready session with what comes after it. Its instance URL is a whole URL, which JWT would misread."""
    try:
        door = renewal_door(given, present)
        if door is None:
            return connection
        others = present - set(SESSION_FIELDS)
        renewal = _through(door, given.without(*SESSION_FIELDS), others, connection.time_limits)
    except OrgConnectionError as error:
        return replace(connection, renewal_problem=str(error))
    if renewal.withheld is not None:
        return replace(connection, withheld_renewal=renewal)
    return replace(connection, renewal=renewal)


def _refuse_empty(door: Door, given: Fields, used: frozenset[str]) -> None:
    for name in sorted(used):
        if not given.values[name]:
            raise given.error(
                f"has an empty {name}, which simple-salesforce takes for given and so logs in by {door.flow.label}. Fill "
                f"{name}, or remove it from the connection altogether.",
                name,
                door.flow,
            )


def _secrets(connection: OrgConnection) -> Iterator[str]:
    yield from (value.reveal() for name in _SECRET_FIELDS if (value := getattr(connection, name)))
    for password in passwords(connection.proxies):
        yield from (password, unquote(password))
    for other in (connection.renewal, connection.withheld_renewal, connection.diagnostic):
        if other is not None:
            yield from _secrets(other)
