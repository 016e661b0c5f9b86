"""What the fake org counted, by client: HTTP requests, API calls as Salesforce counts them, TLS connections, logins."""

from __future__ import annotations

import random
import threading
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from starlette.requests import Request

    from airflow_sf_health.testing.state import OrgState

METERED = ("/services/data/v", "/services/async/", "/services/Soap/", "/services/apexrest/")
"""Paths of which each request costs an API call. ``/services/data`` itself and the OAuth endpoints are free (documented,
recorded); so is SOAP ``login()``, which its own endpoint says."""

BEFORE_THE_INSTANCE = (None, 420, 502, 503)
"""Statuses of replies that come from the edge, so that no API call is spent (inferred)."""


class RequestRecord(NamedTuple):
    method: str
    host: str
    path: str
    status: int | None
    """``None`` while unanswered, and for ever where the org never answered."""


@dataclass
class Exchange:
    """One request while it is being answered."""

    client: str
    method: str
    host: str
    path: str
    status: int | None = None
    extra_api_calls: int = 0
    login: bool = False
    connecting: bool = False
    """Not a request yet, but the attempt to connect that comes before it; never counted."""

    @property
    def metered(self) -> bool:
        """Whether the request itself costs an API call."""
        return self.path.startswith(METERED) and not self.login

    @property
    def limit_header(self) -> bool:
        """Whether the reply tells the API usage: REST does, unless the edge answered (recorded); Bulk 1.0 and SOAP differ."""
        rest = self.path.startswith(("/services/data/v", "/services/apexrest/"))
        return rest and self.status not in BEFORE_THE_INSTANCE

    @property
    def api_calls(self) -> int:
        if not self.metered or self.status in BEFORE_THE_INSTANCE:
            return 0
        return 1 + self.extra_api_calls


@dataclass(frozen=True)
class Counts:
    """Totals of one client, or of all. ``logins`` are attempts, whether they succeeded or not."""

    http_requests: int = 0
    api_calls: int = 0
    tls_connections: int = 0
    logins: int = 0
    by_path: dict[str, int] = field(default_factory=dict)


class Meter:
    """Every exchange since the last reset; thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._exchanges: list[Exchange] = []
        self._connections: Counter[str] = Counter()
        self._jitter = random.Random(42)

    def connected(self, client: str) -> None:
        with self._lock:
            self._connections[client] += 1

    def begin(self, exchange: Exchange) -> None:
        with self._lock:
            self._exchanges.append(exchange)

    def count_extra(self, request: Request, extra: int) -> None:
        exchange: Exchange = request.scope["exchange"]
        exchange.extra_api_calls += extra

    def reset(self) -> None:
        with self._lock:
            self._exchanges.clear()
            self._connections.clear()

    def records(self, client: str | None = None) -> list[RequestRecord]:
        return [RequestRecord(each.method, each.host, each.path, each.status) for each in self._of(client)]

    def counts(self, client: str | None = None) -> Counts:
        exchanges = self._of(client)
        with self._lock:
            connections = self._connections.total() if client is None else self._connections[client]
        return Counts(
            http_requests=len(exchanges),
            api_calls=sum(each.api_calls for each in exchanges),
            tls_connections=connections,
            logins=sum(each.login for each in exchanges),
            by_path=dict(Counter(each.path for each in exchanges)),
        )

    def usage(self, state: OrgState) -> str:
        """The value of ``Sforce-Limit-Info``, which is approximate: it may fall between two calls (recorded)."""
        used = state.api_usage + sum(each.api_calls for each in self._of(None))
        wobble = used // 500
        used = max(0, used + self._jitter.randint(-wobble, wobble))
        return f"api-usage={used}/{state.api_limit}"

    def _of(self, client: str | None) -> list[Exchange]:
        with self._lock:
            return [each for each in self._exchanges if client is None or each.client == client]
