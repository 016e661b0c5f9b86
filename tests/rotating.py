"""Refresh tokens that change at each use, for tests: connections that may spend them, and what the fake org saw of it."""

from __future__ import annotations

from typing import Any

from airflow_sf_health.org.connection import OrgConnection, TimeLimits, org_connection
from airflow_sf_health.org.vault import Vault
from airflow_sf_health.testing import FakeOrg

OURS = {"refresh_token_rotation": True, "refresh_token_owner": "acme-airflow", "login_flow": "refresh_token"}


def rotating(org: FakeOrg, limits: TimeLimits | None = None, **extra: Any) -> OrgConnection:
    """A connection with a new grant of an app that rotates its tokens, at a site that keeps them."""
    org.state.apps[0].refresh_token_rotation = True
    fields = org.connection("refresh_token")["extra"]
    return ours({**fields, **OURS, **extra}, limits)


def ours(extra: dict[str, Any], limits: TimeLimits | None = None) -> OrgConnection:
    return org_connection("crm", extra=extra, installation="acme-airflow", keeps_grants=True, time_limits=limits)


def uses(org: FakeOrg) -> list[int]:
    """How often each token came with a token request, in the order in which they were made."""
    return [token.times_used for token in org.state.refresh_tokens]


def is_whole(org: FakeOrg) -> bool:
    """Whether no token was sent twice, and none is revoked."""
    return max(uses(org)) <= 1 and not any(token.revoked or token.reused for token in org.state.refresh_tokens)


class Wrapped:
    """A vault with a hand in between: ``on[name]`` is called with the vault's own method and its arguments, in its place."""

    def __init__(self, vault: Vault) -> None:
        self.vault = vault
        self.on: dict[str, Any] = {}

    def __getattr__(self, name: str) -> Any:
        act = getattr(self.vault, name)
        hand = self.on.get(name)
        return act if hand is None else lambda *given: hand(act, *given)
