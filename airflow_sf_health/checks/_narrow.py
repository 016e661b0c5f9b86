"""What a second user saw, laid over what the first one was told: fewer candidates, never others.

A refusal that masks its reason has a cause and candidates. Login History says which of them it is; the user's state rules
some out. Whatever the second user says, the cause stays one of those that the finding itself named.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from airflow_sf_health.causes import CAUSE_IDS
from airflow_sf_health.evidence.facts import SecondSight
from airflow_sf_health.report.finding import Candidate, Finding, Level

LOGIN_STATUS: dict[str, tuple[str, ...]] = {
    "invalid password": ("bad_credentials",),
    "invalid login": ("bad_credentials",),
    "maximum logins exceeded": ("login_rate_limited",),
    "login rate exceeded": ("login_rate_limited",),
    "get access token limit exceeded": ("login_rate_limited",),
    "api security token required": ("security_token_required",),
    "restricted ip": ("login_ip_restricted",),
    "ip address not allowed": ("login_ip_restricted",),
    "restricted domain": ("wrong_login_host", "login_ip_restricted"),
    "restricted time": ("login_hours_restricted",),
    "password lockout": ("user_frozen_or_locked",),
    "user is frozen": ("user_frozen_or_locked",),
    "user is inactive": ("user_inactive",),
    "api-only user": ("api_only_user_ui",),
    "organization is in maintenance": ("org_maintenance_or_unavailable",),
    "organization in maintenance": ("org_maintenance_or_unavailable",),
    "organization": ("org_inactive_or_expired",),
    "trial expired": ("org_inactive_or_expired",),
    "oauth api access disabled": ("app_blocked_or_missing", "api_disabled_for_user", "api_disabled_for_org"),
    "not approved for access": ("app_not_approved",),
    "consumer deleted": ("app_blocked_or_missing",),
    "package for this consumer is not installed": ("app_blocked_or_missing",),
    "invalid token": ("refresh_token_expired", "user_contained", "user_inactive", "jwt_invalid"),
    "audience invalid": ("jwt_invalid", "wrong_login_host"),
    "assertion expired": ("clock_skew", "jwt_invalid"),
    "activation secret invalid": ("mfa_or_verification", "refresh_token_expired"),
    "computer activation required": ("mfa_or_verification",),
    "two-factor required": ("mfa_or_verification",),
    "api version removed": ("api_version_retired", "soap_login_disabled"),
    "token request is already being processed": ("token_request_busy",),
    "username-password flow disabled": ("grant_type_unsupported",),
}
"""LoginHistory's own labels (documented), without case and the leading "Failed:", to the causes that they may stand for; the
first that a label begins with counts. "Organization" is followed by closed, inactive, locked or suspended.
"""

FROZEN_CAUSES = ("user_frozen_or_locked", "user_contained")
"""Both show as a frozen user; who froze it, only Setup Audit Trail tells."""


def narrowed(finding: Finding, second: SecondSight) -> Finding:
    """Give the finding with what the second user saw; its cause is always one of those that it named before."""
    if finding.level is not Level.FAILED or finding.cause is None:
        return finding
    result = finding if finding.certain else _settled(finding, second) or _without_ruled_out(finding, second)
    hints = (finding.hint, *_hints(result, second))
    return replace(result, hint=" ".join(hint for hint in hints if hint))


def causes_of_status(status: str) -> tuple[str, ...]:
    """The causes that a label of Login History may stand for, the likeliest first; none where the label is not known."""
    label = " ".join(status.casefold().split()).removeprefix("failed:").strip(" .")
    return next((causes for known, causes in LOGIN_STATUS.items() if label.startswith(known)), ())


def _settled(finding: Finding, second: SecondSight) -> Finding | None:
    """The finding with the cause that the second user saw, if it is one of its own. Certain, unless what was seen may stand
    for several of them; then those that the user's state speaks for go first.
    """
    possible, out = _possible(finding), set(_ruled_out(second))
    for causes, what in _told(second):
        named = [each for each in causes if each in possible]
        fitting = sorted((each for each in named if each not in out), key=lambda each: each not in _supported(second))
        first, *others = fitting or named or [""]
        if first:
            saw = " · ".join(part for part in (finding.saw, f"{what}, seen by connection '{second.conn_id}'") if part)
            left = tuple(_candidate(finding, each) for each in others)
            return replace(finding, cause=first, certain=not others, candidates=left, saw=saw)
    return None


def _candidate(finding: Finding, cause: str) -> Candidate:
    """One of the finding's own causes as a candidate."""
    found = next((each for each in finding.candidates if each.cause == cause), None)
    return found or Candidate(cause=cause, tell="What Salesforce answered reads like it; nothing else was seen of it.")


def _supported(second: SecondSight) -> set[str]:
    """The causes that the user's state speaks for."""
    causes = {cause for cause, _ in _state(second)}
    return causes | set(FROZEN_CAUSES) if second.is_frozen else causes


def _told(second: SecondSight) -> Iterator[tuple[tuple[str, ...], str]]:
    """What the second user saw, and the causes it may stand for: first the reason of the refusal itself, then what is so now."""
    if second.login_status:
        yield causes_of_status(second.login_status), f'Login History: "{second.login_status}"{when_and_where(second)}'
    for cause, what in _state(second):
        yield (cause,), what


def _state(second: SecondSight) -> Iterator[tuple[str, str]]:
    if second.is_active is False:
        yield "user_inactive", "User.IsActive = false"
    if second.is_frozen:
        yield "user_frozen_or_locked", "UserLogin.IsFrozen = true"
    if second.is_locked:
        yield "user_frozen_or_locked", "UserLogin.IsPasswordLocked = true"
    if second.license_status not in (None, "Active"):
        yield "license_missing_or_expired", f"licence '{second.license_name}' is {second.license_status}"


def _without_ruled_out(finding: Finding, second: SecondSight) -> Finding:
    """Without the causes that cannot be. The likeliest of the rest leads; it stays as uncertain as it was. Where nothing would
    be left, the second user has come too late, and the finding stays what it was.
    """
    out = set(_ruled_out(second))
    left = [each for each in finding.candidates if each.cause not in out]
    if finding.cause not in out:
        return replace(finding, candidates=tuple(left))
    lead = next((each for each in left if each.cause in CAUSE_IDS), None)
    if lead is None:
        return finding
    return replace(finding, cause=lead.cause, candidates=tuple(each for each in left if each is not lead))


def _ruled_out(second: SecondSight) -> Iterator[str]:
    if second.is_active:
        yield "user_inactive"
    if second.is_frozen is False and second.is_locked is False:
        yield from FROZEN_CAUSES


def _possible(finding: Finding) -> set[str]:
    """The causes that the finding names, as far as there is guidance for them."""
    return {finding.cause or "", *(each.cause for each in finding.candidates)} & set(CAUSE_IDS)


def _hints(finding: Finding, second: SecondSight) -> Iterator[str]:
    """What the finding itself cannot say, a sentence each."""
    who, status = f"connection '{second.conn_id}'", second.login_status
    if status and finding.cause not in causes_of_status(status):
        yield f'Login History gives "{status}" as the reason{when_and_where(second)}, seen by {who}.'
    if second.login_recorded is False and not finding.certain:
        yield (
            f"Login History has no entry for this refused login, seen by {who}: it went to another org or host, or the "
            "entry is not there yet."
        )
    if finding.cause in set(_ruled_out(second)):
        yield f"By now {who} sees the user {standing(second)}: it may have been mended since; run the task again to see."
    if finding.certain and finding.cause == "bad_credentials" and (status or "").casefold() == "invalid password":
        yield (
            "Login History names the password itself: the one in this connection is wrong, or was changed in Salesforce. "
            "Correct it in Airflow before anything tries again, since each wrong try brings a lockout nearer."
        )


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
        parts = (second.refusal.said, second.refusal.where)
        return f"{who} could not be asked: {' · '.join(part for part in parts if part)}"
    if second.user_id is None:
        return f"{who} could tell nothing: {'; '.join(second.unread)}"
    licence = f", licence '{second.license_name}' {second.license_status}" if second.license_status else ""
    unread = f"; it may not read: {', '.join(second.unread)}" if second.unread else ""
    return f"{who} sees the user {standing(second)}{licence}{unread}"
