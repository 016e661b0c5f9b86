"""The way by which this process reaches Salesforce, as a name: an address lock or a login range tells one from another."""

from __future__ import annotations

import hashlib
import os
import platform
from functools import cache, lru_cache
from pathlib import Path
from urllib.request import getproxies

_PROXIES = tuple(each for name in ("http", "https", "all", "no") for each in (f"{name}_proxy", f"{name}_proxy".upper()))
"""The variables of the environment by which requests finds its way."""
_IDS = ("/etc/machine-id", "/proc/sys/kernel/random/boot_id")


def egress(declared: str) -> str:
    """The site's name for it, else one of this host and the proxies of its environment.

    :param declared: ``[sf_health] egress``; hosts with the same name are one egress.
    """
    if declared:
        return f"declared {declared}"
    return _of_host(tuple(map(os.environ.get, _PROXIES)))


@lru_cache(maxsize=16)
def _of_host(_: tuple[str | None, ...]) -> str:
    """Asking for the proxies takes as long as all the rest of a look at a pass, so they are asked for when the environment changes."""
    proxies = sorted(getproxies().items())
    # A proxy's URL may hold a password.
    return "host " + hashlib.sha256(repr((platform.node(), _machine(), proxies)).encode()).hexdigest()


@cache
def _machine() -> tuple[str, ...]:
    """Containers that were given the same name are told apart by the machine id, where they have one. Machines made of one image may
    have the same name and the same id, and were started each by itself.
    """
    return tuple(map(_read, _IDS))


def _read(path: str) -> str:
    try:
        return Path(path).read_text().strip()
    except OSError:
        return ""
