"""The way to Salesforce: the clock at its end, the proxies on it, and the authorities that are trusted."""

from __future__ import annotations

import os
import ssl
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from airflow_sf_health.commands.doctor_lines import Line, note, ok, problem
from airflow_sf_health.org.clocks import AGREE, apart, exactly
from airflow_sf_health.org.proxy_addresses import is_misread
from airflow_sf_health.org.server_clock import LOGIN_HOST, NO_ADDRESS, server_clock
from airflow_sf_health.org.transport import trust

if TYPE_CHECKING:
    from airflow_sf_health.org.connection import OrgConnection

LONGEST = 8.0
"""Seconds for the answer that tells the time."""
PROXIES = ("https_proxy", "http_proxy", "all_proxy", "no_proxy")
BUNDLES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
"""In the order in which `requests` looks for them."""
UNREAD = ("SSL_CERT_FILE", "SSL_CERT_DIR")
PROXY = "Write the proxy as http://user:password@host:port, special characters %-encoded."
_HIDDEN = "*** (no address)"
_FIXES = {
    NO_ADDRESS: PROXY,
    "name does not resolve": "Have this host resolve {host}, or set HTTPS_PROXY where it goes out by a proxy.",
    "TLS": "Set REQUESTS_CA_BUNDLE to a file with the authority of your proxy beside the usual ones.",
    "the proxy": "Correct HTTPS_PROXY, or have the proxy let {host} through.",
    "connect": "Open port 443 to {host}, or set HTTPS_PROXY where this host goes out by a proxy.",
}
_OTHER = "Look what lies between this host and {host}: a firewall, a proxy, an inspection of TLS."


def clock(connection: OrgConnection | None) -> Iterator[Line]:
    """How far this machine's clock is from Salesforce's, by one request without a login."""
    part, found = "network.clock", server_clock(connection, seconds=LONGEST)
    if found.ahead is None:
        fix = next((fix for words, fix in _FIXES.items() if found.problem.startswith(words)), _OTHER)
        why = NO_ADDRESS if found.problem == NO_ADDRESS else f"{found.host} gave no answer: {found.problem}"
        yield note(part, f"not known, since {why}", fix.format(host=found.host))
    elif abs(found.ahead) <= AGREE:
        yield ok(part, f"{found.host} answers, and the clocks agree ({exactly(abs(found.ahead))} apart)")
    else:
        said = f"this machine's clock is {apart(found.ahead)} ({found.host})"
        yield problem(part, said, "Have NTP set it: by a wrong clock logins by JWT bearer are refused.")


def proxies(connection: OrgConnection | None) -> Iterator[Line]:
    """Which proxies are in effect; a password in one is not shown."""
    part, found = "network.proxies", {name: value for name in PROXIES if (value := _variable(name)) is not None}
    told = [f"{name.upper()}={_shown(name, value)}" for name, value in found.items()]
    own = connection is not None and bool(connection.proxies)
    said = ", ".join(told) or "none in the environment"
    said = f"the connection's own go first; {said}" if own else said
    odd = next(_odd(found), None)
    yield note(part, f"{said}; {odd[0]}", odd[1]) if odd else ok(part, said)


def _variable(name: str) -> str | None:
    """As Python has it: the name in small letters goes first, and an empty one counts for none."""
    return os.environ.get(name) or os.environ.get(name.upper()) or None


def _shown(name: str, value: str) -> str:
    if name == "no_proxy":
        return value
    try:
        parts = urlsplit(value if "://" in value else f"http://{value}")
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return _HIDDEN
    if not host or is_misread(value):
        return _HIDDEN
    user = "***@" if parts.username or parts.password else ""
    return f"{parts.scheme}://{user}{host}{f':{port}' if port else ''}"


def _odd(found: dict[str, str]) -> Iterator[tuple[str, str]]:
    for name in PROXIES:
        small, large = os.environ.get(name), os.environ.get(name.upper())
        if small and large and small != large:
            yield (
                f"{name} and {name.upper()} differ, and the former counts",
                f"Remove one of {name} and {name.upper()}.",
            )
    for name, value in found.items():
        if name != "no_proxy" and _shown(name, value) == _HIDDEN:
            yield (
                f"{name.upper()} is no address",
                f"Write {name.upper()} as http://user:password@host:port, special characters %-encoded.",
            )
    if "http_proxy" in found and not {"https_proxy", "all_proxy"} & found.keys():
        yield "HTTP_PROXY alone does nothing for Salesforce", "Set HTTPS_PROXY: Salesforce is reached by HTTPS only."
    passed = [each.strip().lstrip("*.") for each in found.get("no_proxy", "").split(",")]
    if {"https_proxy", "all_proxy"} & found.keys() and any(_is_of(each) for each in passed):
        fix = "Take it out of NO_PROXY, unless this host reaches Salesforce without the proxy."
        yield "NO_PROXY leads to Salesforce past the proxy", fix


def _is_of(suffix: str) -> bool:
    return bool(suffix) and f".{LOGIN_HOST}".endswith(f".{suffix}")


def authorities() -> Iterator[Line]:
    """Which authorities are trusted, and whether the file of them can be read."""
    part = "network.ca"
    name = next((name for name in BUNDLES if os.environ.get(name)), None)
    if name is None:
        others = [each for each in UNREAD if os.environ.get(each)]
        said = "those of certifi"
        if others:
            fix = "Set REQUESTS_CA_BUNDLE to the same file, if Salesforce is reached by an authority of your own."
            yield note(part, f"{said}; {' and '.join(others)} is set, which the Salesforce clients do not read", fix)
        else:
            yield ok(part, said)
        return
    path = os.environ[name]
    why = _why_unusable(path)
    fix = f"Set {name} to a readable PEM file of authorities, or remove it."
    yield problem(part, f"{name} names {path}, which {why}", fix) if why else ok(part, f"those of {path}, by {name}")


def _why_unusable(path: str) -> str:
    if not Path(path).exists():
        return "is missing"
    try:
        held = trust(path).get_ca_certs()
    except ssl.SSLError:
        return "holds no certificates"
    except OSError as error:
        return f"cannot be read: {error.strerror or type(error).__name__}"
    return "" if held or Path(path).is_dir() else "holds no certificates of authorities"
