"""What came of asking Salesforce for a token on demand."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pendulum

    from airflow_sf_health.report.report import Report


class LoginMade(StrEnum):
    """What was done: a login ``made``, one that ``failed`` (the report says why), one not made since its refresh token is not ours to
    spend (``withheld``), or none since the connection holds nothing that makes a token (``impossible``).
    """

    MADE = "made"
    FAILED = "failed"
    WITHHELD = "withheld"
    IMPOSSIBLE = "impossible"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reauthenticated:
    """The login, and the ``report`` on the connection that was examined with it.

    ``flow`` is the login's, ``at`` when it was made. ``is_new``: whether its token is another than the one that was shared before; None
    where none was, or the new one could not be kept. Salesforce gives the same one again while its session is alive. ``shared``: other tasks
    take it from now on. ``why``: why none was made, part of a sentence. ``beside_session``: the connection holds a ready session, which
    stays what its tasks use first.
    """

    login: LoginMade
    report: Report
    flow: str | None = None
    at: pendulum.DateTime | None = None
    is_new: bool | None = None
    shared: bool = False
    why: str = ""
    beside_session: bool = False

    def as_dict(self) -> dict[str, Any]:
        """JSON-ready, and without a token."""
        return {
            "login": str(self.login),
            "flow": str(self.flow) if self.flow else None,
            "at": self.at.to_iso8601_string() if self.at else None,
            "token": None if self.is_new is None else "new" if self.is_new else "same",
            "shared": self.shared,
            "why": self.why,
        }
