"""Faults of connections: what clients that go through a proxy see of a host that they cannot reach, or not trust."""

from __future__ import annotations

import socket
import ssl
import threading
import warnings
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
import urllib3

from airflow_sf_health.testing import FakeOrg

VERSIONS = "https://acme.my.salesforce.com/services/data/"
LOGIN = "https://login.salesforce.com/services/data/"


def get(url: str = VERSIONS, timeout: float = 10, **more: Any) -> int:
    """The status that a new connection brings."""
    return requests.get(url, timeout=timeout, **more).status_code


@pytest.mark.parametrize(
    ("kind", "answer"),
    [
        ("refused", "502 Bad Gateway"),
        ("unresolvable", "503 Service Unavailable"),
        ("timed_out", "504 Gateway Timeout"),
        ("forbidden", "403 Forbidden"),
    ],
)
def test_what_the_proxy_says(org: FakeOrg, kind: str, answer: str) -> None:
    """A client behind a proxy is told by the proxy that its host could not be reached, and asks nothing."""
    org.fault(connection=kind)
    with pytest.raises(requests.exceptions.ProxyError, match=answer):
        get()
    assert org.requests() == []
    assert org.counts().tls_connections == 0


def test_a_connection_that_is_reset(org: FakeOrg) -> None:
    """A reset in place of the proxy's answer comes to the client as one, as nobody told it more."""
    org.fault(connection="reset")
    with pytest.raises(requests.exceptions.ConnectionError, match="reset by peer"):
        get()


def test_a_stopped_org_refuses_on_the_tcp_level(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the org does not run any more its proxy's port is closed: a real refusal, of the proxy."""
    with FakeOrg() as org:
        environ = org.environ()
    monkeypatch.setenv("HTTPS_PROXY", environ["HTTPS_PROXY"])
    with pytest.raises(requests.exceptions.ProxyError, match="Connection refused"):
        get()


def test_a_proxy_that_says_nothing(org: FakeOrg) -> None:
    """A proxy that gets no answer itself leaves its client waiting, whose own time limit ends it."""
    fault = org.fault(connection="stalled")
    with pytest.raises((requests.exceptions.ProxyError, requests.exceptions.Timeout)):
        get(timeout=0.2)
    assert fault.met == 1


@pytest.mark.parametrize(
    ("kind", "told"),
    [
        ("other_ca", "unable to get local issuer certificate|self-signed certificate"),
        ("other_name", "Hostname mismatch|doesn't match"),
        ("expired", "certificate has expired"),
        ("cut", "EOF|reset by peer"),
    ],
)
def test_handshakes_that_fail(org: FakeOrg, kind: str, told: str) -> None:
    """A careful client refuses the wrong certificate, and says what is wrong with it; no request is made."""
    org.fault(tls=kind)
    with pytest.raises((requests.exceptions.SSLError, requests.exceptions.ConnectionError), match=told):
        get()
    assert org.requests() == []


@pytest.mark.parametrize("kind", ["other_ca", "other_name", "expired"])
def test_a_careless_client_gets_through(org: FakeOrg, kind: str) -> None:
    """Whoever verifies no certificate reaches the org even so, counted under its name."""
    org.fault(tls=kind)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", urllib3.exceptions.InsecureRequestWarning)
        assert get(verify=False) == 200
    assert org.counts("test").http_requests == 1


def test_the_fault_of_one_host(org: FakeOrg) -> None:
    """A rule for connections may name the host and the client, in any case of letters."""
    org.fault(connection="refused", host="LOGIN.*")
    org.fault(connection="refused", client="other")
    assert get() == 200
    with pytest.raises(requests.exceptions.ProxyError):
        get(LOGIN)


def test_connections_are_numbered(org: FakeOrg) -> None:
    """A rule for connections counts connections: the second one fails, all else goes on."""
    fault = org.fault(tls="cut", nth=2, times=1)
    assert get() == 200
    with pytest.raises(requests.exceptions.ConnectionError):
        get()
    assert get() == 200
    assert (fault.seen, fault.met) == (3, 1)


def test_an_open_connection_goes_on(org: FakeOrg) -> None:
    """A connection that stands already does not meet a rule for new ones."""
    with requests.Session() as session:
        assert session.get(VERSIONS, timeout=10).status_code == 200
        org.fault(connection="refused")
        assert session.get(VERSIONS, timeout=10).status_code == 200


def test_rules_for_requests_do_not_see_connections(org: FakeOrg) -> None:
    """The two kinds of rules are numbered apart."""
    slow, refused = org.fault(delay=0.001), org.fault(connection="refused", nth=5)
    assert get() == 200
    assert (slow.seen, refused.seen) == (1, 1)


def test_the_standard_library_sees_the_same(org: FakeOrg) -> None:
    """The reason stands in the error of Python's own TLS, whatever client wraps it."""
    org.fault(tls="expired")
    with pytest.raises(requests.exceptions.SSLError) as caught:
        get()
    reason = caught.value.args[0].reason
    assert isinstance(reason.args[0], ssl.SSLCertVerificationError)


@pytest.mark.parametrize("rule", [{"connection": "stalled"}, {"tls": "other_ca"}])
def test_nothing_is_left_of_a_fault_when_the_org_stops(rule: dict[str, Any]) -> None:
    """An org stops at once, and leaves no thread, though a client waits for its proxy or says nothing in a handshake."""
    before = set(threading.enumerate())
    with FakeOrg() as org:
        fault = org.fault(**rule)
        proxy = urlsplit(org.environ()["HTTPS_PROXY"])
        client = socket.create_connection((proxy.hostname, proxy.port), timeout=10)
        client.sendall(b"CONNECT login.salesforce.com:443 HTTP/1.1\r\n\r\n")
        while not fault.met:
            pass
    with client, suppress(ConnectionResetError):
        while client.recv(1000):
            pass
    assert set(threading.enumerate()) == before
