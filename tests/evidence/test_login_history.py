"""Of a user's many logins, the one that was just refused."""

from __future__ import annotations

from typing import Any

import pendulum
import pytest

from airflow_sf_health.evidence.login_history import OLDEST, refused_login
from airflow_sf_health.evidence.needs import Row
from airflow_sf_health.org.flows import LoginFlow

OAUTH, SOAP = "Remote Access 2.0", "Other Apex API"
NOW = pendulum.datetime(2026, 11, 22, 2, 0, 20)
"""What time it is at Salesforce; the worker's clock is hours away from it."""


def row(ago: float, status: str = "User is frozen", kind: str = OAUTH, sub_type: str | None = "OauthJwtBearer") -> Row:
    at = NOW.subtract(seconds=int(ago)).format("YYYY-MM-DDTHH:mm:ss.SSS[+0000]")
    return {"LoginTime": at, "Status": status, "LoginType": kind, "LoginSubType": sub_type, "SourceIp": "203.0.113.10"}


def found(*rows: Row, flow: LoginFlow | None = LoginFlow.JWT_BEARER, refused_ago: int = 1) -> Any:
    return refused_login(rows, flow, refused_at=pendulum.now("UTC").subtract(seconds=refused_ago), now=NOW)


def test_the_latest_refused_login_of_the_last_minutes() -> None:
    """Of two refusals the later one counts, and a success in between does not."""
    latest = row(5, "Restricted time")
    assert found(row(1, "Success"), latest, row(30)) == latest


@pytest.mark.parametrize(("ago", "counts"), [(0, True), (100, True), (130, False), (3_600, False)])
def test_an_older_refusal_is_another_one(ago: int, counts: bool) -> None:
    """What was refused an hour ago says nothing of now; two minutes are left for what two machines disagree about."""
    assert (found(row(ago)) is not None) is counts


def test_how_long_the_examination_took_is_allowed_for() -> None:
    """A second user who is asked five minutes after the refusal still finds it, but never one older than ten minutes."""
    assert found(row(300), refused_ago=290) is not None
    assert found(row(OLDEST.total_seconds() + 60), refused_ago=3_600) is None


def test_an_entry_of_the_next_second_counts() -> None:
    """Salesforce may note the login a moment after it has answered."""
    assert found(row(-3)) is not None


@pytest.mark.parametrize(
    ("flow", "kind", "sub_type", "counts"),
    [
        (LoginFlow.JWT_BEARER, OAUTH, "OauthJwtBearer", True),
        (LoginFlow.JWT_BEARER, OAUTH, None, True),
        (LoginFlow.JWT_BEARER, OAUTH, "OauthSomethingNew", True),
        (LoginFlow.JWT_BEARER, OAUTH, "OauthRefreshToken", False),
        (LoginFlow.JWT_BEARER, OAUTH, "OauthUsernamePassword", False),
        (LoginFlow.JWT_BEARER, SOAP, "SoapApiLogin", False),
        (LoginFlow.JWT_BEARER, "Application", None, False),
        (LoginFlow.REFRESH_TOKEN, OAUTH, "OauthRefreshToken", True),
        (LoginFlow.REFRESH_TOKEN, OAUTH, "OauthWebServer", False),
        (LoginFlow.PASSWORD, OAUTH, "OauthUsernamePassword", True),
        (LoginFlow.PASSWORD, OAUTH, "OauthClientCredentials", False),
        (LoginFlow.CLIENT_CREDENTIALS, OAUTH, "OauthClientCredentials", True),
        (LoginFlow.SOAP_TOKEN, SOAP, "SoapApiLogin", True),
        (LoginFlow.SOAP_TOKEN, SOAP, None, True),
        (LoginFlow.SOAP_ORGANIZATION, SOAP, "SoapApiLogin", True),
        (LoginFlow.SOAP_TOKEN, OAUTH, "OauthUsernamePassword", False),
        (LoginFlow.SOAP_TOKEN, OAUTH, None, False),
        (LoginFlow.SOAP_TOKEN, "Application", None, False),
        (None, OAUTH, "OauthJwtBearer", True),
        (None, "Application", None, False),
    ],
)
def test_only_the_own_flow_counts(flow: LoginFlow | None, kind: str, sub_type: str | None, counts: bool) -> None:
    """A colleague who mistypes the password in a browser, or another tool's dead token, is not our refusal."""
    assert (found(row(2, kind=kind, sub_type=sub_type), flow=flow) is not None) is counts
