"""Live sessions of the fake org. A user's repeated API logins give the same live session id (recorded, SOAP)."""

from __future__ import annotations

import secrets
import threading
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from airflow_sf_health.testing.errors import ApiError

if TYPE_CHECKING:
    from starlette.requests import Request

    from airflow_sf_health.testing.state import OrgState, User


SESSION_SECONDS = 7200  # recorded


@dataclass
class Session:
    """A live session; ``families`` are those of the refresh tokens that it was given out for."""

    user_id: str
    opened: datetime
    families: set[str] = field(default_factory=set)


class Sessions:
    """Live sessions by their id, thread-safe."""

    def __init__(self) -> None:
        self._live: dict[str, Session] = {}
        self._lock = threading.Lock()

    def open(self, user: User, org_id: str, at: datetime | None = None) -> str:
        """The live session id of the user, else a new one: ``<org id, 15 characters>!<opaque>`` (recorded form)."""
        with self._lock:
            for token, session in self._live.items():
                if session.user_id == user.id:
                    return token
            token = f"{org_id[:15]}!AQ{secrets.token_urlsafe(70).replace('-', '.')}"
            self._live[token] = Session(user.id, at or datetime.now(UTC))
            return token

    def expire(self, user: User | None = None) -> None:
        """End the sessions of this user, or all."""
        with self._lock:
            self._live = {
                token: session
                for token, session in self._live.items()
                if user is not None and session.user_id != user.id
            }

    def belongs(self, token: str, family: str) -> None:
        """Note that a session was given out for a refresh token of this family."""
        with self._lock:
            if token in self._live:
                self._live[token].families.add(family)

    def expire_family(self, family: str) -> None:
        """End the sessions that were given out for refresh tokens of this family."""
        with self._lock:
            self._live = {token: session for token, session in self._live.items() if family not in session.families}

    def opened(self, token: str) -> datetime | None:
        """When a live session began."""
        with self._lock:
            session = self._live.get(token)
        return session.opened if session else None

    def find(self, token: str, state: OrgState) -> User | None:
        """The user of a live session, who is active; frozen only where the org lets the sessions of such users go on."""
        with self._lock:
            session = self._live.get(token)
        user = state.user_by_id(session.user_id) if session else None
        if user is None or not user.active or (user.frozen and not state.org.frozen_sessions_live):
            return None
        return user

    def user_of(self, request: Request, state: OrgState) -> User:
        """The active user of the live session that a request carries.

        :raises ApiError: 401 INVALID_SESSION_ID (captured), also for a user who is no longer active (reported)
            or whose sessions ended with being frozen (constructed).
        """
        user = self.find(token_of(request), state)
        if user is None:
            raise ApiError(401, "INVALID_SESSION_ID", "Session expired or invalid")
        return user


def token_of(request: Request) -> str:
    """The session id that a request carries: ``Authorization: Bearer`` or ``OAuth``, or Bulk 1.0's own header."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() in ("bearer", "oauth"):
        return token.strip()
    bulk = request.url.path.startswith("/services/async/")
    return request.headers.get("x-sfdc-session", "") if bulk else ""
