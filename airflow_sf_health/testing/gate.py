"""The one gate of the fake org through which each login goes, by whatever door; LoginHistory is kept here.

The doors know their credential; the gate knows all else that may stand against a login: the org, the app, the user,
the place and the time. Which of several reasons Salesforce names is not known; here it is the first in this order.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from typing import TYPE_CHECKING

from airflow_sf_health.testing import refusals
from airflow_sf_health.testing.people import LoginAttempt
from airflow_sf_health.testing.refusals import (
    AUTHENTICATION_FAILURE,
    INACTIVE_USER,
    NOT_ADMIN_APPROVED,
    NOT_APPROVED,
    SUCCESS,
    Answer,
    LoginRefused,
    Refusal,
)

if TYPE_CHECKING:
    from airflow_sf_health.testing.context import OrgContext
    from airflow_sf_health.testing.state import App, User

KEPT = 5_000
"""Rows of LoginHistory that are kept, the newest (Salesforce keeps six months)."""

OAUTH = "Remote Access 2.0"  # documented
NOT_TOLD = "N/A"  # constructed


@dataclass(frozen=True)
class Door:
    """A way to log in: how LoginHistory names it, and what it answers where the ways differ."""

    sub_type: str
    login_type: str = OAUTH
    api_type: str | None = None
    inactive: Answer = AUTHENTICATION_FAILURE
    not_approved: Answer = AUTHENTICATION_FAILURE


JWT_BEARER = Door("OauthJwtBearer", inactive=INACTIVE_USER, not_approved=NOT_APPROVED)  # its name is inferred
CLIENT_CREDENTIALS = Door("OauthClientCredentials", inactive=INACTIVE_USER, not_approved=NOT_ADMIN_APPROVED)
PASSWORD = Door("OauthUsernamePassword")
REFRESH_TOKEN = Door("OauthRefreshToken", inactive=INACTIVE_USER)
SOAP = Door("SoapApiLogin", "Other Apex API", "SOAP Partner")  # type and API type as public tools know them (reported)


@dataclass(frozen=True)
class Attempt:
    """A known user's try to log in at a host; ``app`` is ``None`` where no connected app is at work (SOAP)."""

    door: Door
    user: User
    host: str
    app: App | None = None
    api_version: str | None = None


class Gate:
    """Lets users in or not, and notes each attempt."""

    def __init__(self, context: OrgContext) -> None:
        self.context = context

    def enter(self, attempt: Attempt, wrong: Refusal | None = None) -> str:
        """Log the user in: the live session id.

        :param wrong: what the door found wrong with the credential.
        :raises LoginRefused: when the credential or anything else stands against it.
        """
        refusal = wrong or next(filter(None, (look(self.context, attempt) for look in LOOKS)), None)
        self._note(attempt, refusal.status if refusal else SUCCESS)
        if refusal is not None:
            raise LoginRefused(refusal)
        return self.context.open_session(attempt.user)

    def _note(self, attempt: Attempt, status: str) -> None:
        state, door = self.context.state, attempt.door
        row = LoginAttempt(
            id=state.new_id("0Ya"),
            user_id=attempt.user.id,
            at=self.context.now(),
            status=status,
            login_type=door.login_type,
            sub_type=door.sub_type,
            source_ip=state.client_ip,
            login_url=attempt.host,
            application=attempt.app.name if attempt.app else NOT_TOLD,
            api_type=door.api_type,
            api_version=attempt.api_version,
        )
        state.logins.append(row)
        del state.logins[:-KEPT]


def _org(context: OrgContext, attempt: Attempt) -> Refusal | None:
    org = context.state.org
    if org.locked:
        return refusals.ORG_LOCKED
    if org.trial_expiration is not None and _instant(org.trial_expiration) <= context.now():
        return refusals.TRIAL_OVER
    if org.my_domain_login_enforced and attempt.host != org.host:
        return refusals.SHARED_HOST
    return None


def _app(context: OrgContext, attempt: Attempt) -> Refusal | None:
    app = attempt.app
    if app is None:
        return None
    if not app.installed:
        return refusals.EXTERNAL_APP_MISSING if app.external else refusals.APP_MISSING
    return refusals.APP_BLOCKED if app.blocked else None


def _user(context: OrgContext, attempt: Attempt) -> Refusal | None:
    """The user, and only then whether the app is approved for it, as the two are told apart for a JWT (captured)."""
    user, app = attempt.user, attempt.app
    if not user.active:
        return refusals.inactive(attempt.door.inactive)
    if user.frozen:
        return refusals.FROZEN
    if user.locked:
        return refusals.LOCKED_OUT
    if app is not None and app.approved_user_ids is not None and user.id not in app.approved_user_ids:
        return refusals.not_approved(attempt.door.not_approved)
    return None


def _place_and_time(context: OrgContext, attempt: Attempt) -> Refusal | None:
    profile = context.state.profile_of(attempt.user)
    if profile.login_hours is not None and not _within(context.now().hour, profile.login_hours):
        return refusals.OUT_OF_HOURS
    address = ip_address(context.state.client_ip)
    ranges = [(ip_address(first), ip_address(last)) for first, last in profile.login_ip_ranges]
    same = [(first, last) for first, last in ranges if first.version == last.version == address.version]
    if ranges and not any(int(first) <= int(address) <= int(last) for first, last in same):
        return refusals.WRONG_ADDRESS
    return None


def _rate(context: OrgContext, attempt: Attempt) -> Refusal | None:
    """Attempts that were one too many count no further, so that an hour of patience always helps (inferred)."""
    state, hour_ago = context.state, context.now() - timedelta(hours=1)
    of_user = [row for row in state.logins if row.user_id == attempt.user.id and row.at > hour_ago]
    counted = sum(row.status != refusals.TOO_MANY.status for row in of_user)
    return refusals.TOO_MANY if counted >= state.org.logins_per_hour else None


LOOKS: tuple[Callable[[OrgContext, Attempt], Refusal | None], ...] = (_org, _app, _user, _place_and_time, _rate)


def _within(hour: int, hours: tuple[int, int]) -> bool:
    """Whether an hour is in a span, which may go over midnight; a span from an hour to itself is empty."""
    first, end = hours
    return first <= hour < end if first <= end else hour >= first or hour < end


def _instant(text: str) -> datetime:
    """A date or an instant as Salesforce writes it; a date is its first moment."""
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
