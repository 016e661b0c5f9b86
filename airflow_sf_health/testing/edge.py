"""What stands before the instance: numbers and records each request, injects faults, adds the headers of Salesforce."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from email.utils import format_datetime
from typing import TYPE_CHECKING

from starlette.datastructures import MutableHeaders
from starlette.responses import Response

from airflow_sf_health.testing.counting import Exchange
from airflow_sf_health.testing.faults import Fault

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from airflow_sf_health.testing.context import OrgContext
    from airflow_sf_health.testing.proxy import ConnectProxy, Tunnel

# recorded
HEADERS = {
    "Server": "sfdcedge",
    "Strict-Transport-Security": "max-age=63072000; includeSubDomains",
    "X-Content-Type-Options": "nosniff",
    "X-XSS-Protection": "1; mode=block",
    "X-Robots-Tag": "none",
    "Cache-Control": "no-cache,must-revalidate,max-age=0,no-store,private",
}
COOKIES = (
    "CookieConsentPolicy=0:1; path=/; expires=Fri, 31-Dec-2100 00:00:00 GMT; Max-Age=31536000; secure",
    "LSKey-c$CookieConsentPolicy=0:1; path=/; expires=Fri, 31-Dec-2100 00:00:00 GMT; Max-Age=31536000; secure",
    "BrowserId={browser}; domain=.salesforce.com; path=/; expires=Fri, 31-Dec-2100 00:00:00 GMT; Max-Age=31536000; secure",
)


@dataclass
class Edge:
    """The outermost ASGI application of the fake org."""

    app: ASGIApp
    context: OrgContext
    proxy: ConnectProxy

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        tunnel = self.proxy.tunnel(scope["client"][1])
        exchange = scope["exchange"] = _exchange(scope, tunnel)
        self.context.meter.begin(exchange)
        fault = self.context.faults.meet(exchange)
        await tunnel.pause(self.context.timing.latency + (fault.delay if fault else 0))
        sender = Sender(exchange, self.context, send, tunnel, fault)
        if fault is not None and fault.reset:
            tunnel.reset()
        elif fault is not None and fault.stall == "headers":
            await tunnel.closed.wait()
        elif fault is not None and (reply := fault.reply(exchange.path)) is not None:
            await Response(reply.body, reply.status, {"Content-Type": reply.content_type})(scope, receive, sender.send)
        else:
            await self.app(scope, receive, sender.send)
        if sender.broken_off:
            tunnel.hang_up()
        if sender.broken_off or (fault is not None and tunnel.closed.is_set()):
            await _gone(receive)


@dataclass
class Sender:
    """Sends a reply on its way out, with the headers of its kind, in the manner of the fault."""

    exchange: Exchange
    context: OrgContext
    down: Send
    tunnel: Tunnel
    fault: Fault | None
    broken_off: bool = field(default=False, init=False)
    """Whether the reply ends here though less came than its head promises."""
    _held_head: Message | None = field(default=None, init=False)
    _held_body: bytes = field(default=b"", init=False)

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._head(message)
            if self.fault is not None and self.fault.truncate is not None:
                self._held_head = message  # its Content-Length follows from the body
            else:
                await self.down(message)
        elif self._held_head is not None:
            await self._half(message, self._held_head)
        elif self.fault is not None and self.fault.stall == "body":
            await self.down({"type": "http.response.body", "body": b"", "more_body": True})
            await self.tunnel.closed.wait()
        elif self.fault is not None and self.fault.drip is not None:
            await self._drip(message, self.fault.drip)
        else:
            await self.down(message)

    def _head(self, message: Message) -> None:
        status = self.exchange.status = message["status"]
        headers = MutableHeaders(scope=message)
        for name, value in HEADERS.items():
            headers.setdefault(name, value)
        headers["Date"] = format_datetime(self.context.now(), usegmt=True)
        headers["X-Sfdc-Request-Id"] = secrets.token_hex(16)
        for cookie in COOKIES:
            headers.append("Set-Cookie", cookie.format(browser=secrets.token_urlsafe(16)))
        if status not in (401, 404) and self.exchange.method not in ("PATCH", "DELETE"):
            headers.setdefault("Vary", "Accept-Encoding")  # absent from the others (recorded)
        if self.exchange.limit_header and status != 401:
            headers["Sforce-Limit-Info"] = self.context.meter.usage(self.context.state)
        if self.fault is not None and self.fault.content_type is not None:
            headers["Content-Type"] = self.fault.content_type

    async def _half(self, message: Message, head: Message) -> None:
        """Once the whole body is there, send the head and the first half of it."""
        self._held_body += message.get("body", b"")
        if message.get("more_body", False):
            return
        whole, half = self._held_body, self._held_body[: len(self._held_body) // 2]
        self.broken_off = bool(whole) and self.fault is not None and self.fault.truncate == "transfer"
        if whole:
            MutableHeaders(scope=head)["Content-Length"] = str(len(whole if self.broken_off else half))
        await self.down(head)
        await self.down({"type": "http.response.body", "body": half, "more_body": self.broken_off})

    async def _drip(self, message: Message, seconds: float) -> None:
        body: bytes = message.get("body", b"")
        for index in range(len(body)):
            await self.down({"type": "http.response.body", "body": body[index : index + 1], "more_body": True})
            await self.tunnel.pause(seconds)
            if self.tunnel.closed.is_set():
                return
        await self.down({"type": "http.response.body", "body": b"", "more_body": message.get("more_body", False)})


async def _gone(receive: Receive) -> None:
    """Wait until the server knows too that the client has gone, so that it misses no reply."""
    while (await receive())["type"] != "http.disconnect":
        pass


def _exchange(scope: Scope, tunnel: Tunnel) -> Exchange:
    headers = dict(scope["headers"])
    host = headers.get(b"host", b"").decode("latin-1").partition(":")[0].lower()
    return Exchange(tunnel.client, scope["method"], host, scope["path"])
