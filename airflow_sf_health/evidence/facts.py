"""What the examination knows by itself, as frozen values without secrets."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from airflow_sf_health.org.errors import Refusal
from airflow_sf_health.org.flows import LoginFlow, StockDoor
from airflow_sf_health.org.proxies import StockProxies

if TYPE_CHECKING:
    import pendulum


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionFacts:
    """The connection without its secrets. ``ignored`` are fields that the flow does not read, ``stock`` is what the stock hook
    makes of a ready session in the extras, ``stock_proxies`` why it cannot use the proxies.
    """

    conn_id: str
    flow: LoginFlow
    login: str | None
    first_host: str
    version: str
    ignored: tuple[str, ...] = ()
    expected_org_id: str | None = None
    stock: StockDoor | None = None
    stock_proxies: StockProxies | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LoginFacts:
    """How the token was had. ``refusal`` is None when there is one; ``fresh`` when a login was made just now."""

    flow: LoginFlow
    at: pendulum.DateTime
    refusal: Refusal | None = None
    fresh: bool = False
    org_id: str | None = None
    user_id: str | None = None
    username: str | None = None
    host: str | None = None
    password_expired: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiFacts:
    """Whether the API answered this user at all, and the header's count of the org's last 24 hours."""

    refusal: Refusal | None = None
    used: int | None = None
    allowed: int | None = None
