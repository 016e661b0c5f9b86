"""What every part of the fake org shares while it serves: the state, the clock settings, the live sessions, the counts.

Contract with the data plane, which provides ``dataplane.routes(context) -> list[BaseRoute]``:

* ``context.authenticate(request)`` gives the user, or raises the ``ApiError`` that Salesforce would answer with;
* a request to a metered path is counted centrally, once, and its reply gets ``Sforce-Limit-Info``;
  ``count_api_call(request, extra=n)`` is only for resources of which each part counts;
* an ``ApiError`` raised in an endpoint is rendered centrally; ``ApiError.body`` is the array for a composite part;
* ``context.timing.of(call)`` are the seconds to spend on a call, for its parts and describes;
* ``context.now()`` is the time by the org's clock.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from airflow_sf_health.testing import composite
from airflow_sf_health.testing.errors import ApiError
from airflow_sf_health.testing.refresh_tokens import InUse
from airflow_sf_health.testing.sessions import Sessions
from airflow_sf_health.testing.state import timestamp

if TYPE_CHECKING:
    from starlette.requests import Request

    from airflow_sf_health.testing.call import Call
    from airflow_sf_health.testing.counting import Meter
    from airflow_sf_health.testing.faults import Faults
    from airflow_sf_health.testing.state import OrgState, User

__all__ = ["ApiError", "OrgContext", "Timing"]


DESCRIBE = re.compile(r"sobjects/(\w+)/describe/?")


@dataclass
class Timing:
    """Seconds that the org takes: per HTTP request, per part of a composite request, per describe of an object."""

    latency: float = 0.0
    part_latency: float = 0.0
    clock_offset: float = 0.0
    """Seconds that the org's clock is ahead of the clock of this machine (negative: behind)."""
    describe_latency: dict[str, float] = field(default_factory=dict)
    """Seconds that a describe takes, by object, also as a part of a composite request."""

    def of(self, call: Call) -> float:
        """Seconds to spend on a call below ``/services/data`` itself, beyond those of each request."""
        parts = composite.part_paths(call) if call.path == "composite" else []
        described = (DESCRIBE.fullmatch(path) for path in (call.path, *parts))
        slow = {name.lower(): seconds for name, seconds in self.describe_latency.items()}
        return self.part_latency * len(parts) + sum(slow.get(found[1].lower(), 0.0) for found in described if found)


@dataclass
class OrgContext:
    state: OrgState
    meter: Meter
    faults: Faults
    timing: Timing = field(default_factory=Timing)
    sessions: Sessions = field(default_factory=Sessions)
    in_use: InUse = field(default_factory=InUse)
    """Refresh tokens that a request is at work with."""

    def now(self) -> datetime:
        """The time by the org's own clock, which may go wrong against this machine's."""
        return datetime.now(UTC) + timedelta(seconds=self.timing.clock_offset)

    def open_session(self, user: User) -> str:
        """The live session id of the user, past the gate and LoginHistory."""
        user.last_login = timestamp(self.now())
        return self.sessions.open(user, self.state.org.id, self.now())

    def authenticate(self, request: Request) -> User:
        """The user whose live session this request carries, if the data APIs are open to that user.

        :raises ApiError: 401 for a dead session or an expired password, 403 where the API is off for org or user.
        """
        if request.url.hostname != self.state.org.host:
            raise ApiError(401, "INVALID_SESSION_ID", "Session expired or invalid")  # on another host (reported)
        user = self.sessions.user_of(request, self.state)
        if user.password_expired:
            # recorded
            message = "Your password has expired. Please reset your password."
            raise ApiError(401, "INVALID_OPERATION_WITH_EXPIRED_PASSWORD", message)
        if not self.state.org.rest_api_enabled or not self.state.has_permission(user, "ApiEnabled"):
            # captured, both for an edition without the API and for a user without API Enabled
            raise ApiError(403, "API_DISABLED_FOR_ORG", "The REST API is not enabled for this Organization.")
        return user

    def count_api_call(self, request: Request, extra: int = 0) -> None:
        """Count ``extra`` API calls beyond the one that this request costs anyway.

        Salesforce counts each part of ``/composite/batch``, and a whole ``/composite`` as one (documented).
        """
        self.meter.count_extra(request, extra)
