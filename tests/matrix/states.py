"""The states that an org can be in, and what each must lead to by each login flow."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from airflow_sf_health.testing import FakeOrg
from airflow_sf_health.testing.certificates import new_key_pair
from airflow_sf_health.testing.containment import contain
from airflow_sf_health.testing.state import timestamp
from matrix.outcome import DEGRADED, HEALTHY, Outcome, fails, for_now, masked, warns

OAUTH = ("jwt", "client_credentials", "password", "refresh_token")
SOAP = ("soap_token", "soap_organization")
LOGINS = (*OAUTH, *SOAP)
FLOWS = (*LOGINS, "session")
BY_PASSWORD = ("password", *SOAP)
AT_LOGIN_HOST = ("jwt", "password", "refresh_token", *SOAP)


@dataclass(frozen=True)
class State:
    """One state: how a healthy org gets into it once the connections are made, and the outcome by flow.

    ``extra`` are extras of each connection, ``requires`` what the task requires. A flow without an outcome is as healthy as ever:
    by a password with warnings (it may expire; SOAP ``login()`` ends), else without.
    """

    name: str
    enter: Callable[[FakeOrg], object] = lambda org: None
    outcomes: Mapping[str, Outcome] = field(default_factory=dict)
    extra: Mapping[str, Any] = field(default_factory=dict)
    requires: Mapping[str, Any] = field(default_factory=dict)

    def outcome(self, flow: str) -> Outcome:
        """What must come of it by this flow."""
        return self.outcomes.get(flow, DEGRADED if flow in BY_PASSWORD else HEALTHY)


def by(*given: tuple[tuple[str, ...] | str, Outcome]) -> dict[str, Outcome]:
    """Outcomes by flow, of flows that share one; a later one goes before an earlier one."""
    return {flow: outcome for flows, outcome in given for flow in ((flows,) if isinstance(flows, str) else flows)}


def _set(path: str, value: object) -> Callable[[FakeOrg], None]:
    """Set one value of the state, as ``sf-health fake-org set`` does."""
    from airflow_sf_health.testing.settable import Settable

    return lambda org: Settable(org.state, org.context.timing).assign({path: value})


def _new_password(org: FakeOrg) -> None:
    org.user().password = "another-password"


def _without_app_approval(org: FakeOrg) -> None:
    org.state.apps[0].approved_user_ids = set()


def _another_certificate(org: FakeOrg) -> None:
    org.state.apps[0].certificate_pem = new_key_pair()[1]


def _trial_ends(days: int) -> Callable[[FakeOrg], None]:
    def enter(org: FakeOrg) -> None:
        org.state.org.trial_expiration = timestamp(datetime.now(UTC) + timedelta(days=days))

    return enter


def _refresh_tokens(**values: Any) -> Callable[[FakeOrg], None]:
    def enter(org: FakeOrg) -> None:
        for token in org.state.refresh_tokens:
            for name, value in values.items():
                setattr(token, name, value)

    return enter


def _license_of_set(**values: Any) -> Callable[[FakeOrg], None]:
    def enter(org: FakeOrg) -> None:
        for name, value in values.items():
            setattr(org.state.permission_set_licenses[0], name, value)

    return enter


def _used_up(org: FakeOrg) -> None:
    org.state.api_usage = org.state.api_limit


def _another_key(org: FakeOrg) -> None:
    org.state.apps[0].consumer_key = "3MVG9another"


YESTERDAY = datetime.now(UTC) - timedelta(days=1)
PSL = {"permission_set_licenses": ["Salesforce API Integration"]}

STATES = (
    State("healthy"),
    # the user
    State(
        "user deactivated",
        _set("user.active", False),
        by(
            (("jwt", "client_credentials", "refresh_token"), fails("user_inactive")),
            (BY_PASSWORD, masked("user_inactive")),
            ("session", masked("user_inactive")),
        ),
    ),
    State("user frozen", _set("user.frozen", True), by((LOGINS, masked("user_frozen_or_locked")))),
    State(
        "user frozen, its sessions ended",
        lambda org: (_set("user.frozen", True)(org), _set("org.frozen_sessions_live", False)(org)),
        by((FLOWS, masked("user_frozen_or_locked"))),
    ),
    State("user locked out", _set("user.locked", True), by((LOGINS, masked("user_frozen_or_locked")))),
    State(
        "user contained",
        lambda org: contain(org.state, org.user()),
        by((LOGINS, masked("user_contained")), ("refresh_token", masked("user_contained", ends="final"))),
    ),
    State(
        "outside login hours",
        lambda org: setattr(org.state.profile_of(org.user()), "login_hours", (0, 0)),
        by((LOGINS, masked("login_hours_restricted"))),
    ),
    State(
        "address not in the profile's ranges",
        lambda org: setattr(org.state.profile_of(org.user()), "login_ip_ranges", [("198.51.100.1", "198.51.100.9")]),
        by((OAUTH, fails("login_ip_restricted")), (SOAP, masked("login_ip_restricted"))),
    ),
    State("password expired", _set("user.password_expired", True), by((FLOWS, fails("password_expired")))),
    State("password changed", _new_password, by((BY_PASSWORD, masked("bad_credentials")))),
    State(
        "API permission lost",
        _set("user.permissions.ApiEnabled", False),
        by((FLOWS, masked("api_disabled_for_user", ends="final"))),
    ),
    # licences
    State(
        "permission-set licence expired",
        _license_of_set(status="Disabled", expires="2026-01-31"),
        by((FLOWS, fails("license_missing_or_expired"))),
        requires=PSL,
    ),
    State(
        "permission-set licence ends soon",
        _license_of_set(expires=(datetime.now(UTC) + timedelta(days=5)).date().isoformat()),
        by((FLOWS, DEGRADED)),
        requires=PSL,
    ),
    # the org
    State("org read-only", _set("org.is_read_only", True), by((FLOWS, for_now("org_read_only")))),
    State(
        "org read-only, and the task only reads",
        _set("org.is_read_only", True),
        by((FLOWS, DEGRADED)),
        requires={"writes": False},
    ),
    State(
        "trial ends soon",
        _trial_ends(days=5),
        by(
            (("jwt", "session"), warns("org_inactive_or_expired")),
            (("client_credentials", "refresh_token"), warns("org_inactive_or_expired")),
        ),
    ),
    State(
        "trial over",
        _trial_ends(days=-5),
        by((LOGINS, masked("org_inactive_or_expired")), ("session", fails("org_inactive_or_expired"))),
    ),
    State("org locked", _set("org.locked", True), by((LOGINS, masked("org_inactive_or_expired")))),
    State(
        "API off",
        _set("org.rest_api_enabled", False),
        by((FLOWS, masked("api_disabled_for_org", ends="final"))),
    ),
    State("wrong org", lambda org: None, by((FLOWS, fails("wrong_org"))), requires={"sandbox": True}),
    State(
        "API version retired", lambda org: None, by((FLOWS, fails("api_version_retired"))), extra={"version": "29.0"}
    ),
    State("daily requests used up", _used_up, by((FLOWS, for_now("request_limit")))),
    # the door
    State(
        "My Domain login enforced",
        _set("org.my_domain_login_enforced", True),
        by((AT_LOGIN_HOST, masked("wrong_login_host"))),
    ),
    State("SOAP login off", _set("org.soap_login_enabled", False), by((SOAP, fails("soap_login_disabled")))),
    State(
        "password flow off",
        _set("org.password_flow_enabled", False),
        by(("password", masked("grant_type_unsupported"))),
    ),
    State(
        "login rate exceeded",
        _set("org.logins_per_hour", 0),
        by((OAUTH, for_now("login_rate_limited")), (SOAP, masked("login_rate_limited"))),
    ),
    # the app
    State(
        "app not approved for the user",
        _without_app_approval,
        by(
            (("jwt", "client_credentials"), fails("app_not_approved")),
            (("password", "refresh_token"), masked("app_not_approved")),
        ),
    ),
    State("app blocked", _set("app.blocked", True), by((OAUTH, masked("app_blocked_or_missing")))),
    State("app not installed", _set("app.installed", False), by((OAUTH, fails("app_blocked_or_missing")))),
    State("consumer key unknown", _another_key, by((OAUTH, fails("app_blocked_or_missing")))),
    State(
        "consumer secret changed",
        _set("app.consumer_secret", "another"),
        by((("client_credentials", "password", "refresh_token"), fails("bad_credentials"))),
    ),
    State("certificate changed", _another_certificate, by(("jwt", fails("jwt_invalid")))),
    State(
        "no run-as user",
        _set("app.run_as_user_id", None),
        by(("client_credentials", fails("run_as_user_missing"))),
    ),
    State("clock of the org ahead", _set("clock_offset", 3_600.0), by(("jwt", for_now("clock_skew")))),
    State("clock of the org behind", _set("clock_offset", -3_600.0), by(("jwt", for_now("clock_skew")))),
    # tokens
    State(
        "refresh token revoked",
        _refresh_tokens(revoked=True),
        by(("refresh_token", masked("refresh_token_expired", ends="final"))),
    ),
    State(
        "refresh token expired",
        _refresh_tokens(expires=YESTERDAY),
        by(("refresh_token", masked("refresh_token_expired", ends="final"))),
    ),
    State(
        "refresh token spent",
        _refresh_tokens(spent=True),
        by(("refresh_token", masked("refresh_token_expired", ends="final"))),
    ),
    State("session expired", lambda org: org.expire_sessions(), by(("session", masked("session_expired")))),
)
