"""Refresh tokens of the fake org: granted, spent, revoked, and worked on by only one request at a time."""

from __future__ import annotations

import math
import secrets
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from airflow_sf_health.testing.apps import RefreshToken

if TYPE_CHECKING:
    from datetime import datetime

    from airflow_sf_health.testing.state import App, OrgState, User

APPROVALS = 5
"""Refresh tokens that an app may have for a user; one more, and the oldest is revoked (documented)."""


def grant(state: OrgState, user: User, app: App, at: datetime) -> RefreshToken:
    """The user approves the app: the first token of a new family. It may end the oldest one."""
    own = [each for each in state.refresh_tokens if (each.user_id, each.consumer_key) == (user.id, app.consumer_key)]
    alive = {each.family for each in own if is_alive(each, at)}
    families = [family for family in dict.fromkeys(each.family for each in own) if family in alive]
    for family in families[: max(0, len(families) + 1 - APPROVALS)]:
        revoke_family(state, family)
    token = RefreshToken(_value(), f"family-{secrets.token_hex(8)}", user.id, app.consumer_key, at)
    state.refresh_tokens.append(token)
    return token


def rotate(state: OrgState, token: RefreshToken, at: datetime) -> RefreshToken:
    """Spend a token for the next one of its family (documented)."""
    successor = replace(token, value=_value(), issued=at, times_used=0)
    token.spent = True
    state.refresh_tokens.append(successor)
    return successor


def find(state: OrgState, value: str) -> RefreshToken | None:
    return next((token for token in state.refresh_tokens if value and token.value == value), None)


def is_alive(token: RefreshToken, at: datetime) -> bool:
    """Whether it would be taken, as far as the token goes: not revoked, spent nor expired."""
    return not (token.revoked or token.spent or (token.expires is not None and token.expires <= at))


def revoke_family(state: OrgState, family: str) -> None:
    for token in state.refresh_tokens:
        if token.family == family:
            token.revoked = True


class InUse:
    """Which refresh tokens are in use, so that a second request with one of them can be told so.

    A request is at work from its arrival to its answer, which are ``Timing.latency`` apart; and a test may hold a token
    for as long as it likes: ``with org.context.in_use.hold(token):``.
    """

    def __init__(self) -> None:
        self._held: Counter[str] = Counter()
        self._answered: dict[str, float] = {}

    @contextmanager
    def hold(self, value: str) -> Iterator[None]:
        """Keep a token in use, as if a request with it were being answered."""
        self._held[value] += 1
        try:
            yield
        finally:
            self._held[value] -= 1

    def busy(self, value: str, arrived: float) -> bool:
        """Whether another request was at work with the token when this one arrived (a monotonic instant)."""
        return self._held[value] > 0 or self._answered.get(value, -math.inf) > arrived

    def answered(self, value: str, at: float) -> None:
        """A request with the token is answered at this (monotonic) instant."""
        self._answered[value] = at


def _value() -> str:
    return f"5Aep861{secrets.token_urlsafe(60).replace('-', '.')}"  # the form is reported
