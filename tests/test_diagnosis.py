"""The public ``diagnose``: from whatever error was met to its cause."""

from __future__ import annotations

from typing import Any

import pytest
import requests
from connecting import connect
from hypothesis import given
from hypothesis import strategies as st
from simple_salesforce.api import Salesforce
from simple_salesforce.exceptions import SalesforceAuthenticationFailed, SalesforceError, SalesforceExpiredSession

from airflow_sf_health import diagnose
from airflow_sf_health.causes import CAUSE_IDS
from airflow_sf_health.diagnosis import Diagnosis
from airflow_sf_health.org.errors import Refusal, Shape, no_answer
from airflow_sf_health.org.session import OrgSession
from airflow_sf_health.testing import FakeOrg

INACTIVE = '{"error": "invalid_grant", "error_description": "inactive user"}'


def wrapped(error: Exception) -> Exception:
    outer = RuntimeError("Task failed")
    outer.__context__ = error
    return outer


@pytest.mark.parametrize(
    ("error", "cause"),
    [
        (Refusal(shape=Shape.OAUTH, code="invalid_grant", message="inactive user"), "user_inactive"),
        (INACTIVE, "user_inactive"),
        (INACTIVE.encode(), "user_inactive"),
        ("invalid_grant: inactive user", "user_inactive"),
        ("HTTP 401 INVALID_SESSION_ID: Session expired or invalid", "session_expired"),
        ("airflow.exceptions.AirflowException: invalid_grant: inactive user", "user_inactive"),
        ("SalesforceAuthenticationFailed: invalid_grant: inactive user", "user_inactive"),
        ("SalesforceRefusedRequest: HTTP 403 REQUEST_LIMIT_EXCEEDED: TotalRequests Limit exceeded.", "request_limit"),
        ("Failed: API Version Removed", "api_version_retired"),
        ("HTTP 403 API_DISABLED_FOR_ORG: the rest", "api_disabled_for_user"),
        (RuntimeError("invalid_grant: inactive user"), "user_inactive"),
        (SalesforceAuthenticationFailed("invalid_grant", "inactive user"), "user_inactive"),
        (wrapped(SalesforceAuthenticationFailed("invalid_grant", "inactive user")), "user_inactive"),
        (SalesforceExpiredSession("u", 401, "q", [{"errorCode": "INVALID_SESSION_ID"}]), "session_expired"),
        (requests.ReadTimeout(), "network_timeout"),
        (no_answer("name does not resolve"), "network_dns_or_tls"),
        (RuntimeError("something else"), "unknown"),
        ("", "unknown"),
        (None, "unknown"),
        (42, "unknown"),
        ({"error": "x"}, "unknown"),
    ],
)
def test_cause_of_an_error(error: object, cause: str) -> None:
    """Refusals, bodies, texts and exceptions, bare or wrapped, lead to the same causes."""
    assert diagnose(error).cause == cause


@given(st.text() | st.binary() | st.none() | st.integers() | st.text().map(RuntimeError))
def test_it_never_raises(error: Any) -> None:
    """Whatever it is given, it gives a diagnosis with a known cause."""
    diagnosis = diagnose(error, {"any": "context"})
    assert isinstance(diagnosis, Diagnosis)
    assert diagnosis.cause in CAUSE_IDS


def test_what_simple_salesforce_raises(org: FakeOrg) -> None:
    """An error that the stock client met in a task is diagnosed from its exception alone."""
    fields = org.connection("client_credentials")["extra"]
    org.user().active = False
    with pytest.raises(SalesforceError) as raised:
        Salesforce(**fields)
    assert diagnose(raised.value).cause == "user_inactive"


def test_what_our_own_client_raises(org: FakeOrg) -> None:
    """So is an error of our guarded client."""
    with OrgSession(connect(org, "jwt")) as session:
        session.open()
        client = session.client()
        org.state.org.rest_api_enabled = False
        with pytest.raises(SalesforceError) as raised:
            client.query("SELECT Id FROM Account")
    assert diagnose(raised.value).cause == "api_disabled_for_user"
