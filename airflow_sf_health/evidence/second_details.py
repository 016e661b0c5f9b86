"""What a second user is asked of the integration user, once it is found: frozen, locked, licence, and its refused login."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from airflow_sf_health.evidence.facts import SecondSight
from airflow_sf_health.evidence.gather import gather
from airflow_sf_health.evidence.login_history import LOGINS, RefusedLogin, entries_of, instant
from airflow_sf_health.evidence.needs import API_ONLY_FROM, Need, Query, Record, Row
from airflow_sf_health.evidence.permission_source import permission_sources
from airflow_sf_health.org.errors import Refusal
from airflow_sf_health.org.login import Identity
from airflow_sf_health.org.session import OrgSession

FROZEN_OR_LOCKED, LOGIN_HISTORY, LICENSE = "frozen or locked", "Login History", "licence"
API_ONLY_SOURCE = "where 'API Only User' comes from"
"""The parts, as messages name them where they could not be read."""
STATE = Query(
    "state",
    "SELECT IsFrozen, IsPasswordLocked, LastModifiedDate, LastModifiedById FROM UserLogin WHERE UserId = '{user_id}'",
)
"""Takes Manage Users. Who changed it last is no proof of who froze the user, but shows where to look."""


def details(session: OrgSession, found: SecondSight, refused: RefusedLogin | None, *, api_only: bool) -> SecondSight:
    """With the rest of what can be asked, in one composite request, each part for itself.

    :param found: who the integration user is; the session is the second user's.
    :param refused: the login whose entry is looked for; None: that is not the question.
    :param api_only: whether to ask where 'API Only User' comes from.
    """
    profile = Record("profile", "Profile", found.profile_id or "", ("Id", "Name", "UserLicenseId"))
    license_ = Record("license", "UserLicense", "@{profile.UserLicenseId}", ("Name", "Status"), after=profile)
    needs: list[Need[Any]] = [STATE, license_]
    needs += [LOGINS] if refused is not None else []
    needs += [API_ONLY_FROM] if api_only else []
    answers = gather(session, needs, Identity(found.org_id or "", found.user_id or ""))
    state, licence = _first(answers[STATE]), _first(answers[license_])
    seen = replace(
        found,
        **_frozen(state),
        license_name=licence.get("Name"),
        license_status=licence.get("Status"),
        unread=tuple(name for name, row in ((FROZEN_OR_LOCKED, state), (LICENSE, licence)) if not row),
    )
    if refused is not None:
        seen = _with_login(seen, refused, answers[LOGINS])
    if api_only:
        seen = _with_source(seen, answers[API_ONLY_FROM], _first(answers[profile]))
    return seen


def _frozen(state: Row) -> dict[str, Any]:
    return {
        "is_frozen": state.get("IsFrozen"),
        "is_locked": state.get("IsPasswordLocked"),
        "changed_at": _iso(state["LastModifiedDate"]) if state.get("LastModifiedDate") else None,
        "changed_by": state.get("LastModifiedById"),
    }


def _with_login(seen: SecondSight, refused: RefusedLogin, answer: Any) -> SecondSight:
    """With the entry of the login that was refused. No rows at all mean nothing, unless one may read those of others."""
    rows = _rows(answer)
    if isinstance(answer, Refusal):
        return replace(seen, unread=(*seen.unread, LOGIN_HISTORY))
    if not rows and seen.is_frozen is None:
        return replace(seen, logins_unshown=True)
    entries = entries_of(refused, rows)
    if not entries.rows:
        return replace(seen, login_recorded=False if entries.complete else None)
    status, *others = entries.statuses
    return replace(
        seen,
        login_flow=refused.flow,
        login_status=status,
        other_statuses=tuple(others),
        login_sure=entries.complete and not others,
        login_at=_iso(entries.rows[0]["LoginTime"]),
        login_ip=" or ".join(entries.addresses) or None,
        login_recorded=True,
    )


def _with_source(seen: SecondSight, answer: Any, profile: Row) -> SecondSight:
    if isinstance(answer, Refusal):
        return replace(seen, unread=(*seen.unread, API_ONLY_SOURCE))
    return replace(seen, api_only_from=permission_sources(answer, profile.get("Name")))


def _rows(answer: Any) -> Sequence[Row]:
    return () if answer is None or isinstance(answer, Refusal) else answer


def _first(answer: Any) -> Row:
    """The record, or the first row; empty where it could not be had."""
    if isinstance(answer, Mapping):
        return answer
    rows = _rows(answer)
    return rows[0] if rows else {}


def _iso(text: str) -> str:
    return instant(text).to_iso8601_string()
