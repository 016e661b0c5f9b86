"""Of a user's many logins, those that may be the one that was just refused."""

from __future__ import annotations

import pendulum
import pytest

from airflow_sf_health.evidence.login_history import LOGINS, PAGE, SLACK, Entries, RefusedLogin, entries_of
from airflow_sf_health.evidence.needs import Row
from airflow_sf_health.org.flows import LoginFlow

OAUTH, SOAP = "Remote Access 2.0", "Other Apex API"
REFUSED_AT = pendulum.datetime(2026, 11, 22, 2, 0, 20)
"""By Salesforce's clock."""


def row(
    ago: float, status: str = "User is frozen", kind: str = OAUTH, sub_type: str | None = "OauthJwtBearer", **more: str
) -> Row:
    at = REFUSED_AT.subtract(seconds=int(ago)).format("YYYY-MM-DDTHH:mm:ss.SSS[+0000]")
    known = {"LoginTime": at, "Status": status, "LoginType": kind, "LoginSubType": sub_type, "SourceIp": "203.0.113.10"}
    return {**known, "Application": "N/A", "ApiType": "N/A", "ApiVersion": "N/A", **more}


def soap(ago: float, status: str = "Invalid password", **more: str) -> Row:
    return row(ago, status, SOAP, "SoapApiLogin", **{"ApiType": "SOAP Partner", "ApiVersion": "59.0", **more})


def found(*rows: Row, flow: LoginFlow | None = LoginFlow.JWT_BEARER, version: str | None = "59.0") -> Entries:
    newest_first = sorted(rows, key=lambda each: str(each["LoginTime"]), reverse=True)
    return entries_of(RefusedLogin(flow=flow, at=REFUSED_AT, api_version=version), newest_first)


def test_the_entry_of_the_refused_login() -> None:
    """A success beside it is another login."""
    ours = row(1, "Restricted time")
    entries = found(row(0, "Success"), ours, row(300))
    assert (entries.rows, entries.statuses, entries.complete) == ((ours,), ("Restricted time",), True)


@pytest.mark.parametrize(
    ("ago", "counts"), [(0, True), (9, True), (-9, True), (12, False), (-12, False), (3_600, False)]
)
def test_an_entry_of_another_time_is_another_login(ago: int, counts: bool) -> None:
    """Before the refusal and after it, no more is allowed than a login takes and Salesforce's clocks differ by."""
    assert SLACK.total_seconds() == 10
    assert bool(found(row(ago)).rows) is counts


def test_entries_that_do_not_agree() -> None:
    """All that may be the login are given, the nearest first, and each label and address once."""
    near, far = row(2, "Invalid password"), row(-6, "User is frozen", SourceIp="198.51.100.7")
    entries = found(far, near, row(4, "Invalid password"))
    assert entries.rows[0] == near
    assert entries.statuses == ("Invalid password", "User is frozen")
    assert entries.addresses == ("203.0.113.10", "198.51.100.7")


def test_a_full_page_that_does_not_reach_back() -> None:
    """A busy user's newer logins push the entry off the page: that it is not there proves nothing then."""
    assert LOGINS.soql.endswith(f"LIMIT {PAGE}")
    assert not found(*(row(-1 - number % 60, "Success") for number in range(PAGE))).complete
    assert found(*(row(-1 - number % 60, "Success") for number in range(PAGE - 1))).complete
    assert found(*(row(-1 - number % 60, "Success") for number in range(PAGE - 1)), row(60)).complete


@pytest.mark.parametrize(
    ("more", "counts"),
    [
        ({}, True),
        ({"ApiVersion": "59"}, True),
        ({"ApiVersion": "N/A"}, True),
        ({"ApiVersion": "62.0"}, False),
        ({"ApiType": "SOAP Enterprise"}, False),
        ({"Application": "Data Loader"}, False),
        ({"LoginType": "Dataloader Bulk"}, False),
        ({"Application": "Skyvia"}, False),
    ],
)
def test_another_program_that_logs_in_by_soap(more: dict[str, str], counts: bool) -> None:
    """A Data Loader with an old password, seconds apart from our login, is visibly another program."""
    assert bool(found(soap(2, **more), flow=LoginFlow.SOAP_TOKEN).rows) is counts


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
        (LoginFlow.JWT_BEARER, SOAP, "OauthJwtBearer", False),
        (LoginFlow.JWT_BEARER, SOAP, None, False),
        (LoginFlow.REFRESH_TOKEN, OAUTH, "OauthRefreshToken", True),
        (LoginFlow.REFRESH_TOKEN, OAUTH, "OauthWebServer", False),
        (LoginFlow.PASSWORD, OAUTH, "OauthUsernamePassword", True),
        (LoginFlow.PASSWORD, OAUTH, None, True),
        (LoginFlow.PASSWORD, OAUTH, "OauthSomethingNew", False),
        (LoginFlow.PASSWORD, SOAP, None, False),
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
    assert bool(found(row(2, kind=kind, sub_type=sub_type), flow=flow).rows) is counts
