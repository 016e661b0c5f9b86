"""The fake org as a server: TLS application, CONNECT proxy and control endpoint on one event loop in one thread."""

from __future__ import annotations

import asyncio
import socket
import ssl
import threading
from collections.abc import Coroutine
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import uvicorn

if TYPE_CHECKING:
    from starlette.types import ASGIApp

    from airflow_sf_health.testing.proxy import ConnectProxy

LOOPBACK = "127.0.0.1"
START_WITHIN = 10.0
"""Seconds after which a server that has not started is given up."""


class _Quiet(uvicorn.Server):
    """A uvicorn server that leaves the signals of the process alone and that is told when to stop."""

    def __init__(self, app: ASGIApp, tls: ssl.SSLContext | None = None) -> None:
        config = uvicorn.Config(
            app,
            log_config=None,
            log_level="warning",  # that it starts and stops is no news in the log of a test
            access_log=False,
            server_header=False,
            date_header=False,
            lifespan="off",
            ws="none",
            timeout_keep_alive=60,
            timeout_graceful_shutdown=1,
        )
        config.load()
        config.ssl = tls
        super().__init__(config)

    async def start(self, port: int = 0) -> int:
        """Serve from now on, and give the port (0: any free one).

        :raises OSError: when the port is taken.
        """
        listener = _listen(port)
        self.lifespan = self.config.lifespan_class(self.config)
        await self.startup(sockets=[listener])
        return int(listener.getsockname()[1])


def _listen(port: int) -> socket.socket:
    """A listening socket whose connections asyncio sees to be TCP: only then does it turn Nagle's delay off."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((LOOPBACK, port))
    except OSError:
        listener.close()
        raise
    return listener


class Service:
    """Runs the three servers; ``start`` returns once they accept connections, ``stop`` once nothing is left of them."""

    def __init__(
        self,
        app: ASGIApp,
        control: ASGIApp,
        proxy: ConnectProxy,
        tls: ssl.SSLContext,
        control_port: int = 0,
    ) -> None:
        self._app = app
        self._control = control
        self._proxy = proxy
        self._tls = tls
        self.control_port = control_port
        self.proxy_port = 0
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name="fake-salesforce-org", daemon=True)
        self._servers: list[_Quiet] = []

    def start(self) -> None:
        self._thread.start()
        try:
            self._call(self._start())
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        with suppress(TimeoutError):
            self._call(self._stop())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(START_WITHIN)
        self._loop.close()

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_forever()

    def _call(self, work: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop).result(START_WITHIN)

    async def _start(self) -> None:
        org = _Quiet(self._app, tls=self._tls)
        control = _Quiet(self._control)
        self._servers = [org]
        org_port = await org.start()
        self._servers.append(control)
        self.control_port = await control.start(self.control_port)
        self.proxy_port = await self._proxy.start(org_port)

    async def _stop(self) -> None:
        await self._proxy.stop()
        await asyncio.gather(*(server.shutdown() for server in self._servers if server.started))
        await self._loop.shutdown_default_executor()
        await self._loop.shutdown_asyncgens()
