"""How programs come into the fake org: connected apps and the refresh tokens that they hold."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass
class App:
    """A connected app: consumer key and secret, certificate, run-as user, pre-authorisation."""

    consumer_key: str
    consumer_secret: str
    certificate_pem: str
    """Public certificate or key that verifies JWT assertions."""
    run_as_user_id: str | None = None
    approved_user_ids: set[str] | None = None
    """Users whom an administrator has approved for it; ``None``: everyone."""
    scopes: tuple[str, ...] = ("api", "id", "refresh_token")
    name: str = "Nightly Import"
    external: bool = False
    """An external client app, which says in other words that it is not installed."""
    installed: bool = True
    """False: it is not installed in this org, and nobody may use it that way."""
    blocked: bool = False
    """Blocked by an administrator on the page Connected Apps OAuth Usage."""
    refresh_token_rotation: bool = False


@dataclass
class RefreshToken:
    """A grant of one user to one app. Tokens that came from each other by rotation are one ``family``."""

    value: str
    family: str
    user_id: str
    consumer_key: str
    issued: datetime
    expires: datetime | None = None
    spent: bool = False
    """Rotated away; using it again revokes its family (Salesforce 005316711)."""
    revoked: bool = False
    times_used: int = 0
    """Token requests that came with it, whatever they were answered."""
    reused: bool = False
    """It was used once more after it was spent, which revoked its family."""
