"""What Login History calls the reason of a refused login, and the causes behind it."""

from __future__ import annotations

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
    "user is frozen": ("user_frozen_or_locked", "user_contained"),
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


def causes_of_status(status: str) -> tuple[str, ...]:
    """The causes that a label of Login History may stand for, the likeliest first; none where the label is not known."""
    label = " ".join(status.casefold().split()).removeprefix("failed:").strip(" .")
    return next((causes for known, causes in LOGIN_STATUS.items() if label.startswith(known)), ())
