"""Refusals of a login that judge nothing: Salesforce is in trouble itself, or at work on another request with the same token.

Such a refusal is not remembered against the login, and whether a refresh token that was sent with it is spent, nobody knows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from airflow_sf_health.org.flows import LoginFlow

if TYPE_CHECKING:
    from airflow_sf_health.org.errors import Refusal

_IN_TROUBLE = frozenset({
    "server_error",
    "temporarily_unavailable",
    "server",
    "server_unavailable",
    "unknown_error",
    "unknown_exception",
})  # fmt: skip
"""Codes in lower case; ``server`` is SOAP's own for all that has no other."""
_BUSY = "already being processed"
"""Said of a token request while another one with the same token is under way, which may spend it."""
_BUSY_ONCE = "expired authorization code"
"""The same of a refresh token before autumn 2024. Of an assertion it says that its time is over."""


def is_passing(refusal: Refusal) -> bool:
    """Whether the same login may be good a moment later, or have been good just now."""
    return (refusal.code or "").lower() in _IN_TROUBLE or _is_busy(refusal)


def _is_busy(refusal: Refusal) -> bool:
    is_refresh = refusal.where == LoginFlow.REFRESH_TOKEN.request_label
    return _BUSY in refusal.message or (is_refresh and _BUSY_ONCE in refusal.message)
