"""Faults that the fake org injects by rule: which requests, which of them in order, and what happens instead."""

from __future__ import annotations

import json
import threading
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any, Literal, Self

from airflow_sf_health.testing.counting import Exchange
from airflow_sf_health.testing.errors import BULK_ERROR, JSON

HTML = "text/html"

# captured (layout is the fake's own)
MAINTENANCE = (
    "<!DOCTYPE HTML><html><head></head><body><center><table><tr><td><span>We are down for maintenance.</span><br><br>"
    "Sorry for the inconvenience. We'll be back shortly.</td></tr></table></center></body></html>"
)
# captured
SETTING_UP = (
    "We are setting things up. This process can take a few minutes. This page will auto-refresh when ready. If it "
    "takes too long, please contact support or visit our <a>status page</a> for more information."
)
# captured
SESSION_INVALID = [{"message": "Session expired or invalid", "errorCode": "INVALID_SESSION_ID"}]
# captured
NOT_VALID_FOR_REST = [
    {"message": "This session is not valid for use with the REST API", "errorCode": "INVALID_SESSION_ID"}
]
# documented class; the rest of the sentence is not known
SERVER_ERROR = [{"message": "An unexpected error occurred.", "errorCode": "UNKNOWN_EXCEPTION"}]
# captured
TOTAL_REQUESTS = [{"message": "TotalRequests Limit exceeded.", "errorCode": "REQUEST_LIMIT_EXCEEDED"}]

BODIES: dict[str, tuple[int, Any]] = {
    "maintenance": (503, MAINTENANCE),
    "setting_up": (420, SETTING_UP),
    "session_invalid": (401, SESSION_INVALID),
    "session_not_valid_for_rest": (401, NOT_VALID_FOR_REST),
    "server_error": (500, SERVER_ERROR),
    "total_requests": (403, TOTAL_REQUESTS),
    "empty": (406, ""),
}
"""Known bodies by name, each with the status that it comes with."""

BODY_OF_STATUS = {status: name for name, (status, _) in reversed(BODIES.items())} | {502: "maintenance"}


@dataclass(frozen=True)
class Reply:
    """What a fault answers in place of the org."""

    status: int
    content_type: str
    body: bytes


@dataclass(kw_only=True)
class Fault:
    """A rule. Requests that match all of host, path (globs), method and client are numbered from 1; the fault meets the
    ``times`` of them that begin with the ``nth`` (``times=None``: all from there on).

    What it does: answers ``status`` and ``body`` (a name of ``BODIES``, a text, or what becomes JSON) in place of the
    org; or lets the org answer and then waits ``delay`` seconds first, sends the body by a byte each ``drip`` seconds,
    or sends nothing more after ``stall="headers"`` (not even those) or ``stall="body"`` (the headers only);
    or ``reset``: the connection is reset without a reply.
    """

    host: str = "*"
    path: str = "*"
    method: str | None = None
    client: str | None = None
    nth: int = 1
    times: int | None = None
    status: int | None = None
    body: Any = None
    stall: Literal["headers", "body"] | None = None
    drip: float | None = None
    delay: float = 0.0
    reset: bool = False
    seen: int = field(default=0, init=False)
    """Requests that matched so far."""
    met: int = field(default=0, init=False)
    """Requests that met the fault so far."""
    rules: Faults | None = field(default=None, init=False, repr=False)

    def __post_init__(self) -> None:
        if self.stall not in (None, "headers", "body"):
            raise TypeError(f"stall must be 'headers' or 'body', not {self.stall!r}")
        numbers: tuple[object, ...] = (self.status, self.times)
        if not all(isinstance(number, int | None) for number in numbers) or self.nth < 1:
            raise TypeError("status, nth and times must be whole numbers, nth from 1")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.clear()

    def clear(self) -> None:
        """Take the rule back; requests that it has stalled stay so until their client gives up."""
        if self.rules is not None:
            self.rules.remove(self)

    def matches(self, exchange: Exchange) -> bool:
        return (
            fnmatchcase(exchange.host, self.host)
            and fnmatchcase(exchange.path, self.path)
            and self.method in (None, exchange.method)
            and self.client in (None, exchange.client)
        )

    def take(self, exchange: Exchange) -> bool:
        """Number a request, and say whether it meets the fault."""
        if not self.matches(exchange):
            return False
        self.seen += 1
        hit = self.seen >= self.nth and (self.times is None or self.seen < self.nth + self.times)
        self.met += hit
        return hit

    def reply(self, path: str) -> Reply | None:
        """The reply in place of the org's, if the rule says one."""
        if self.status is None and self.body is None:
            return None
        body = self.body if self.body is not None else BODY_OF_STATUS.get(self.status or 0, "")
        status, body = BODIES.get(body, (200, body)) if isinstance(body, str) else (200, body)
        status = self.status or status
        if status == 401 and path.startswith("/services/async/"):
            text = BULK_ERROR.format(code="InvalidSessionId", message="Invalid session id")
            return Reply(400, "application/xml", text.encode())
        if isinstance(body, str):
            return Reply(status, HTML, body.encode())
        return Reply(status, JSON, json.dumps(body).encode())


class Faults:
    """The rules in force, in the order in which they were made; the first that a request meets is the one."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._rules: list[Fault] = []

    def add(self, fault: Fault) -> Fault:
        with self._lock:
            self._rules.append(fault)
        fault.rules = self
        return fault

    def remove(self, fault: Fault) -> None:
        with self._lock:
            self._rules = [each for each in self._rules if each is not fault]

    def clear(self) -> None:
        with self._lock:
            self._rules = []

    def meet(self, exchange: Exchange) -> Fault | None:
        with self._lock:
            hits = [fault for fault in self._rules if fault.take(exchange)]
        return hits[0] if hits else None
