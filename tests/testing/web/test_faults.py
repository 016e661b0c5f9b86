"""Faults by rule: which requests meet them, and what their clients see."""

from __future__ import annotations

import socket
import ssl
from collections import deque
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests

from airflow_sf_health.testing import FakeOrg

VERSIONS = "https://acme.my.salesforce.com/services/data/"
USERS = "https://acme.my.salesforce.com/services/data/v60.0/query?q=SELECT+Id+FROM+User"


def statuses(client: requests.Session, times: int = 4, url: str = VERSIONS, method: str = "GET") -> list[int]:
    return [client.request(method, url, timeout=10).status_code for _ in range(times)]


def test_nth_and_times(org: FakeOrg, client: requests.Session) -> None:
    """A fault meets as many requests as it says, from the one that it says on; its numbers tell how it went."""
    fault = org.fault(path="/services/data/", status=503, nth=2, times=2)
    assert statuses(client) == [200, 503, 503, 200]
    assert (fault.seen, fault.met) == (4, 2)


def test_a_fault_lasts_until_cleared(org: FakeOrg, client: requests.Session) -> None:
    """Without a number of times a fault meets everything, until the end of its block or until all are cleared."""
    with org.fault(status=500):
        assert statuses(client) == [500] * 4
    org.fault(status=502)
    assert statuses(client, 1) == [502]
    org.clear_faults()
    assert statuses(client, 1) == [200]


@pytest.mark.parametrize(
    ("rule", "meets"),
    [
        ({"host": "*.my.salesforce.com"}, True),
        ({"host": "login.salesforce.com"}, False),
        ({"path": "/services/*"}, True),
        ({"path": "/services/async/*"}, False),
        ({"method": "GET"}, True),
        ({"method": "POST"}, False),
        ({"client": "test"}, True),
        ({"client": "other"}, False),
        ({"host": "acme.*", "path": "/services/data/", "method": "GET", "client": "test"}, True),
    ],
)
def test_what_a_rule_matches(org: FakeOrg, client: requests.Session, rule: dict[str, str], meets: bool) -> None:
    """Host and path are globs, method and client are names; all that are given must match."""
    org.fault(**rule, status=503)
    assert statuses(client, 1) == [503 if meets else 200]


@pytest.mark.parametrize(
    ("rule", "status", "content_type", "text"),
    [
        ({"status": 503}, 503, "text/html", "We are down for maintenance."),
        ({"body": "maintenance"}, 503, "text/html", "We are down for maintenance."),
        ({"status": 502}, 502, "text/html", "We are down for maintenance."),
        ({"status": 420}, 420, "text/html", "We are setting things up."),
        ({"status": 401}, 401, "application/json;charset=UTF-8", "Session expired or invalid"),
        ({"body": "session_not_valid_for_rest"}, 401, "application/json;charset=UTF-8", "not valid for use with"),
        ({"status": 500}, 500, "application/json;charset=UTF-8", "UNKNOWN_EXCEPTION"),
        ({"body": "total_requests"}, 403, "application/json;charset=UTF-8", "TotalRequests Limit exceeded."),
        ({"status": 406}, 406, "text/html", ""),
        ({"status": 403}, 403, "application/json;charset=UTF-8", "TotalRequests Limit exceeded."),
        ({"body": "concurrent_requests"}, 403, "application/json;charset=UTF-8", "ConcurrentPerOrgLongTxn"),
        ({"body": "row_locked"}, 400, "application/json;charset=UTF-8", "UNABLE_TO_LOCK_ROW"),
        ({"body": "token_busy"}, 400, "application/json;charset=UTF-8", "token request is already being processed"),
        ({"body": "login_page"}, 200, "text/html", "<title>Login</title>"),
        ({"body": "malformed_json"}, 200, "application/json;charset=UTF-8", '"records": [}'),
        ({"body": "login_page", "status": 503}, 503, "text/html", "<title>Login</title>"),
        ({"body": "server_error", "content_type": "text/plain"}, 500, "text/plain", "UNKNOWN_EXCEPTION"),
        ({"status": 504}, 504, "text/html", ""),
        ({"status": 200, "body": ""}, 200, "text/html", ""),
        ({"status": 418, "body": "my own"}, 418, "text/html", "my own"),
        ({"status": 409, "body": [{"own": 1}]}, 409, "application/json;charset=UTF-8", '[{"own": 1}]'),
    ],
)
def test_replies(
    org: FakeOrg, client: requests.Session, rule: dict[str, Any], status: int, content_type: str, text: str
) -> None:
    """A status has the body that Salesforce sends with it, a known body has its status; both may be one's own."""
    org.fault(**rule)
    reply = client.get(USERS, timeout=10)
    assert (reply.status_code, reply.headers["Content-Type"]) == (status, content_type)
    assert text in reply.text


def test_maintenance_page_says_what_the_real_one_says(
    org: FakeOrg, client: requests.Session, recorded: Callable[[str], str]
) -> None:
    """The sentences of the two edge pages are the captured ones."""
    org.fault(body="maintenance", times=1)
    org.fault(body="setting_up", nth=2)
    page, other = client.get(VERSIONS, timeout=10), client.get(VERSIONS, timeout=10)
    sentences = ("We are down for maintenance.", "Sorry for the inconvenience. We'll be back shortly.")
    assert all(sentence in page.text and sentence in recorded("edge/maintenance_page.html") for sentence in sentences)
    assert other.text == recorded("edge/edge_420.txt").strip()


def test_bulk_says_a_dead_session_in_its_own_way(
    org: FakeOrg, client: requests.Session, recorded: Callable[[str], str]
) -> None:
    """On Bulk API 1.0 the persistent 401 is HTTP 400 with XML, the same as that of a session that really ended."""
    url = "https://acme.my.salesforce.com/services/async/60.0/job"
    with org.fault(status=401):
        by_fault = client.post(url, timeout=10)
    org.expire_sessions()
    by_end = client.post(url, timeout=10)
    assert by_fault.status_code == by_end.status_code == 400
    assert by_fault.text.split() == by_end.text.split() == recorded("bulk/v1_invalid_session.xml").split()


def test_edge_replies_cost_no_api_call(org: FakeOrg, client: requests.Session) -> None:
    """What the edge answers costs no API call and tells no usage; what the instance refuses does, but for a 401."""
    with org.fault(status=503):
        assert "Sforce-Limit-Info" not in client.get(USERS, timeout=10).headers
    assert org.counts().api_calls == 0
    with org.fault(status=401):
        assert "Sforce-Limit-Info" not in client.get(USERS, timeout=10).headers
    with org.fault(body="total_requests"):
        assert "Sforce-Limit-Info" in client.get(USERS, timeout=10).headers
    assert org.counts().api_calls == 2


def test_stall_before_the_headers(org: FakeOrg, client: requests.Session) -> None:
    """Nothing is ever sent: the client's own read time limit ends it."""
    org.fault(stall="headers")
    with pytest.raises(requests.ReadTimeout):
        client.get(VERSIONS, timeout=0.2)
    assert org.requests()[-1].status is None


def test_stalled_body(org: FakeOrg, client: requests.Session) -> None:
    """The headers come, the body never does."""
    org.fault(stall="body")
    reply = client.get(VERSIONS, timeout=0.2, stream=True)
    assert reply.status_code == 200
    with pytest.raises(requests.ConnectionError, match="Read timed out"):
        reply.content  # noqa: B018 (reads)


def test_drip_fed_body(org: FakeOrg, client: requests.Session) -> None:
    """The body comes a byte at a time, whole in the end."""
    whole = client.get(VERSIONS, timeout=10).content[:3]
    org.fault(drip=0.001, times=1)
    reply = client.get(VERSIONS, timeout=10, stream=True)
    assert [reply.raw.read1(100) for _ in range(3)] == [whole[:1], whole[1:2], whole[2:3]]
    reply.close()


def test_drip_fed_reply_arrives_whole(org: FakeOrg, client: requests.Session) -> None:
    """A short body that is drip-fed arrives whole, and the connection goes on."""
    org.fault(drip=0.0001, status=500, times=1)
    assert client.get(VERSIONS, timeout=10).json()[0]["errorCode"] == "UNKNOWN_EXCEPTION"
    assert statuses(client, 1) == [200]


def test_delay_and_latency_let_the_org_answer(org: FakeOrg, client: requests.Session) -> None:
    """A delay comes before the org's own answer, as the general latency does."""
    org.latency = 0.001
    org.fault(delay=0.001)
    assert statuses(client, 1) == [200]


def test_reset_is_a_tcp_reset(org: FakeOrg) -> None:
    """A reset comes as one on the TCP level, without any reply."""
    org.fault(reset=True)
    environ = org.environ()
    proxy = urlsplit(environ["HTTPS_PROXY"])
    with socket.create_connection((proxy.hostname, proxy.port), timeout=10) as plain:
        plain.sendall(b"CONNECT acme.my.salesforce.com:443 HTTP/1.1\r\n\r\n")
        assert plain.recv(1000).startswith(b"HTTP/1.1 200 ")
        trust = ssl.create_default_context(cafile=environ["SSL_CERT_FILE"])
        tls = trust.wrap_socket(plain, server_hostname="acme.my.salesforce.com")
        tls.sendall(b"GET / HTTP/1.1\r\nHost: acme.my.salesforce.com\r\n\r\n")
        with socket.socket(fileno=tls.detach()) as raw:
            raw.settimeout(10)
            with pytest.raises(ConnectionResetError):
                deque(iter(lambda: raw.recv(1000), b""))


def test_a_client_sees_a_reset_as_a_connection_error(org: FakeOrg, client: requests.Session) -> None:
    """After a reset the next request works again, on a new connection."""
    org.fault(reset=True, times=1)
    with pytest.raises(requests.ConnectionError):
        client.get(VERSIONS, timeout=10)
    assert statuses(client, 1) == [200]
