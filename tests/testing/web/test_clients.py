"""Clients that know nothing of the fake org, run against it unmodified: simple-salesforce, requests, curl, urllib."""

from __future__ import annotations

import json
import shutil
import subprocess
import urllib.request
from typing import Any

import pytest
import requests
from simple_salesforce.api import Salesforce
from simple_salesforce.exceptions import SalesforceAuthenticationFailed, SalesforceExpiredSession

from airflow_sf_health.testing import FakeOrg
from airflow_sf_health.testing.connections import NAMES

ARGUMENTS = {
    "security_token": "security_token",
    "domain": "domain",
    "consumer_key": "consumer_key",
    "consumer_secret": "consumer_secret",
    "private_key": "privatekey",
    "organization_id": "organizationId",
    "instance_url": "instance_url",
    "session_id": "session_id",
}
"""Extra of a connection -> argument of simple-salesforce, as the stock hook hands them on."""


FLOWS = [name for name in NAMES if name != "refresh_token"]
"""The flows that simple-salesforce knows."""


def log_in(org: FakeOrg, flow: str, **extra: Any) -> Salesforce:
    connection = org.connection(flow, **extra)
    arguments = {ARGUMENTS[name]: value for name, value in connection["extra"].items()}
    return Salesforce(
        username=connection["login"], password=connection["password"], session=requests.Session(), **arguments
    )


@pytest.mark.parametrize("flow", FLOWS)
def test_simple_salesforce_logs_in_and_asks(org: FakeOrg, flow: str) -> None:
    """simple-salesforce logs in by each flow and asks a question: one API call, and one login unless it had a session."""
    salesforce = log_in(org, flow)
    rows = salesforce.query("SELECT Id FROM User")["records"]
    salesforce.session.close()
    assert [row["Id"] for row in rows] == [org.user().id]
    counts = org.counts("test")
    assert (counts.api_calls, counts.logins) == (1, 0 if flow == "session" else 1)


def test_simple_salesforce_on_the_my_domain(org: FakeOrg) -> None:
    """With the My Domain as login host, login and question share one TLS connection."""
    salesforce = log_in(org, "jwt", domain="acme.my")
    salesforce.query("SELECT Id FROM User")
    salesforce.session.close()
    assert org.counts().tls_connections == 1


@pytest.mark.parametrize("flow", [name for name in FLOWS if name != "session"])
def test_simple_salesforce_is_refused(org: FakeOrg, flow: str) -> None:
    """By each flow a deactivated user is refused as an authentication that failed."""
    org.user().active = False
    with pytest.raises(SalesforceAuthenticationFailed) as caught:
        log_in(org, flow)
    assert caught.value.code == ("INVALID_LOGIN" if flow.startswith("soap") else "invalid_grant")


def test_simple_salesforce_logs_in_again(org: FakeOrg) -> None:
    """A session that ended is replaced by simple-salesforce itself, by one more login."""
    salesforce = log_in(org, "jwt")
    org.expire_sessions()
    salesforce.query("SELECT Id FROM User")
    salesforce.session.close()
    assert org.counts().logins == 2


def test_simple_salesforce_meets_persistent_401(org: FakeOrg) -> None:
    """A policy that refuses every session, also a new one, is a rule for all data paths."""
    org.fault(path="/services/data/*", body="session_not_valid_for_rest")
    salesforce = log_in(org, "jwt")
    with pytest.raises(SalesforceExpiredSession, match="not valid for use with the REST API"):
        salesforce.query("SELECT Id FROM User")
    salesforce.session.close()
    assert org.counts().logins > 1


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not on this machine")
def test_curl(org: FakeOrg) -> None:
    """curl finds the org by its environment alone, and trusts it."""
    command = ["curl", "--silent", "--show-error", "--fail", "https://acme.my.salesforce.com/services/data/"]
    versions = json.loads(subprocess.run(command, capture_output=True, check=True, text=True).stdout)
    assert versions[0]["version"] == "31.0"
    assert org.counts("test").http_requests == 1


def test_standard_library(org: FakeOrg) -> None:
    """Python's own HTTP client finds the org by its environment alone, and trusts it."""
    with urllib.request.urlopen("https://acme.my.salesforce.com/services/data/", timeout=10) as reply:
        assert reply.status == 200
    assert org.counts("test").http_requests == 1
