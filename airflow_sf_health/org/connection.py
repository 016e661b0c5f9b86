"""The connection as the examination sees it: frozen, complete, and explained when it is not.

Built by :func:`org_connection` from the plain fields of an Airflow connection; each existing ``salesforce`` connection works
unchanged. Pure: no request, no file is read here.
"""

from __future__ import annotations

import hashlib
import json
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from types import MappingProxyType
from typing import Any
from urllib.parse import urlsplit

from airflow_sf_health.errors import OrgConnectionError
from airflow_sf_health.org.flows import CREDENTIAL_FIELDS, Door, LoginFlow, nearest_door, open_door
from airflow_sf_health.org.secret import Secret

DEFAULT_VERSION = "59.0"
"""The API version that simple-salesforce 1.12 uses when a connection pins none."""
SHARED_DOMAINS = frozenset({"login", "test"})
BACKWARD_COMPATIBLE_PREFIX = "extra__salesforce__"
_SECRET_FIELDS = frozenset({"password", "security_token", "consumer_secret", "private_key", "session_id"})
_PROCESS_KEY = secrets.token_bytes(16)


@dataclass(frozen=True, slots=True)
class TimeLimits:
    """Seconds: to connect, between two reads, and for one whole examination."""

    connect: float = 10.0
    read: float = 30.0
    examination: float = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class OrgConnection:
    """Frozen view of an Airflow connection to one Salesforce org.

    ``flow`` is the login flow that simple-salesforce will really use. ``domain`` is what stands before ``.salesforce.com`` of
    the login host (``login``, ``test``, ``acme.my``). ``renewal`` is the same connection without its ready session, where
    its other fields make a flow of their own: what a dead session can be replaced by. ``ignored`` names the fields that the
    chosen flow does not read.
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
    version: str = DEFAULT_VERSION
    time_limits: TimeLimits = field(default_factory=TimeLimits)
    proxies: Mapping[str, Secret] = field(default_factory=lambda: MappingProxyType({}))
    ignored: tuple[str, ...] = ()
    renewal: OrgConnection | None = None
    expected_org_id: str | None = None
    contact: str | None = None

    @property
    def fingerprint(self) -> str:
        """A value that is equal for equal connections within this process only: it opens nothing and tells nothing."""
        parts = [(each.name, _plain(getattr(self, each.name))) for each in fields(self)]
        return hashlib.blake2b(repr(parts).encode(), key=_PROCESS_KEY, digest_size=16).hexdigest()

    def secrets(self) -> tuple[str, ...]:
        """Each secret text that must never be shown, a multi-line key line by line (masks work on one log line)."""
        values = [value.reveal() for name in _SECRET_FIELDS if (value := getattr(self, name))]
        values += [value for proxy in self.proxies.values() for value in _proxy_secrets(proxy.reveal())]
        lines = (line.strip() for value in values for line in value.replace("\\n", "\n").splitlines())
        return tuple(dict.fromkeys(line for line in lines if len(line) >= 5 and not line.startswith("-----")))


def org_connection(
    conn_id: str,
    *,
    login: str | None = None,
    password: str | None = None,
    extra: Mapping[str, Any] | None = None,
    session_id: str | None = None,
    time_limits: TimeLimits | None = None,
) -> OrgConnection:
    """Build the :class:`OrgConnection` from the fields of an Airflow connection, or say exactly what is wrong with it.

    :param conn_id: the connection's id, used in messages only.
    :param login: user name; :param password: password, both as Airflow stores them.
    :param extra: the extra fields, named as the Salesforce provider names them (``extra__salesforce__…`` too).
    :param session_id: the stock hook's argument of that name; it goes before the extra ``session_id``.
    :param time_limits: defaults in seconds; the extras ``connect_timeout``, ``read_timeout`` and ``examination_timeout`` win.
    :raises OrgConnectionError: a missing, contradictory or malformed field; names connection, field and flow.
    """
    values = _values(login, password, extra or {}, session_id)
    present = {name for name in CREDENTIAL_FIELDS if values.get(name) is not None}
    door = open_door(present)
    if door is None:
        raise _incomplete(conn_id, present)
    return _through(door, conn_id, values, present, _limits(conn_id, values, time_limits or TimeLimits()))


def _values(
    login: str | None, password: str | None, extra: Mapping[str, Any], session_id: str | None
) -> dict[str, Any]:
    """All fields by name. Empty extras are absent, as the stock hook has it; an empty login or password counts as given."""
    prefixed = {k.removeprefix(BACKWARD_COMPATIBLE_PREFIX): v for k, v in extra.items() if k.startswith("extra__")}
    values = {name: value or None for name, value in {**prefixed, **extra}.items()}
    return {**values, "login": login, "password": password, "session_id": session_id or values.get("session_id")}


def _incomplete(conn_id: str, present: set[str]) -> OrgConnectionError:
    door = nearest_door(present)
    lacking = ", ".join(door.missing(present))
    has = ", ".join(sorted(present)) or "no credential field at all"
    return OrgConnectionError(
        f"Connection '{conn_id}' has {has}, and that makes no login flow. Nearest is {door.flow.label}: add {lacking}.",
        conn_id=conn_id,
        field=door.missing(present)[0],
        flow=door.flow,
    )


def _through(door: Door, conn_id: str, values: dict[str, Any], present: set[str], limits: TimeLimits) -> OrgConnection:
    used = door.uses(present)
    _refuse_empty(conn_id, door, values, used)
    domain = _domain(conn_id, door.flow, values) if "domain" in door.also_uses else "login"
    taken = {name: Secret(str(values[name])) if name in _SECRET_FIELDS else str(values[name]) for name in used}
    instance: dict[str, object] = {
        name: taken.pop(name) for name in ("instance_url", "instance", "domain") if name in taken
    }
    connection = OrgConnection(
        conn_id=conn_id,
        flow=door.flow,
        domain=domain,
        token_host=_token_host(conn_id, door.flow, domain, values),
        instance_host=_instance_host(conn_id, instance) if door.flow is LoginFlow.SESSION else None,
        version=_version(conn_id, values),
        time_limits=limits,
        proxies=_proxies(conn_id, values),
        ignored=tuple(sorted(present - used)),
        expected_org_id=values.get("expected_org_id"),
        contact=values.get("contact"),
        **taken,  # type: ignore[arg-type]
    )
    if door.flow is not LoginFlow.SESSION:
        return connection
    return replace(connection, renewal=_renewal(conn_id, values, present - {"session_id"}, limits))


def _renewal(conn_id: str, values: dict[str, Any], present: set[str], limits: TimeLimits) -> OrgConnection | None:
    """The flow that the other fields open. A ready session's instance URL is a whole URL, which JWT would misread."""
    door = open_door(present)
    if door is None:
        return None
    without = {name: value for name, value in values.items() if name not in ("session_id", "instance_url", "instance")}
    try:
        return _through(door, conn_id, without, present - {"instance_url", "instance"}, limits)
    except OrgConnectionError:
        return None


def _refuse_empty(conn_id: str, door: Door, values: dict[str, Any], used: frozenset[str]) -> None:
    for name in sorted(used):
        if not values[name]:
            raise OrgConnectionError(
                f"Connection '{conn_id}' has an empty {name}, which simple-salesforce takes for given and so logs in by "
                f"{door.flow.label}. Fill {name}, or remove it from the connection altogether.",
                conn_id=conn_id,
                field=name,
                flow=door.flow,
            )


def _domain(conn_id: str, flow: LoginFlow, values: dict[str, Any]) -> str:
    domain = str(values.get("domain") or "login").strip()
    _refuse_host(conn_id, flow, "domain", domain)
    if flow is LoginFlow.CLIENT_CREDENTIALS and domain in SHARED_DOMAINS:
        raise OrgConnectionError(
            f"Connection '{conn_id}' uses client credentials, and Salesforce gives such tokens on the org's own My Domain "
            f"only, not on {domain}.salesforce.com. Set its extra 'domain' to the part before '.salesforce.com', "
            "for example acme.my.",
            conn_id=conn_id,
            field="domain",
            flow=flow,
        )
    return domain


def _refuse_host(conn_id: str, flow: LoginFlow, name: str, value: str) -> None:
    """simple-salesforce appends ``.salesforce.com`` to these fields, so a whole host or URL leads to no host at all."""
    if re.fullmatch(r"[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?", value) and not value.endswith(
        (".com", ".mil", ".cn")
    ):
        return
    host = urlsplit(value if "//" in value else f"//{value}").hostname or ""
    part = host.removesuffix(".salesforce.com")
    mend = (
        f"Set it to '{part}'."
        if host.endswith(".salesforce.com") and part
        else "Hosts outside .salesforce.com are not supported by simple-salesforce."
    )
    raise OrgConnectionError(
        f"Connection '{conn_id}' has the whole host or URL '{value}' in its extra '{name}'; simple-salesforce puts "
        f"'.salesforce.com' behind it ({flow.label}). {mend}",
        conn_id=conn_id,
        field=name,
        flow=flow,
    )


def _token_host(conn_id: str, flow: LoginFlow, domain: str, values: dict[str, Any]) -> str:
    part = domain
    if flow is LoginFlow.JWT_BEARER and values.get("instance_url"):
        part = str(values["instance_url"])
        _refuse_host(conn_id, flow, "instance_url", part)
    return f"{part}.salesforce.com"


def _instance_host(conn_id: str, instance: Mapping[str, object]) -> str:
    value = str(instance.get("instance_url") or instance["instance"])
    if "instance_url" not in instance and re.fullmatch(r"[A-Za-z0-9.-]+(?::\d+)?", value):
        return value
    url = urlsplit(value)
    if url.scheme != "https" or not url.hostname:
        raise OrgConnectionError(
            f"Connection '{conn_id}' has a ready session for '{value}', which is no https URL. Set its extra 'instance_url' "
            "to one like https://acme.my.salesforce.com.",
            conn_id=conn_id,
            field="instance_url",
            flow=LoginFlow.SESSION,
        )
    return url.hostname if url.port in (None, 443) else f"{url.hostname}:{url.port}"


def _version(conn_id: str, values: dict[str, Any]) -> str:
    version = str(values.get("version") or DEFAULT_VERSION)
    if re.fullmatch(r"\d{1,3}\.0", version):
        return version
    raise OrgConnectionError(
        f"Connection '{conn_id}' has the API version '{version}'. Write it as number, point, zero, without a 'v': 62.0.",
        conn_id=conn_id,
        field="version",
    )


def _limits(conn_id: str, values: dict[str, Any], defaults: TimeLimits) -> TimeLimits:
    return TimeLimits(
        connect=_seconds(conn_id, values, "connect_timeout", defaults.connect),
        read=_seconds(conn_id, values, "read_timeout", defaults.read),
        examination=_seconds(conn_id, values, "examination_timeout", defaults.examination),
    )


def _seconds(conn_id: str, values: dict[str, Any], name: str, default: float) -> float:
    given = values.get(name)
    if given is None:
        return default
    try:
        seconds = float(given)
    except (TypeError, ValueError):
        seconds = -1
    if 0 < seconds < 86_400:
        return seconds
    raise OrgConnectionError(
        f"Connection '{conn_id}' has '{given}' in its extra '{name}'. Give seconds, more than 0 and less than a day.",
        conn_id=conn_id,
        field=name,
    )


def _proxies(conn_id: str, values: dict[str, Any]) -> Mapping[str, Secret]:
    """``{"https": "http://user:password@proxy:3128"}`` as a dict or its JSON text (the form gives text), or one URL for both."""
    given = values.get("proxies")
    if isinstance(given, str) and given.lstrip().startswith("{"):
        try:
            given = json.loads(given)
        except ValueError:
            given = ()
    elif isinstance(given, str):
        given = {"http": given, "https": given}
    if given is None or (isinstance(given, Mapping) and all(isinstance(v, str) and "://" in v for v in given.values())):
        return MappingProxyType({scheme: Secret(url) for scheme, url in (given or {}).items()})
    raise OrgConnectionError(
        f"Connection '{conn_id}' has proxies that cannot be read (not shown: they may hold a password). Give JSON like "
        '{"https": "http://proxy.example:3128"}.',
        conn_id=conn_id,
        field="proxies",
    )


def _proxy_secrets(url: str) -> tuple[str, ...]:
    password = urlsplit(url).password
    return (password,) if password else ()


def _plain(value: object) -> object:
    if isinstance(value, Secret):
        return value.reveal()
    if isinstance(value, Mapping):
        return sorted((key, _plain(each)) for key, each in value.items())
    return value.fingerprint if isinstance(value, OrgConnection) else value
