"""Faults that the fake org injects by rule: which requests or connections, which of them in order, and what happens instead."""

from __future__ import annotations

import random
import threading
from dataclasses import dataclass, field, fields
from fnmatch import fnmatchcase
from typing import Any, Literal, Self, get_args

from airflow_sf_health.testing.bodies import encoded, known
from airflow_sf_health.testing.counting import Exchange
from airflow_sf_health.testing.errors import BULK_ERROR

Connecting = Literal["refused", "unresolvable", "timed_out", "forbidden", "reset", "stalled"]
Handshake = Literal["other_ca", "other_name", "expired", "cut"]
Stall = Literal["headers", "body"]
Truncation = Literal["text", "transfer"]

CHOICES = {"stall": Stall, "truncate": Truncation, "connection": Connecting, "tls": Handshake}
TEXTS = ("host", "path", "method", "client", "content_type")
WHOLE_NUMBERS = ("nth", "times", "status", "seed")
NUMBERS = ("drip", "delay", "probability")
ONE_OF = ("stall", "truncate", "drip", "reset")
"""Ways to send a reply, of which a rule has one at most."""
OF_A_CONNECTION = {"host", "client", "nth", "times", "probability", "seed", "connection", "tls"}
"""What a rule for connections may say; paths and methods are not known before there is one."""


@dataclass(frozen=True)
class Reply:
    """What a fault answers in place of the org."""

    status: int
    content_type: str
    body: bytes


@dataclass(kw_only=True)
class Fault:
    """A rule. Requests that match all of host, path (globs), method and client are numbered from 1; the fault meets the
    ``times`` of them that begin with the ``nth`` (``times=None``: all from there on). With a ``probability`` below 1 it
    meets each of them by chance, until it has met ``times``; one ``seed`` makes the same sequence each time.

    What it does to a request: answers ``status`` and ``body`` (a name of ``BODIES``, a text, or what becomes JSON) in
    place of the org; or lets the org answer. Either reply may bear another ``content_type``, come ``delay`` seconds
    later, by a byte each ``drip`` seconds, not at all after ``stall="headers"`` (not even those) or ``stall="body"``
    (the headers only), or cut at half: ``truncate="text"`` is a whole reply with half the text, ``truncate="transfer"``
    breaks off after half of what Content-Length said. Or ``reset``: the connection is reset without a reply.

    A rule with ``connection`` or ``tls`` is for new connections instead, which have a host and a client only: the proxy
    says what became of its own attempt, or the TLS handshake fails.
    """

    host: str = "*"
    path: str = "*"
    method: str | None = None
    client: str | None = None
    nth: int = 1
    times: int | None = None
    probability: float = 1.0
    seed: int = 0
    status: int | None = None
    body: Any = None
    content_type: str | None = None
    stall: Stall | None = None
    truncate: Truncation | None = None
    drip: float | None = None
    delay: float = 0.0
    reset: bool = False
    connection: Connecting | None = None
    tls: Handshake | None = None
    seen: int = field(default=0, init=False)
    """Requests (or connections) that matched so far."""
    met: int = field(default=0, init=False)
    """Requests (or connections) that met the fault so far."""
    rules: Faults | None = field(default=None, init=False, repr=False)

    def __post_init__(self) -> None:
        _check(self)
        self._chance = random.Random(self.seed)
        self.host = self.host.lower()
        self.method = self.method and self.method.upper()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.clear()

    @property
    def meets_connections(self) -> bool:
        return self.connection is not None or self.tls is not None

    def clear(self) -> None:
        """Take the rule back; requests that it has stalled stay so until their client gives up."""
        if self.rules is not None:
            self.rules.remove(self)

    def matches(self, exchange: Exchange) -> bool:
        return (
            self.meets_connections is exchange.connecting
            and fnmatchcase(exchange.host, self.host)
            and fnmatchcase(exchange.path, self.path)
            and self.method in (None, exchange.method)
            and self.client in (None, exchange.client)
        )

    def take(self, exchange: Exchange) -> bool:
        """Number a request, and say whether it meets the fault."""
        if not self.matches(exchange):
            return False
        self.seen += 1
        if self.seen < self.nth or (self.times is not None and self.met >= self.times):
            return False
        hit = self._chance.random() < self.probability
        self.met += hit
        return hit

    def reply(self, path: str) -> Reply | None:
        """The reply in place of the org's, if the rule says one."""
        if self.status is None and self.body is None:
            return None
        body = known(self.body, self.status)
        if body.status == 401 and path.startswith("/services/async/"):
            text = BULK_ERROR.format(code="InvalidSessionId", message="Invalid session id")
            return Reply(400, "application/xml", text.encode())
        return Reply(body.status, *encoded(body))


PARAMETERS = tuple(each.name for each in fields(Fault) if each.init)
"""All that a rule may say."""


def _check(fault: Fault) -> None:
    """:raises TypeError: for a parameter that cannot be meant; the text says which, and what it may be."""
    defaults = {each.name: each.default for each in fields(fault) if each.init}
    said = {name: getattr(fault, name) for name, default in defaults.items() if getattr(fault, name) != default}
    for name, value in said.items():
        _check_one(name, value)
    both = [name for name in ONE_OF if name in said]
    if len(both) > 1:
        raise TypeError(f"{' and '.join(both)} cannot go together: a reply is sent in one way")
    if fault.meets_connections and (strange := set(said) - OF_A_CONNECTION):
        raise TypeError(f"a rule for connections cannot say {', '.join(sorted(strange))}, only host and client")
    if fault.connection is not None and fault.tls is not None:
        raise TypeError("connection and tls cannot go together: without a connection there is no handshake")


def _check_one(name: str, value: Any) -> None:
    if name in CHOICES and value not in get_args(CHOICES[name]):
        raise TypeError(f"{name} must be {' or '.join(map(repr, get_args(CHOICES[name])))}, not {value!r}")
    if name in TEXTS and not isinstance(value, str):
        raise TypeError(f"{name} must be a text, not {value!r}")
    if name in (*WHOLE_NUMBERS, *NUMBERS) and (
        isinstance(value, bool) or not isinstance(value, int if name in WHOLE_NUMBERS else int | float)
    ):
        raise TypeError(f"{name} must be a {'whole ' if name in WHOLE_NUMBERS else ''}number, not {value!r}")
    if name == "reset" and not isinstance(value, bool):
        raise TypeError(f"reset must be true or false, not {value!r}")
    lowest = {"nth": 1, "times": 1}.get(name, 0)
    if name in (*WHOLE_NUMBERS, *NUMBERS) and name != "seed" and value < lowest:
        raise TypeError(f"{name} must be {lowest} or more, not {value!r}")
    if name == "probability" and value > 1:
        raise TypeError(f"probability must be between 0 and 1, not {value!r}")


class Faults:
    """The rules in force, in the order in which they were made; the first that a request meets is the one."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._rules: list[Fault] = []

    @property
    def rules(self) -> tuple[Fault, ...]:
        with self._lock:
            return tuple(self._rules)

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
