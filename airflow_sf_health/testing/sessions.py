"""Live sessions of the fake org. A user's repeated API logins give the same live session id (recorded, SOAP)."""

from __future__ import annotations

import secrets
import threading
from typing import TYPE_CHECKING

from airflow_sf_health.testing.errors import ApiError

if TYPE_CHECKING:
    from starlette.requests import Request

    from airflow_sf_health.testing.state import OrgState, User


class Sessions:
    """Session ids by user, thread-safe."""

    def __init__(self) -> None:
        self._user_ids: dict[str, str] = {}
        self._lock = threading.Lock()

    def open(self, user: User, org_id: str) -> str:
        """The live session id of the user, else a new one: ``<org id, 15 characters>!<opaque>`` (recorded form)."""
        with self._lock:
            for token, user_id in self._user_ids.items():
                if user_id == user.id:
                    return token
            token = f"{org_id[:15]}!AQ{secrets.token_urlsafe(70).replace('-', '.')}"
            self._user_ids[token] = user.id
            return token

    def expire(self, user: User | None = None) -> None:
        """End the sessions of this user, or all."""
        with self._lock:
            ended = [token for token, user_id in self._user_ids.items() if user is None or user_id == user.id]
            for token in ended:
                del self._user_ids[token]

    def find(self, token: str, state: OrgState) -> User | None:
        """The active user of a live session."""
        with self._lock:
            user_id = self._user_ids.get(token)
        user = state.user_by_id(user_id) if user_id else None
        return user if user is not None and user.active else None

    def user_of(self, request: Request, state: OrgState) -> User:
        """The active user of the live session that a request carries.

        :raises ApiError: 401 INVALID_SESSION_ID (captured), also for a user who is no longer active (reported).
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
