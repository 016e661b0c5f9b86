"""What time it is at Salesforce, asked without a login."""

from __future__ import annotations

from dataclasses import replace

import pytest
from connecting import connect, fields_of

from airflow_sf_health.org.clocks import AGREE
from airflow_sf_health.org.secret import Secret
from airflow_sf_health.org.server_clock import LOGIN_HOST, has_misread_proxy, server_clock
from airflow_sf_health.testing import FakeOrg


@pytest.mark.parametrize("offset", [-300.0, 0.0, 300.0])
def test_it_is_measured(org: FakeOrg, offset: float) -> None:
    """By one request, which is no login and no API call."""
    org.clock_offset = offset
    found = server_clock(None, seconds=10)
    assert (found.host, found.problem) == (LOGIN_HOST, "")
    assert found.ahead == pytest.approx(-offset, abs=AGREE - 30)
    counts = org.counts()
    assert (counts.http_requests, counts.logins, counts.api_calls) == (1, 0, 0)


def test_the_host_of_a_connection(org: FakeOrg) -> None:
    """It is asked at the host that the connection goes to first: a ready session's own."""
    session = connect(org, "session")
    assert server_clock(session, seconds=10).host == session.instance_host


def test_nobody_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Then the reason is told, without the password of a proxy."""
    monkeypatch.setenv("HTTPS_PROXY", "http://u:canary@127.0.0.1:9")
    found = server_clock(None, seconds=10)
    assert (found.ahead, found.problem) == (None, "the proxy 127.0.0.1:9 could not be reached")


@pytest.mark.parametrize(
    "address",
    [
        "http://me:4711#s3@127.0.0.1:9",
        "http://me:pr0@xy/pw#@127.0.0.1:9",
        "me:4711?s3@127.0.0.1:9",
        r"http://me:4711\s3@127.0.0.1:9",
    ],
)
def test_a_proxy_that_is_misread(monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    """A password with a sign that ends the host is not asked for as a host, nor told as one; where that proxy is not asked, it does no harm."""
    monkeypatch.setenv("HTTPS_PROXY", address)
    found = server_clock(None, seconds=10)
    assert (found.ahead, found.problem) == (None, "the proxy's address is none")
    monkeypatch.setenv("NO_PROXY", "salesforce.com")
    plain = fields_of(domain="login", instance="acme.my.salesforce.com", session_id="00Dxx!session")
    assert not has_misread_proxy(plain)
    assert has_misread_proxy(replace(plain, proxies=(("https", Secret(address)),)))


def test_an_untrusted_authority(org: FakeOrg, monkeypatch: pytest.MonkeyPatch) -> None:
    """An inspection of TLS that is not trusted here, and a file of authorities that is missing, are told apart."""
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/nowhere/ca.pem")
    assert "CA bundle" in server_clock(None, seconds=10).problem
    monkeypatch.delenv("REQUESTS_CA_BUNDLE")
    monkeypatch.delenv("CURL_CA_BUNDLE", raising=False)
    assert server_clock(None, seconds=10).problem.startswith("TLS failed")


def test_an_answer_that_does_not_end(org: FakeOrg) -> None:
    """It takes no longer than it was given."""
    org.latency = 5.0
    found = server_clock(None, seconds=0.5)
    assert (found.ahead, found.problem) == (None, "read time limit reached")
