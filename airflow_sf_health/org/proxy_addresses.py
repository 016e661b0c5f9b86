"""Addresses of proxies that are taken for other ones than they are, which would show a part of their password."""

from __future__ import annotations

import re
from collections.abc import Mapping

import requests
from requests.utils import select_proxy


def is_misread(address: str) -> bool:
    """Whether a password in a proxy's address has a sign that ends the host: its first part is taken for host and port then, and told
    wherever these are.
    """
    rest = re.sub(r"^[A-Za-z][A-Za-z0-9+.-]*://", "", address)
    return re.search(r"[/?#\\].*@", rest, re.DOTALL) is not None


def refuse_misread(url: str, proxies: Mapping[str, str] | None) -> None:
    """Before a request: it would go to a host that is none, whose name is a piece of a password.

    :raises requests.exceptions.InvalidProxyURL: without the address.
    """
    proxy = select_proxy(url, dict(proxies or {}))
    if proxy is not None and is_misread(proxy):
        raise requests.exceptions.InvalidProxyURL("A sign in the password of the proxy's address is not encoded.")
