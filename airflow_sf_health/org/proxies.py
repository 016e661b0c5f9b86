"""The proxies of a connection: what ``requests`` could use is taken, and what the stock hook could not is noted. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from enum import StrEnum
from urllib.parse import SplitResult, unquote, urlsplit

from airflow_sf_health.org.secret import Secret

NO_PROXY = "no_proxy"
"""The one key that ``requests`` reads whose value is no URL: the hosts that a proxy of the environment is not asked for."""

_USED = re.compile(rf"{NO_PROXY}|(?:https?|all)(?:://.+)?")
_SCHEMES = frozenset({"http", "https", "socks4", "socks4a", "socks5", "socks5h"})
_LIKE_A_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+-]*:")
"""What ``requests`` takes for a scheme: ``proxy:`` of ``proxy:3128`` too, but not ``proxy.example:``."""


class StockProxies(StrEnum):
    """Why the stock hook cannot use proxies that we can."""

    TEXT = "text"
    """They are a text, as the connection form stores them; simple-salesforce wants an object."""
    NO_SCHEME = "no_scheme"
    """Without ``http://``, ``requests`` takes a name without points for a scheme."""


def read_proxies(given: object) -> tuple[tuple[str, Secret], ...] | None:
    """Read an object, its JSON text, or one URL, as pairs of key and URL; None for what ``requests`` could not use.

    Keys that ``requests`` never looks at are left out, and so are those whose value is None.
    """
    proxies = _mapping(given)
    if proxies is None:
        return None
    used = {str(key): value for key, value in proxies.items() if value is not None and _USED.fullmatch(str(key))}
    read = {key: value if key == NO_PROXY else _url(value) for key, value in used.items()}
    texts = [(key, Secret(value)) for key, value in read.items() if isinstance(value, str)]
    return tuple(texts) if len(texts) == len(read) else None


def stock_proxies(given: object) -> StockProxies | None:
    """Give why the stock hook cannot use these proxies, which we can."""
    if isinstance(given, str):
        return StockProxies.TEXT
    urls = (value for key, value in (_mapping(given) or {}).items() if key != NO_PROXY and _USED.fullmatch(str(key)))
    return StockProxies.NO_SCHEME if any(isinstance(url, str) and _lacks_scheme(url) for url in urls) else None


def passwords(proxies: tuple[tuple[str, Secret], ...]) -> Iterator[str]:
    """The password in each proxy's URL, as it stands there."""
    yield from (urlsplit(url.reveal()).password or "" for key, url in proxies if key != NO_PROXY)


def split(url: str) -> SplitResult | None:
    """The parts of a URL with a host; None for what is none."""
    try:
        parts = urlsplit(url)
        _ = parts.port  # looked at here, since a port that is no number is found only then
    except ValueError:
        return None
    return parts if parts.scheme and parts.hostname else None


def _mapping(given: object) -> Mapping[object, object] | None:
    if isinstance(given, str) and given.lstrip().startswith("{"):
        try:
            given = json.loads(given)
        except (ValueError, RecursionError):
            return None
    elif isinstance(given, str):
        return {"http": given, "https": given}
    return given if isinstance(given, Mapping) else None


def _url(given: object) -> str | None:
    """The URL with its scheme. An empty text stays: with it ``requests`` goes without a proxy."""
    if given == "":
        return ""
    if not isinstance(given, str):
        return None
    if "://" not in given and _LIKE_A_SCHEME.match(given) and not _lacks_scheme(given):
        return None
    url = given if "://" in given else f"http://{given.removeprefix('//')}"
    parts = split(url)
    if parts is None or parts.scheme not in _SCHEMES or re.search(r"[\s\x00-\x1f\x7f]", given):
        return None
    return url if all(_fits_header(unquote(text or "")) for text in (parts.username, parts.password)) else None


def _fits_header(text: str) -> bool:
    """Whether ``requests`` can put it into a header: it encodes user and password of a proxy as Latin-1."""
    try:
        text.encode("latin-1")
    except UnicodeEncodeError:
        return False
    return True


def _lacks_scheme(given: str) -> bool:
    return re.fullmatch(r"[A-Za-z][A-Za-z0-9-]*:\d+", given) is not None
