"""Replies that faults know by name: what Salesforce, its edge, or what stands before it answers when it is not well."""

from __future__ import annotations

import json
from typing import Any, NamedTuple

from airflow_sf_health.testing.errors import JSON

HTML = "text/html"


class Body(NamedTuple):
    """A known reply. A body that is not a text is sent as JSON; without a content type a text is HTML."""

    status: int
    body: Any
    content_type: str | None = None


def _error(code: str, message: str, **more: Any) -> list[dict[str, Any]]:
    return [{"message": message, "errorCode": code, **more}]


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
# constructed: the page of no real login, of Salesforce's or of a company's own proxy
LOGIN_PAGE = (
    "<!DOCTYPE html><html><head><title>Login</title></head><body><form method='post' action='/'>"
    "<input name='username'><input name='password' type='password'><button>Log In</button></form></body></html>"
)

BODIES: dict[str, Body] = {
    "maintenance": Body(503, MAINTENANCE),
    "setting_up": Body(420, SETTING_UP),
    # captured
    "session_invalid": Body(401, _error("INVALID_SESSION_ID", "Session expired or invalid")),
    # captured
    "session_not_valid_for_rest": Body(
        401, _error("INVALID_SESSION_ID", "This session is not valid for use with the REST API")
    ),
    # documented class; the rest of the sentence is not known
    "server_error": Body(500, _error("UNKNOWN_EXCEPTION", "An unexpected error occurred.")),
    # captured
    "total_requests": Body(403, _error("REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.")),
    # reported
    "concurrent_requests": Body(403, _error("REQUEST_LIMIT_EXCEEDED", "ConcurrentPerOrgLongTxn Limit exceeded.")),
    # reported
    "row_locked": Body(
        400,
        _error("UNABLE_TO_LOCK_ROW", "unable to obtain exclusive access to this record or 1 records", fields=[]),
    ),
    # documented: two at once with one refresh token
    "token_busy": Body(
        400, {"error": "invalid_grant", "error_description": "token request is already being processed"}
    ),
    # reported
    "empty": Body(406, ""),
    "login_page": Body(200, LOGIN_PAGE),
    # constructed
    "malformed_json": Body(200, '{"totalSize": 1, "done": true, "records": [}', JSON),
}
"""By name, each with the status that it comes with."""

BODY_OF_STATUS = {
    503: "maintenance",
    502: "maintenance",
    420: "setting_up",
    401: "session_invalid",
    500: "server_error",
    403: "total_requests",
    406: "empty",
}
"""What Salesforce sends with a status that is given alone."""


def known(body: Any, status: int | None) -> Body:
    """The reply that a fault's body and status mean: a name of ``BODIES``, a text or JSON of one's own, or the status alone."""
    if body is None:
        body = BODY_OF_STATUS.get(status or 0, "")
    found = BODIES.get(body, Body(200, body)) if isinstance(body, str) else Body(200, body)
    return found._replace(status=status or found.status)


def encoded(body: Body) -> tuple[str, bytes]:
    """Its content type, and its bytes."""
    if isinstance(body.body, str):
        return body.content_type or HTML, body.body.encode()
    return body.content_type or JSON, json.dumps(body.body).encode()
