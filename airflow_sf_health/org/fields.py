"""The fields of an Airflow connection, each read and checked: hosts, version, time limits, proxies.

Each function says what is wrong in the words of the connection form, before any request. Pure.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any

from airflow_sf_health.errors import OrgConnectionError
from airflow_sf_health.org.flows import LoginFlow
from airflow_sf_health.org.proxies import read_proxies, split
from airflow_sf_health.org.secret import Secret

DEFAULT_VERSION = "59.0"
"""The API version that simple-salesforce 1.12 uses when a connection pins none."""
OWN_INSTALLATION = "airflow"
"""What an installation is called that was given no name."""
SHARED_DOMAINS = frozenset({"login", "test"})
_ASCII_FIELDS = ("session_id", "consumer_key", "consumer_secret", "refresh_token")
"""What Salesforce makes of printable ASCII alone; passwords and user names are people's own."""
_YES = ("true", "yes", "on", "1")
_NO = ("false", "no", "off", "0")
"""What a connection form, an environment variable or a URI makes of a switch."""
BACKWARD_COMPATIBLE_PREFIX = "extra__salesforce__"


@dataclass(frozen=True, slots=True)
class TimeLimits:
    """Seconds: to connect, between two reads, and for one whole examination."""

    connect: float = 10.0
    read: float = 30.0
    examination: float = 60.0


@dataclass(frozen=True, slots=True)
class Fields:
    """All fields of one connection by name. Empty extras are absent, as the stock hook has it; an empty login or password
    counts as given. ``installation`` is who reads them, and ``keeps_grants`` whether that keeps what a refresh token changes to.
    """

    conn_id: str
    values: Mapping[str, Any]
    session_is_extra: bool = False
    installation: str = OWN_INSTALLATION
    keeps_grants: bool = False

    @classmethod
    def of(
        cls, conn_id: str, login: str | None, password: str | None, extra: Mapping[str, Any], session_id: str | None
    ) -> Fields:
        """Gather the fields; a short name goes before the old ``extra__salesforce__`` one, also when it is empty."""
        old = {k.removeprefix(BACKWARD_COMPATIBLE_PREFIX): v for k, v in extra.items() if k.startswith("extra__")}
        values = {name: value or None for name, value in {**old, **extra}.items()}
        extra_session = values.get("session_id")
        values |= {"login": login, "password": password, "session_id": session_id or extra_session}
        return cls(conn_id, values, session_is_extra=extra_session is not None and not session_id)

    @property
    def session_is_argument(self) -> bool:
        """Whether the ready session is handed over by the caller, and not the connection's own."""
        return self.values.get("session_id") is not None and not self.session_is_extra

    def without(self, *names: str) -> Fields:
        """The same fields as if these were not set."""
        left = {name: value for name, value in self.values.items() if name not in names}
        return replace(self, values=left, session_is_extra=False)

    def error(self, problem: str, field: str, flow: LoginFlow | None = None) -> OrgConnectionError:
        """The error for one field; ``problem`` completes "Connection 'crm' …"."""
        return OrgConnectionError(
            f"Connection '{self.conn_id}' {problem}", conn_id=self.conn_id, field=field, flow=flow
        )

    def refuse_unsendable(self, used: Collection[str], flow: LoginFlow) -> None:
        """Refuse a token or key of characters that it cannot have: a header does not take them, and the error of the HTTP
        library would quote them.
        """
        for name in _ASCII_FIELDS:
            value = str(self.values[name]) if name in used else ""
            if value != value.strip():
                slip = "white space or a line break around"
            elif re.search(r"[^ -~]", value):
                slip = "a control character or one beyond ASCII in"
            else:
                continue
            raise self.error(f"has {slip} its {name} (not shown). Paste it again, whole and alone.", name, flow)

    def login_flow(self) -> LoginFlow | None:
        """The extra ``login_flow``, which chooses the door; None where the fields themselves choose it."""
        given = self.text("login_flow")
        known = [str(flow) for flow in LoginFlow]
        if given is None or given in known:
            return None if given is None else LoginFlow(given)
        (nearest,) = difflib.get_close_matches(given.strip().lower(), known, n=1, cutoff=0.0)
        raise self.error(
            f"has '{given}' in its extra 'login_flow', which is no login flow. Nearest is '{nearest}'; there are "
            f"{', '.join(known)}.",
            "login_flow",
        )

    def domain(self, flow: LoginFlow) -> str:
        """What stands before ``.salesforce.com`` of the login host."""
        domain = str(self.values.get("domain") or "login")
        self._refuse_host(flow, "domain", domain)
        if flow is LoginFlow.CLIENT_CREDENTIALS and domain in SHARED_DOMAINS:
            raise self.error(
                "uses client credentials, and Salesforce gives such tokens on the org's own My Domain only, not on "
                f"{domain}.salesforce.com. Set its extra 'domain' to the part before '.salesforce.com', for example "
                "acme.my.",
                "domain",
                flow,
            )
        return domain

    def token_host(self, flow: LoginFlow, domain: str) -> str:
        """Where the login request goes. JWT bearer puts ``instance_url``, meant as such a part too, in the domain's place."""
        part = domain
        if flow is LoginFlow.JWT_BEARER and self.values.get("instance_url"):
            part = str(self.values["instance_url"])
            self._refuse_host(flow, "instance_url", part)
        return f"{part}.salesforce.com"

    def instance_host(self) -> str:
        """The host of a ready session: of ``instance_url``, else ``instance``, which simple-salesforce takes as it is."""
        url = self.values.get("instance_url")
        if not url:
            return self._instance(str(self.values["instance"]))
        host = host_of(str(url))
        if host is not None and host == host.strip():
            return host
        raise self.error(
            f"has a ready session for {str(url)!r}, which is no https URL. Set its extra 'instance_url' to "
            f"{repr('https://' + host.strip()) if host else 'one like https://acme.my.salesforce.com'}.",
            "instance_url",
            LoginFlow.SESSION,
        )

    def _instance(self, value: str) -> str:
        bare = value.strip()
        host = bare if _is_host(bare) else host_of(bare)
        if host == value:
            return value
        raise self.error(
            f"has a ready session for {value!r}, which is no host name. Set its extra 'instance' to "
            f"{repr(host) if host else 'one like acme.my.salesforce.com'}.",
            "instance",
            LoginFlow.SESSION,
        )

    def version(self) -> str:
        """The pinned API version, or simple-salesforce's own."""
        version = str(self.values.get("version") or DEFAULT_VERSION)
        if re.fullmatch(r"\d{1,3}\.0", version):
            return version
        raise self.error(
            f"has the API version '{version}'. Write it as number, point, zero, without a 'v': 62.0.", "version"
        )

    def time_limits(self, defaults: TimeLimits) -> TimeLimits:
        """The extras ``connect_timeout``, ``read_timeout`` and ``examination_timeout``, else the defaults."""
        return TimeLimits(
            connect=self._seconds("connect_timeout", defaults.connect),
            read=self._seconds("read_timeout", defaults.read),
            examination=self._seconds("examination_timeout", defaults.examination),
        )

    def proxies(self) -> tuple[tuple[str, Secret], ...]:
        """``{"https": "http://user:password@proxy:3128"}`` as a dict or its JSON text (the form gives text), or one URL."""
        given = self.values.get("proxies")
        if given is None:
            return ()
        proxies = read_proxies(given)
        if proxies is not None:
            return proxies
        raise self.error(
            "has proxies that cannot be read (not shown: they may hold a password). Give JSON like "
            '{"https": "http://proxy.example:3128"}.',
            "proxies",
        )

    def org_id(self) -> str | None:
        """The extra ``expected_org_id``."""
        org_id = self.text("expected_org_id")
        if org_id is None or re.fullmatch(r"00D[A-Za-z0-9]{12}(?:[A-Za-z0-9]{3})?", org_id):
            return org_id
        raise self.error(
            f"expects the org '{org_id}', which is no org id. Set its extra 'expected_org_id' to one like Setup > Company "
            "Information shows it (00D…, 15 or 18 characters).",
            "expected_org_id",
        )

    def text(self, name: str) -> str | None:
        """A field as it is, as text."""
        value = self.values.get(name)
        return None if value is None else str(value)

    def is_on(self, name: str) -> bool:
        """A switch: true or false, or the text of either."""
        given = self.values.get(name)
        said = str(given).strip().lower()
        if given is None or said in ("", *_NO):
            return False
        if said in _YES:
            return True
        raise self.error(f"has '{given}' in its extra '{name}'. Write true or false.", name)

    def has_whole_url(self) -> bool:
        """Whether ``instance_url`` is a whole URL, and not the part of a host name that JWT bearer takes it for."""
        return not _is_part(str(self.values.get("instance_url") or "login"))

    def _seconds(self, name: str, default: float) -> float:
        given = self.values.get(name)
        if given is None:
            return default
        try:
            seconds = float(given)
        except (TypeError, ValueError):
            seconds = -1
        if 0 < seconds < 86_400:
            return seconds
        raise self.error(f"has '{given}' in its extra '{name}'. Give seconds, more than 0 and less than a day.", name)

    def _refuse_host(self, flow: LoginFlow, name: str, value: str) -> None:
        """simple-salesforce appends ``.salesforce.com`` to these fields, so a whole host or URL leads to no host at all."""
        if _is_part(value):
            return
        bare = value.strip()
        if bare != value:
            mend = f"Set it to '{bare}'." if bare else "Empty it."
            raise self.error(f"has white space around {value!r} in its extra '{name}'. {mend}", name, flow)
        host = host_of(value if "//" in value else f"https://{value}") or ""
        part = host.removesuffix(".salesforce.com")
        mend = (
            f"Set it to '{part}'."
            if part and part != host
            else "Hosts outside .salesforce.com are not supported by simple-salesforce."
        )
        raise self.error(
            f"has the whole host or URL '{value}' in its extra '{name}'; simple-salesforce puts '.salesforce.com' behind "
            f"it ({flow.label}). {mend}",
            name,
            flow,
        )


def _is_part(value: str) -> bool:
    """Whether it can stand before ``.salesforce.com``."""
    is_name = re.fullmatch(r"[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?", value)
    return is_name is not None and not value.endswith((".com", ".mil", ".cn"))


def _is_host(value: str) -> bool:
    return re.fullmatch(r"[A-Za-z0-9.-]+(?::\d+)?", value) is not None


def host_of(url: str) -> str | None:
    """The host of a web address, as simple-salesforce takes it: whatever the scheme, it will speak https."""
    parts = split(url)
    if parts is None or parts.scheme not in ("http", "https") or parts.hostname is None:
        return None
    return parts.hostname if parts.port in (None, 443) else f"{parts.hostname}:{parts.port}"
