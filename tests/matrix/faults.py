"""What can go wrong on the way to an org or within it, and what an examination may make of that."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from airflow_sf_health.report import Verdict
from airflow_sf_health.testing import FakeOrg
from matrix.outcome import HEALTHY, Outcome, masked

SCOPES = {"login": "/services/[oS]*", "API": "/services/data/*"}
"""Requests that meet the fault: those for a token or an identity, or those of the REST API."""
HASTY = {"connect_timeout": 0.5, "read_timeout": 0.4}
"""Extras, in seconds, where silence is to be waited for."""


@dataclass(frozen=True)
class Trouble:
    """A fault of the fake org for good, and the causes that a report on it may lead with; None among them: it names none.

    ``unasked``: nothing can be said of the org; else Salesforce itself has answered, and the connection is unhealthy.
    """

    name: str
    rule: Mapping[str, Any]
    causes: tuple[str | None, ...]
    unasked: bool = True
    ends: str = "retry"
    scopes: tuple[str, ...] = tuple(SCOPES)
    extra: Mapping[str, Any] = field(default_factory=dict)
    limit: float = 20.0
    """Seconds that an examination may take."""
    by_session: Mapping[str, Outcome] = field(default_factory=dict)
    """By scope, what comes of it where the connection has a ready session, and is otherwise."""

    def outcome(self, flow: str, scope: str) -> Outcome:
        """What must come of it, the cause apart."""
        if flow == "session" and scope in self.by_session:
            return self.by_session[scope]
        return Outcome(verdict=Verdict.UNDETERMINED if self.unasked else Verdict.UNHEALTHY, ends=self.ends)

    def enter(self, org: FakeOrg, scope: str) -> None:
        """Let the fault meet the requests of this scope, or each connection, from now on."""
        of_requests = {} if self.scopes == CONNECTING else {"path": SCOPES[scope]}
        org.fault(**self.rule, **of_requests)


NETWORK = ("network_dns_or_tls", "network_timeout")
EDGE = ("org_maintenance_or_unavailable",)
STILL_WORKS = {"login": HEALTHY}
"""Whose session it is was refused, which says nothing of the session, and the API answers."""
NONSENSE = ("org_maintenance_or_unavailable", "unknown", None)
CONNECTING = ("login",)
"""A connection that cannot be made has no path; the first request, which is a login, meets it."""

TROUBLES = (
    Trouble("connection refused", {"connection": "refused"}, NETWORK, scopes=CONNECTING),
    Trouble("name does not resolve", {"connection": "unresolvable"}, NETWORK, scopes=CONNECTING),
    Trouble("proxy forbids", {"connection": "forbidden"}, NETWORK, scopes=CONNECTING),
    Trouble("proxy gives up", {"connection": "timed_out"}, NETWORK, scopes=CONNECTING),
    Trouble("connection cut", {"connection": "reset"}, NETWORK, scopes=CONNECTING),
    Trouble("connection never made", {"connection": "stalled"}, NETWORK, scopes=CONNECTING, extra=HASTY),
    Trouble("certificate of another authority", {"tls": "other_ca"}, NETWORK, scopes=CONNECTING),
    Trouble("certificate of another name", {"tls": "other_name"}, NETWORK, scopes=CONNECTING),
    Trouble("certificate expired", {"tls": "expired"}, NETWORK, scopes=CONNECTING),
    Trouble("handshake cut", {"tls": "cut"}, NETWORK, scopes=CONNECTING),
    Trouble("connection reset", {"reset": True}, NETWORK),
    Trouble("silence", {"stall": "headers"}, NETWORK, extra=HASTY),
    Trouble("silence after the headers", {"stall": "body"}, NETWORK, extra=HASTY),
    Trouble("a byte now and then", {"drip": 0.3}, NETWORK, limit=0.5),
    Trouble("maintenance page", {"body": "maintenance"}, EDGE, unasked=False),
    Trouble("no route at the edge", {"body": "setting_up"}, EDGE, unasked=False, by_session=STILL_WORKS),
    Trouble("empty 406", {"body": "empty"}, NONSENSE, by_session=STILL_WORKS),
    Trouble("502", {"status": 502}, EDGE, unasked=False),
    Trouble(
        "500 with an error code", {"body": "server_error"}, ("org_maintenance_or_unavailable", "unknown"), unasked=False
    ),
    Trouble("half of the text", {"truncate": "text"}, NONSENSE),
    Trouble("reply breaks off", {"truncate": "transfer"}, (*NETWORK, *NONSENSE)),
    Trouble("no JSON in JSON", {"body": "malformed_json"}, NONSENSE),
    Trouble("login page with 200", {"body": "login_page"}, NONSENSE),
    Trouble("daily requests used up", {"body": "total_requests"}, ("request_limit",), unasked=False, scopes=("API",)),
    Trouble(
        "session refused",
        {"body": "session_invalid"},
        ("session_refused_by_policy", "session_expired"),
        unasked=False,
        ends="final",
        scopes=("API",),
        by_session={"API": masked("session_expired")},
    ),
    Trouble(
        "session not for REST",
        {"body": "session_not_valid_for_rest"},
        ("session_refused_by_policy",),
        unasked=False,
        ends="final",
        scopes=("API",),
    ),
)
