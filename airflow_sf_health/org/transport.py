"""HTTPS with counters, a shared trust store and an emergency stop.

``requests`` loads the CA bundle anew for each connection (about 30 ms); here one SSL context serves all sessions of the
process. Each socket is known to its transport, so that :meth:`Transport.abort` ends even a reply that arrives one byte at a
time: a read time limit does not bound such a reply.
"""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
import weakref
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from certifi import where as default_bundle
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPSConnection
from urllib3.connectionpool import HTTPSConnectionPool


@dataclass(slots=True)
class Traffic:
    """What one conversation has cost so far. Counted where the bytes go out, so nothing is missed."""

    http_requests: int = 0
    api_calls: int = 0
    logins: int = 0
    connections: int = 0
    bytes_received: int = 0
    api_usage: tuple[int, int] | None = None
    """Used and allowed API requests of the org's last 24 hours, as the last reply said (approximate by nature)."""
    lock: threading.Lock = field(default_factory=threading.Lock, repr=False)


class Transport(HTTPAdapter):
    """An adapter of ``requests`` with the three properties named above; otherwise the stock one."""

    def __init__(self, traffic: Traffic) -> None:
        self.aborted = False
        self._sockets: weakref.WeakSet[HTTPSConnection] = weakref.WeakSet()
        self._pool_class = _pool_class(self, traffic)
        super().__init__(pool_connections=4, pool_maxsize=8)

    def opened(self, connection: HTTPSConnection) -> None:
        """Remember a connection that is about to be made, or has just been made.

        :raises ConnectionAbortedError: the conversation has been ended meanwhile.
        """
        if self.aborted:
            raise ConnectionAbortedError("the conversation has been ended")
        self._sockets.add(connection)

    def abort(self) -> None:
        """End each request under way, from any thread. A blocked read returns at once."""
        self.aborted = True
        for connection in list(self._sockets):
            if connection.sock is not None:
                with contextlib.suppress(OSError):
                    connection.sock.shutdown(socket.SHUT_RDWR)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self._use_own_pools(self.poolmanager)

    def proxy_manager_for(self, proxy: str, **proxy_kwargs: Any) -> Any:
        manager = super().proxy_manager_for(proxy, **proxy_kwargs)
        if not proxy.lower().startswith("socks"):  # whose pools know the way through the proxy
            self._use_own_pools(manager)
        return manager

    def _use_own_pools(self, manager: Any) -> None:
        manager.pool_classes_by_scheme = {**manager.pool_classes_by_scheme, "https": self._pool_class}

    def build_connection_pool_key_attributes(self, request: Any, verify: Any, cert: Any = None) -> Any:
        host, pool = super().build_connection_pool_key_attributes(request, verify, cert)
        if cert:  # urllib3 would load the certificate into the context, and so show it for everyone in this process
            pool.pop("ssl_context", None)
        elif verify:
            pool.pop("ca_certs", None)
            pool.pop("ca_cert_dir", None)
            pool["ssl_context"] = trust(verify)
        return host, pool

    def cert_verify(self, conn: Any, url: str, verify: Any, cert: Any) -> None:
        """The shared context already holds the CAs; naming a bundle here would load it again for this connection."""
        if not verify or cert or not url.lower().startswith("https"):
            super().cert_verify(conn, url, verify, cert)  # type: ignore[no-untyped-call]


def _pool_class(transport: Transport, traffic: Traffic) -> type[HTTPSConnectionPool]:
    known = weakref.ref(transport)

    class Connection(HTTPSConnection):
        def connect(self) -> None:
            owner = known()
            assert owner is not None, "a transport outlives its connections"
            owner.opened(self)
            with traffic.lock:
                traffic.connections += 1
            super().connect()
            owner.opened(self)

    class Pool(HTTPSConnectionPool):
        ConnectionCls = Connection

    return Pool


def trust(verify: bool | str) -> ssl.SSLContext:
    """Give the process's SSL context for this bundle (``True``: the one of ``requests``). A changed file is read anew."""
    bundle = verify if isinstance(verify, str) else default_bundle()
    return _context(bundle, Path(bundle).stat().st_mtime_ns)


@lru_cache(maxsize=8)
def _context(bundle: str, modified: int) -> ssl.SSLContext:
    # Not create_default_context(): that loads the system's CAs too, and requests trusts its bundle alone.
    own = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    own.minimum_version = ssl.TLSVersion.TLSv1_2
    own.load_verify_locations(capath=bundle) if Path(bundle).is_dir() else own.load_verify_locations(bundle)
    return own


def count(traffic: Traffic, path: str, headers: Mapping[str, str], size: int) -> None:
    """Add one request and its reply. Metered are the data, async and SOAP resources, not tokens and identity (facts)."""
    with traffic.lock:
        traffic.http_requests += 1
        traffic.bytes_received += size
        if is_metered(path):
            traffic.api_calls += 1
        usage = read_usage(headers.get("Sforce-Limit-Info", ""))
        traffic.api_usage = usage or traffic.api_usage


def is_metered(path: str) -> bool:
    """Whether Salesforce counts a request to this path against the daily API requests."""
    return path.startswith(("/services/data/v", "/services/async/", "/services/apexrest/", "/services/Soap/m/"))


def read_usage(header: str) -> tuple[int, int] | None:
    """Read ``api-usage=18/5000; per-app-…`` as (18, 5000)."""
    first = header.partition(";")[0].strip()
    name, _, value = first.partition("=")
    used, _, allowed = value.partition("/")
    return (int(used), int(allowed)) if name == "api-usage" and used.isdigit() and allowed.isdigit() else None
