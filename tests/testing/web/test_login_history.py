"""LoginHistory of the fake org: a row for each try of a known user, and for nobody else."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from logins import (
    ACME,
    DOORS,
    LOGIN,
    SOAP_BODY,
    TEST,
    ask,
    ask_client_credentials,
    ask_jwt,
    ask_password,
    ask_refresh,
    ask_soap,
    post_soap,
)

from airflow_sf_health.testing import FakeOrg

HOSTS = {"client_credentials": "acme.my.salesforce.com"}


@pytest.mark.parametrize(
    ("door", "login_type", "sub_type", "application"),
    [
        ("jwt", "Remote Access 2.0", "OauthJwtBearer", "Nightly Import"),
        ("client_credentials", "Remote Access 2.0", "OauthClientCredentials", "Nightly Import"),
        ("password", "Remote Access 2.0", "OauthUsernamePassword", "Nightly Import"),
        ("refresh", "Remote Access 2.0", "OauthRefreshToken", "Nightly Import"),
        ("soap", "Other Apex API", "SoapApiLogin", "N/A"),
    ],
)
def test_a_login_leaves_a_row(org: FakeOrg, door: str, login_type: str, sub_type: str, application: str) -> None:
    """A login leaves a row that tells who came when, from where, by which door and host, and with which app."""
    assert DOORS[door](org).ok
    (row,) = org.state.logins
    assert (row.user_id, row.status, row.source_ip) == (org.user().id, "Success", "203.0.113.10")
    assert (row.login_type, row.sub_type, row.application) == (login_type, sub_type, application)
    assert row.login_url == HOSTS.get(door, "login.salesforce.com")
    assert abs(row.at - org.context.now()) < timedelta(minutes=5)
    assert org.user().last_login is not None


def test_a_soap_login_tells_its_version(org: FakeOrg) -> None:
    """Only a SOAP login tells which API it speaks, and in which version."""
    ask_soap(org, ACME, version="42.0")
    ask_jwt(org)
    rows = [(row.api_type, row.api_version, row.login_url) for row in org.state.logins]
    assert rows == [("SOAP Partner", "42.0", "acme.my.salesforce.com"), (None, None, "login.salesforce.com")]


def test_rows_go_by_the_clock_of_the_org(org: FakeOrg) -> None:
    """The time of a login is the org's own."""
    org.context.timing.clock_offset = 86_400
    ask_jwt(org)
    assert abs(org.state.logins[0].at - org.context.now()) < timedelta(minutes=5)


@pytest.mark.parametrize(
    ("door", "wrong", "label"),
    [
        ("password", {"password": "wrong"}, "Invalid password"),
        ("soap", {"password": "wrong"}, "Invalid password"),
        ("soap", {"password": "integration-password"}, "Failed: API security token required"),
        ("jwt", {"aud": TEST}, "Failed: Audience Invalid"),
        ("jwt", {"exp": 1_000_000_000}, "Failed: Assertion Expired"),
    ],
)
def test_a_wrong_credential_leaves_a_row(org: FakeOrg, door: str, wrong: dict[str, Any], label: str) -> None:
    """What was wrong with a known user's credential is in its row, also where the answer masks it."""
    assert not DOORS[door](org, **wrong).ok
    assert [row.status for row in org.state.logins] == [label]


def test_a_blocked_password_flow_is_told_in_the_row(org: FakeOrg) -> None:
    """That the org blocks the password flow looks like a wrong password to the client, and not in LoginHistory."""
    org.state.org.password_flow_enabled = False
    ask_password(org)
    assert org.state.logins[-1].status == "Username-Password Flow Disabled"


def test_nobody_known_leaves_no_row(org: FakeOrg) -> None:
    """Who cannot be told, since user, app or signature are unknown or the host is another org's, leaves no row."""
    other = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    replies = [
        ask_password(org, username="nobody@acme.com"),
        ask_password(org, client_id="another"),
        ask_password(org, client_secret="wrong"),
        ask_password(org, TEST),
        ask_jwt(org, sub="nobody@acme.com"),
        ask_jwt(org, sub="nobody@acme.com", aud=TEST),
        ask_jwt(org, key=other),
        ask_jwt(org, TEST),
        ask_client_credentials(org, LOGIN),
        ask_refresh(org, refresh_token="unknown"),
        ask_refresh(org, TEST),
        ask(LOGIN, grant_type="device"),
        post_soap(SOAP_BODY.format(header="", username="nobody@acme.com", password="any")),
        ask_soap(org, TEST),
    ]
    assert not any(reply.ok for reply in replies)
    assert org.state.logins == []
