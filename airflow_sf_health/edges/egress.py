"""The way by which this process reaches Salesforce, as a name: an address lock or a login range tells one from another."""

from __future__ import annotations

import hashlib
import platform
from functools import cache
from pathlib import Path
from urllib.request import getproxies


def egress(declared: str) -> str:
    """The site's name for it, else one of this host and the proxies of its environment.

    :param declared: ``[sf_health] egress``; hosts with the same name are one egress.
    """
    if declared:
        return f"declared {declared}"
    proxies = sorted(getproxies().items())
    # A proxy's URL may hold a password.
    return "host " + hashlib.sha256(repr((platform.node(), _machine(), proxies)).encode()).hexdigest()


@cache
def _machine() -> str:
    """Containers that were given the same name are told apart by it, where they have one."""
    try:
        return Path("/etc/machine-id").read_text().strip()
    except OSError:
        return ""
