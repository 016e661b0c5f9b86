"""The states of the org that the demo goes through, and what each does to an example DAG."""

from __future__ import annotations

from demo.airflow_home import CONN_ID, DIAGNOSTIC_CONN_ID
from demo.playing import State

from airflow_sf_health import cli
from airflow_sf_health.testing import FakeOrg
from airflow_sf_health.testing.connections import Connection


def _ready_session_with_a_key(org: FakeOrg) -> Connection:
    """A session that something else has made, and beside it what a login of its own needs.

    Its org stands in ``instance``: the stock operator's JWT login would read an ``instance_url`` as a part of a host name.
    """
    session_id = org.connection("session")["extra"]["session_id"]
    return org.connection("jwt", session_id=session_id, instance=org.state.org.host)


def _revoke_grants(org: FakeOrg) -> None:
    for token in org.state.refresh_tokens:
        token.revoked = True


def _look_by_hand(org: FakeOrg) -> None:
    """This asks less than the DAG's preflight does, so that its verdict is no answer for that, and its login is."""
    cli.main(["check", CONN_ID])


def _share_a_session_that_dies(org: FakeOrg) -> None:
    _look_by_hand(org)
    org.expire_sessions()


STATES = (
    State("healthy"),
    State(
        "user deactivated",
        {"user.active": False},
        verdict="unhealthy",
        cause="user_inactive",
        task_state="failed",
    ),
    State(
        "user frozen, which the login masks",
        {"user.frozen": True},
        verdict="unhealthy",
        cause="bad_credentials",
        task_state="failed",
        tries=4,
    ),
    State(
        "user frozen, a second user asked",
        {"user.frozen": True},
        connection=lambda org: org.connection("jwt", diagnostic_conn_id=DIAGNOSTIC_CONN_ID),
        verdict="unhealthy",
        cause="user_frozen_or_locked",
        task_state="failed",
    ),
    State(
        "password expired",
        {"user.password_expired": True},
        connection=lambda org: org.connection("soap_token"),
        verdict="unhealthy",
        cause="password_expired",
        task_state="failed",
    ),
    State(
        "refresh token revoked",
        connection=lambda org: org.connection("refresh_token"),
        prepare=_revoke_grants,
        verdict="unhealthy",
        cause="refresh_token_expired",
        task_state="failed",
    ),
    State(
        "address not allowed",
        {"profile.login_ip_ranges": "198.51.100.1-198.51.100.9"},
        verdict="unhealthy",
        cause="login_ip_restricted",
        task_state="failed",
    ),
    State(
        "API version too old",
        connection=lambda org: org.connection("jwt", version="29.0"),
        verdict="unhealthy",
        cause="api_version_retired",
        task_state="failed",
    ),
    State(
        "API permission lost",
        {"user.permissions.ApiEnabled": False},
        verdict="unhealthy",
        cause="api_disabled_for_user",
        task_state="failed",
    ),
    State(
        "licence changed",
        {"user.permissions.ViewSetup": True, "user.license": "Salesforce"},
        requires={"user_license": "Salesforce Integration"},
        verdict="unhealthy",
        cause="license_missing_or_expired",
        task_state="failed",
    ),
    State(
        "wrong org",
        requires={"sandbox": True},
        verdict="unhealthy",
        cause="wrong_org",
        task_state="failed",
    ),
    State(
        "a used field renamed",
        {"schema.Invoice__c.fields.Amount__c.name": "Total__c"},
        dag="salesforce_erp_revenue",
        verdict="unhealthy",
        cause="schema_changed",
        task_state="failed",
    ),
    State(
        "session expired, repaired",
        connection=_ready_session_with_a_key,
        prepare=lambda org: org.expire_sessions(),
        repaired=True,
    ),
    State(
        "maintenance, then recovery",
        prepare=lambda org: org.fault(path="/services/*", body="maintenance", times=3),
        dag="salesforce_sync_when_healthy",
        guard="wait_until_healthy",
    ),
    State("healthy again"),
    State(
        "healthy, as another task examined",
        shares=True,
        dag="salesforce_two_imports",
        guard="preflight_invoices",
        sends_nothing=True,
        says=" ago by salesforce_two_imports.preflight_accounts",
    ),
    State(
        "refused again within the minute",
        {"user.active": False},
        shares=True,
        prepare=_look_by_hand,
        verdict="unhealthy",
        cause="user_inactive",
        task_state="failed",
        sends_nothing=True,
        says="Next real login attempt not before",
    ),
    State(
        "reactivated and cleared within it",
        {"user.active": False},
        shares=True,
        mended={"user.active": True},
        tries=2,
    ),
    State(
        "shared session died, logged in anew",
        shares=True,
        prepare=_share_a_session_that_dies,
        dag="salesforce_reauthenticate",
        guard="reauthenticate",
        says="The token is a new one",
    ),
)
