"""The CONNECT proxy through which unmodified clients reach the fake org.

Connections to Salesforce host names end at the fake org; all others are passed on to the real network. The user name
of the proxy authorisation is the client's name for counting, so that one org can tell several clients apart.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import socket
import struct
from contextlib import suppress
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any

from airflow_sf_health.testing.certificates import Authority, trusting_anybody
from airflow_sf_health.testing.counting import Exchange, Meter
from airflow_sf_health.testing.faults import Connecting, Faults, Handshake

SALESFORCE_HOSTS = ("salesforce.com", "*.salesforce.com", "*.force.com", "*.salesforce-setup.com")
ANONYMOUS = "anonymous"
ESTABLISHED = b"HTTP/1.1 200 Connection established\r\n\r\n"
ANSWERS: dict[Connecting, str] = {
    "refused": "502 Bad Gateway",
    "unresolvable": "503 Service Unavailable",
    "timed_out": "504 Gateway Timeout",
    "forbidden": "403 Forbidden",
}
"""What the proxy says of a connection that it could or would not make. Proxies differ in which of the 5xx they take for what."""


def is_salesforce(host: str) -> bool:
    return any(fnmatchcase(host.lower(), pattern) for pattern in SALESFORCE_HOSTS)


@dataclass(eq=False)
class Tunnel:
    """One client's connection to the fake org."""

    client: str
    writer: asyncio.StreamWriter | None = None
    org: asyncio.StreamWriter | None = None
    closed: asyncio.Event = field(default_factory=asyncio.Event)

    async def pause(self, seconds: float) -> None:
        """Wait so long, or until the connection has ended."""
        if seconds > 0:
            with suppress(TimeoutError):
                await asyncio.wait_for(self.closed.wait(), seconds)

    def reset(self) -> None:
        """End the connection by a TCP reset, as a broken middlebox does."""
        if self.writer is not None:
            client: socket.socket = self.writer.get_extra_info("socket")
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.writer.transport.abort()
        self.closed.set()

    def hang_up(self) -> None:
        """Let the org believe that the client has gone: what it has sent so far still arrives, then the connection ends."""
        if self.org is not None and self.org.can_write_eof():
            self.org.write_eof()
        elif self.org is not None:
            self.org.close()


class ConnectProxy:
    """Serves on a loopback port of its own inside a running event loop."""

    def __init__(self, meter: Meter, faults: Faults, authority: Authority) -> None:
        self._org_port = 0
        self._meter = meter
        self._faults = faults
        self._authority = authority
        self._tunnels: dict[int, Tunnel] = {}
        self._writers: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None

    def tunnel(self, port: int) -> Tunnel:
        """The tunnel whose end at the org has this port; a stand-in for a client that came without the proxy."""
        return self._tunnels.get(port) or Tunnel(ANONYMOUS)

    async def start(self, org_port: int) -> int:
        """Start to listen, with the org's own server at a loopback port, and give the proxy's port."""
        self._org_port = org_port
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        port: int = self._server.sockets[0].getsockname()[1]
        return port

    async def stop(self) -> None:
        """Stop listening and cut every connection, also the stalled ones."""
        if self._server is not None:
            self._server.close()
        for writer in self._writers:
            writer.transport.abort()
        for tunnel in self._tunnels.values():
            tunnel.closed.set()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        self._writers.add(writer)
        try:
            await self._connect(reader, writer)
        except (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, asyncio.CancelledError):
            pass  # the client went away, or the proxy is stopping: nobody is left to be told
        finally:
            writer.close()
            self._writers.discard(writer)
            self._tasks.discard(task)

    async def _connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        method, _, rest = head.partition(" ")
        host, _, port = rest.partition(" ")[0].rpartition(":")
        if method != "CONNECT" or not port.isdigit():
            writer.write(b"HTTP/1.1 405 Method Not Allowed\r\nAllow: CONNECT\r\nContent-Length: 0\r\n\r\n")
            await writer.drain()
        elif is_salesforce(host):
            await self._to_org(host.lower(), client_name(head), reader, writer)
        else:
            await self._tunnel_outside(host.strip("[]"), int(port), reader, writer)

    async def _to_org(self, host: str, client: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        fault = self._faults.meet(Exchange(client, "CONNECT", host, "", connecting=True))
        if fault is not None and fault.connection is not None:
            await _refuse(fault.connection, reader, writer)
            return
        self._meter.connected(client)
        writer.write(ESTABLISHED)
        if fault is None or fault.tls is None:
            await self._tunnel_to_org(client, reader, writer)
        elif fault.tls == "cut":
            await reader.read(65536)  # the client's first words, to which nothing is said
        else:
            await self._with_wrong_certificate(fault.tls, host, client, reader, writer)

    async def _with_wrong_certificate(
        self, kind: Handshake, host: str, client: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        """Shake hands in the org's place; a client that minds no certificate gets through to the org nevertheless."""
        await writer.start_tls(self._authority.wrong_context(kind, host))
        await self._tunnel_to_org(client, reader, writer, ssl=trusting_anybody(), server_hostname=host)

    async def _tunnel_to_org(
        self, client: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, **tls: Any
    ) -> None:
        upstream = await asyncio.open_connection("127.0.0.1", self._org_port, **tls)
        port: int = upstream[1].get_extra_info("sockname")[1]
        tunnel = self._tunnels[port] = Tunnel(client, writer, upstream[1])
        try:
            await self._relay(reader, writer, *upstream)
        finally:
            tunnel.closed.set()
            del self._tunnels[port]

    async def _tunnel_outside(
        self, host: str, port: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        try:
            upstream = await asyncio.open_connection(host, port)
        except OSError:
            writer.write(b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n")
            await writer.drain()
            return
        writer.write(ESTABLISHED)
        await self._relay(reader, writer, *upstream)

    async def _relay(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        up_reader: asyncio.StreamReader,
        up_writer: asyncio.StreamWriter,
    ) -> None:
        """Copy both ways until either side ends."""
        self._writers.add(up_writer)
        client: socket.socket = writer.get_extra_info("socket")
        both = [
            asyncio.ensure_future(_copy_from_client(reader, up_writer, client)),
            asyncio.ensure_future(_copy(up_reader, writer)),
        ]
        try:
            await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for each in both:
                each.cancel()
            await asyncio.gather(*both, return_exceptions=True)
            up_writer.close()
            self._writers.discard(up_writer)


async def _refuse(kind: Connecting, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    if kind == "stalled":
        await reader.read()  # until the client gives up
    elif kind == "reset":
        Tunnel(ANONYMOUS, writer).reset()
    else:
        writer.write(f"HTTP/1.1 {ANSWERS[kind]}\r\nContent-Length: 0\r\n\r\n".encode())
        await writer.drain()


def client_name(head: str) -> str:
    """The user name in a request head's ``Proxy-Authorization: Basic``, else ``anonymous``."""
    for line in head.split("\r\n"):
        name, _, value = line.partition(":")
        if name.strip().lower() == "proxy-authorization":
            try:
                user = base64.b64decode(value.strip().partition(" ")[2]).decode().partition(":")[0]
            except (binascii.Error, UnicodeDecodeError):
                return ANONYMOUS
            return user or ANONYMOUS
    return ANONYMOUS


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(65536):
        writer.write(data)
        await writer.drain()


async def _copy_from_client(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, client: socket.socket) -> None:
    """Copy a client's bytes, each lot acknowledged at once.

    urllib3 leaves Nagle's algorithm on towards a proxy, so a body sent after its head would wait 40 ms for the
    acknowledgement of the head.
    """
    _acknowledge(client)
    while data := await reader.read(65536):
        _acknowledge(client)
        writer.write(data)
        await writer.drain()


def _acknowledge(client: socket.socket) -> None:
    if hasattr(socket, "TCP_QUICKACK"):  # Linux; it does not last, so it is set each time
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)
