"""The stock Salesforce provider, which knows nothing of the fake org, run against it unmodified."""

from __future__ import annotations

import pytest
from airflow.providers.salesforce.hooks.salesforce import SalesforceHook

from airflow_sf_health.testing import FakeOrg


@pytest.mark.parametrize("flow", ["jwt", "client_credentials", "password", "soap_token", "soap_organization"])
def test_stock_hook_logs_in_and_asks(org: FakeOrg, flow: str) -> None:
    """The stock hook logs in by each connection of the environment and asks: one login, one API call."""
    rows = SalesforceHook(f"sf_{flow}").make_query("SELECT Id FROM User")["records"]
    assert [row["Id"] for row in rows] == [org.user().id]
    counts = org.counts("test")
    assert (counts.logins, counts.api_calls) == (1, 1)


def test_stock_hook_with_a_ready_session(org: FakeOrg) -> None:
    """With a session id in its constructor the stock hook asks without a login."""
    session_id = org.connection("session")["extra"]["session_id"]
    hook = SalesforceHook("sf_session", session_id=session_id)
    assert hook.get_available_fields("Account")
    assert org.counts("test").logins == 0


def test_stock_hook_tests_its_connection(org: FakeOrg) -> None:
    """The stock connection test succeeds, and fails in the words of Salesforce for a deactivated user."""
    assert SalesforceHook("sf_jwt").test_connection()[0] is True
    org.user().active = False
    succeeded, text = SalesforceHook("sf_jwt").test_connection()
    assert not succeeded
    assert "inactive user" in text
