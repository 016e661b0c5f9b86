"""The CONNECT proxy: which hosts end at the org, and what becomes of all else."""

from __future__ import annotations

import base64
import socket
import threading
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
import requests

from airflow_sf_health.testing import FakeOrg
from airflow_sf_health.testing.proxy import client_name, is_salesforce


@pytest.fixture
def outside() -> Iterator[int]:
    """A server of the real network: its port. It sends back what it gets, once."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def echo() -> None:
            connection, _ = listener.accept()
            with connection:
                connection.sendall(connection.recv(100))

        thread = threading.Thread(target=echo, daemon=True)
        thread.start()
        yield listener.getsockname()[1]
        thread.join(10)


def say(org: FakeOrg, head: bytes, then: bytes = b"") -> bytes:
    """All that the proxy answers to a request head and to what follows its own answer."""
    proxy = urlsplit(org.environ()["HTTPS_PROXY"])
    with socket.create_connection((proxy.hostname, proxy.port), timeout=10) as connection:
        connection.sendall(head)
        answer = connection.recv(1000)
        if then:
            connection.sendall(then)
        while data := connection.recv(1000):
            answer += data
    return answer


@pytest.mark.parametrize(
    ("host", "ours"),
    [
        ("login.salesforce.com", True),
        ("test.salesforce.com", True),
        ("acme.my.salesforce.com", True),
        ("ACME--dev.sandbox.my.salesforce.com", True),
        ("acme.lightning.force.com", True),
        ("salesforce.com.example.com", False),
        ("notsalesforce.com", False),
        ("pypi.org", False),
    ],
)
def test_which_hosts_end_at_the_org(host: str, ours: bool) -> None:
    """Every host below salesforce.com and force.com ends here, and no other."""
    assert is_salesforce(host) is ours


def test_other_hosts_are_passed_on(org: FakeOrg, outside: int) -> None:
    """A connection to any other host goes to that host, and is not counted."""
    answer = say(org, f"CONNECT localhost:{outside} HTTP/1.1\r\n\r\n".encode(), b"hello")
    assert answer.startswith(b"HTTP/1.1 200 ")
    assert answer.endswith(b"\r\n\r\nhello")
    assert org.counts().tls_connections == 0


def test_hosts_that_do_not_answer(org: FakeOrg) -> None:
    """A host that cannot be reached is a bad gateway."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    assert say(org, f"CONNECT 127.0.0.1:{port} HTTP/1.1\r\n\r\n".encode()).startswith(b"HTTP/1.1 502 ")


@pytest.mark.parametrize("head", [b"GET http://login.salesforce.com/ HTTP/1.1\r\n\r\n", b"CONNECT nowhere\r\n\r\n"])
def test_only_connect_is_served(org: FakeOrg, head: bytes) -> None:
    """Anything but CONNECT to a host and port is refused."""
    assert say(org, head).startswith(b"HTTP/1.1 405 ")


def test_each_host_has_its_own_certificate(org: FakeOrg) -> None:
    """A client that verifies host names is content with each of them."""
    hosts = (
        "login.salesforce.com",
        "test.salesforce.com",
        "acme--dev.sandbox.my.salesforce.com",
        "acme.my.salesforce.com",
    )
    for host in hosts:
        assert requests.get(f"https://{host}/services/data/", timeout=10).status_code == 200
    assert org.counts().tls_connections == len(hosts)


def test_a_client_without_the_bundle_is_refused(org: FakeOrg) -> None:
    """Who does not trust the private CA gets no connection, as with any other CA."""
    with requests.Session() as session:
        session.trust_env = False
        session.proxies = {"https": org.environ()["HTTPS_PROXY"]}
        with pytest.raises(requests.exceptions.SSLError):
            session.get("https://login.salesforce.com/", timeout=10)
    assert org.counts().http_requests == 0


@pytest.mark.parametrize(
    ("header", "name"),
    [
        ("Proxy-Authorization: Basic " + base64.b64encode(b"bench:any").decode(), "bench"),
        ("proxy-authorization: Basic " + base64.b64encode(b"bench").decode(), "bench"),
        ("Proxy-Authorization: Basic " + base64.b64encode(b":any").decode(), "anonymous"),
        ("Proxy-Authorization: Basic ?", "anonymous"),
        ("Host: login.salesforce.com", "anonymous"),
    ],
)
def test_client_name(header: str, name: str) -> None:
    """The user name of the proxy authorisation is the client's name."""
    assert client_name(f"CONNECT login.salesforce.com:443 HTTP/1.1\r\n{header}\r\n\r\n") == name
