"""What came of asking a second user, in words."""

from __future__ import annotations

from airflow_sf_health.evidence.facts import SecondSight
from airflow_sf_health.org.errors import Refusal

UNSHOWN = "; no entries of this user were shown in Login History"
"""For lack of a right, or because there are none: the answer is the same."""


def standing(second: SecondSight) -> str:
    """The user's state in words, as far as it was seen: ``active, not frozen, not locked``."""
    states = (
        (second.is_active, "active", "inactive"),
        (second.is_frozen, "frozen", "not frozen"),
        (second.is_locked, "locked", "not locked"),
    )
    return ", ".join(yes if state else no for state, yes, no in states if state is not None)


def when_and_where(second: SecondSight) -> str:
    """Of the refused login: `` at 02:00:13 UTC from 203.0.113.10``, for the end of a phrase."""
    at = f" at {second.login_at[11:19]} UTC" if second.login_at else ""
    return at + (f" from {second.login_ip}" if second.login_ip else "")


def entry(second: SecondSight) -> str:
    """The entry in Login History: ``"User is frozen" at 02:00:13 UTC from 203.0.113.10``; of several, each label."""
    labels = (second.login_status or "", *second.other_statuses)
    return " or ".join(f'"{label}"' for label in labels) + when_and_where(second)


def opinion(second: SecondSight) -> str:
    """What came of asking the second user, in a sentence or two. The reason in Login History stands at its finding."""
    if not second.spent:
        return _opinion(second)
    return (
        f"{_opinion(second)}. Its own login spent its refresh token, since Refresh Token Rotation is on in its app: authorise it "
        "anew, and set its extra refresh_token_rotation to true."
    )


def _opinion(second: SecondSight) -> str:
    who = f"connection '{second.conn_id}'"
    if second.refusal is not None:
        return f"{who} could not be asked: {_why(second, second.refusal)}"
    if second.user_id is None:
        return f"{who} could tell nothing: {'; '.join(second.unread)}"
    licence = f", licence '{second.license_name}' {second.license_status}" if second.license_status else ""
    unread = f"; it could not read: {', '.join(second.unread)}" if second.unread else ""
    return f"{who} sees the user {standing(second)}{licence}{unread}{UNSHOWN if second.logins_unshown else ''}"


def _why(second: SecondSight, refusal: Refusal) -> str:
    said = " · ".join(part for part in (refusal.said, refusal.where) if part)
    if second.refused_at is None or second.not_before is None:
        return said
    refused_at, not_before = (at.in_timezone("UTC").format("HH:mm:ss") for at in (second.refused_at, second.not_before))
    return f"{said}; it was refused at {refused_at} UTC and is not tried again before {not_before} UTC"
