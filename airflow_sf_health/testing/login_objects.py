"""``UserLogin`` and ``LoginHistory``: who is frozen or locked, and what became of each login."""

from __future__ import annotations

from collections.abc import Iterable

from airflow_sf_health.testing.ids import make_id
from airflow_sf_health.testing.schema import FieldSpec, ObjectSpec, identity_fields, lookup, read_only
from airflow_sf_health.testing.state import LoginAttempt, OrgState, Row, User, timestamp
from airflow_sf_health.testing.system_fields import audit_values, plain_lookup

SEES_ALL_LOGINS = ("ManageUsers", "MonitorLoginHistory")


def user_login() -> ObjectSpec:
    """For who may manage users (documented); for others it does not exist (inferred, as for any hidden object)."""
    spec = ObjectSpec("UserLogin", "0Yw", label="User Login", permissions=("ManageUsers",), system=True)
    return spec.add(
        *identity_fields(spec.label),
        *read_only(
            plain_lookup("UserId", "User", label="User ID", nillable=False),
            FieldSpec("IsFrozen", "boolean", "Frozen", nillable=False),
            FieldSpec("IsPasswordLocked", "boolean", "Password Locked", nillable=False),
            FieldSpec("LastModifiedDate", "datetime", "Last Modified Date", nillable=False),
            lookup("LastModifiedById", "User", label="Last Modified By ID", nillable=False),
        ),
    )


def user_login_rows(state: OrgState, user: User) -> Iterable[Row]:
    for other in state.users:
        changed = audit_values(state, other.created)
        yield {
            "Id": make_id("0Yw", state.users.index(other) + 1),
            "UserId": other.id,
            "IsFrozen": other.frozen,
            "IsPasswordLocked": other.locked,
            "LastModifiedDate": changed["LastModifiedDate"],
            "LastModifiedById": changed["LastModifiedById"],
        }


def login_history() -> ObjectSpec:
    """Some columns may be read and not filtered (documented)."""
    spec = ObjectSpec("LoginHistory", "0Ya", label="Login History", label_plural="Login History", system=True)
    unfiltered = ("Status", "Application", "Browser", "Platform", "ApiType")
    return spec.add(
        *identity_fields(spec.label),
        *read_only(
            plain_lookup("UserId", "User", label="User ID"),
            FieldSpec("LoginTime", "datetime", "Login Time", nillable=False),
            *(FieldSpec(name, "picklist") for name in ("LoginType", "LoginSubType")),
            *(FieldSpec(name) for name in ("SourceIp", "LoginUrl", "ClientVersion", "ApiVersion", "TlsProtocol")),
            FieldSpec("CountryIso", length=2),
            *(plain_lookup(name, "AuthProvider") for name in ("AuthenticationServiceId", "NetworkId")),
            *(FieldSpec(name, filterable=False) for name in unfiltered),
        ),
    )


def login_history_rows(state: OrgState, user: User) -> Iterable[Row]:
    """One's own logins, and those of all users for who manages users or monitors logins (documented)."""
    sees_all = state.has_permission(user, *SEES_ALL_LOGINS)
    return [_login(attempt) for attempt in state.logins if sees_all or attempt.user_id == user.id]


def _login(attempt: LoginAttempt) -> Row:
    return {
        "Id": attempt.id,
        "UserId": attempt.user_id,
        "LoginTime": timestamp(attempt.at),
        "LoginType": attempt.login_type,
        "LoginSubType": attempt.sub_type,
        "SourceIp": attempt.source_ip,
        "LoginUrl": attempt.login_url,
        "Status": attempt.status,
        "Application": attempt.application,
        "Browser": "Unknown",
        "Platform": "Unknown",
        "ClientVersion": "N/A",
        "ApiType": attempt.api_type or "N/A",
        "ApiVersion": attempt.api_version or "N/A",
        "TlsProtocol": "TLS 1.3",
        "CountryIso": None,
    }
