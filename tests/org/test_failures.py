"""What the HTTP library raises becomes a refusal in plain words, without URLs."""

from __future__ import annotations

import socket
import ssl
import threading
from pathlib import Path

import pytest
import requests
from connecting import connect, fields_of
from urllib3.exceptions import NewConnectionError

from airflow_sf_health.causes import diagnose
from airflow_sf_health.org.connection import TimeLimits
from airflow_sf_health.org.errors import Refusal, Refused, Shape
from airflow_sf_health.org.failures import AsRaised, chain_of, refusal_of_failure
from airflow_sf_health.org.session import OrgSession
from airflow_sf_health.testing import FakeOrg


def caused(failure: BaseException, cause: BaseException) -> BaseException:
    failure.__cause__ = cause
    return failure


VERIFY = ssl.SSLCertVerificationError("x")
VERIFY.verify_message = "unable to get local issuer certificate"

FAILURES: list[tuple[BaseException, str, str]] = [
    (requests.ConnectTimeout("http://u:canary@proxy"), "connect time limit reached", "network_timeout"),
    (requests.ReadTimeout(), "read time limit reached", "network_timeout"),
    (caused(requests.ConnectionError(), TimeoutError()), "read time limit reached", "network_timeout"),
    (TimeoutError(), "read time limit reached", "network_timeout"),
    (
        requests.exceptions.ProxyError("http://u:canary@proxy"),
        "the proxy did not let the request through",
        "network_dns_or_tls",
    ),
    (
        caused(requests.exceptions.SSLError(), VERIFY),
        "TLS failed: unable to get local issuer certificate",
        "network_dns_or_tls",
    ),
    (requests.exceptions.SSLError(), "TLS failed: the handshake was not completed", "network_dns_or_tls"),
    (ssl.SSLError(), "TLS failed: the handshake was not completed", "network_dns_or_tls"),
    (
        FileNotFoundError(2, "No such file", "/etc/ca.pem"),
        "TLS failed: the CA bundle '/etc/ca.pem' cannot be read",
        "network_dns_or_tls",
    ),
    (
        requests.ConnectionError(caused(Exception("pool"), socket.gaierror())),
        "name does not resolve",
        "network_dns_or_tls",
    ),
    (caused(requests.ConnectionError(), ConnectionRefusedError()), "connection refused", "network_dns_or_tls"),
    (requests.ConnectionError("http://u:canary@proxy"), "connection reset", "network_timeout"),
    (caused(requests.exceptions.SSLError(), ssl.SSLEOFError()), "connection reset", "network_timeout"),
    (requests.exceptions.ChunkedEncodingError(), "connection reset", "network_timeout"),
    (ConnectionResetError(), "connection reset", "network_timeout"),
    (
        caused(requests.exceptions.ProxyError("http://u:canary@proxy"), ConnectionResetError()),
        "connection reset",
        "network_timeout",
    ),
    (requests.exceptions.InvalidURL("https://canary"), "the request failed (InvalidURL)", "unknown"),
]


@pytest.mark.parametrize(("failure", "words", "cause"), FAILURES, ids=[words for _, words, _ in FAILURES])
def test_words_of_a_failure(failure: BaseException, words: str, cause: str) -> None:
    """Each way to get no reply has its words, and they lead to a cause; no URL is repeated."""
    refusal = refusal_of_failure(failure, host="acme.my.salesforce.com")
    assert (refusal.said, refusal.shape, refusal.host) == (words, Shape.NO_ANSWER, "acme.my.salesforce.com")
    assert diagnose(refusal).cause == cause


def test_chain_with_a_circle() -> None:
    """Exceptions that refer to each other are looked at once."""
    first, second = ValueError("a"), ValueError("b")
    first.__cause__, second.__context__ = second, first
    assert chain_of(first) == [first, second]


def test_what_was_being_handled() -> None:
    """It is part of the chain, unless the failure was raised from something else or from nothing, or is read as it was raised."""
    handled, failure, reason = KeyError("handled"), ValueError("failure"), TypeError("reason")
    failure.__context__ = handled
    assert chain_of(failure) == [failure, handled]
    assert chain_of(AsRaised(failure)) == [failure]
    failure.__suppress_context__ = True
    assert chain_of(failure) == [failure]
    failure.__cause__ = reason
    assert chain_of(failure) == chain_of(AsRaised(failure)) == [failure, reason]


def test_chain_is_bounded() -> None:
    """A chain without end is looked at for a while only."""
    failure: BaseException = ValueError(0)
    for number in range(1, 50):
        failure = caused(ValueError(number), failure)
    assert len(chain_of(failure)) == 20


def refusal_of_login(connection: object) -> Refusal:
    with OrgSession(connection) as session, pytest.raises(Refused) as raised:  # type: ignore[arg-type]
        session.open()
    return raised.value.refusal


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port


@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize("host", ["127.0.0.1", "proxy.acme.invalid"])
def test_proxy_that_cannot_be_reached(org: FakeOrg, scheme: str, host: str) -> None:
    """A proxy whose port is closed or whose name is unknown is told by host and port, without user and password."""
    port = free_port()
    refusal = refusal_of_login(connect(org, "jwt", proxies=f"{scheme}://user:canary@{host}:{port}"))
    assert refusal.said == f"the proxy {host}:{port} could not be reached"
    assert diagnose(refusal).cause == "network_dns_or_tls"


@pytest.mark.parametrize("address", ["http://me:4711#s3@127.0.0.1:9", "http://me:pr0@xy/pw#@127.0.0.1:9"])
@pytest.mark.parametrize("by", ["connection", "environment"])
def test_proxy_whose_password_would_be_taken_for_a_host(
    org: FakeOrg, address: str, by: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody is asked, and the message says what to mend, without a piece of the address."""
    if by == "environment":
        monkeypatch.setenv("HTTPS_PROXY", address)
        monkeypatch.setenv("https_proxy", address)
    connection = connect(org, "jwt") if by == "environment" else connect(org, "jwt", proxies=address)
    refusal = refusal_of_login(connection)
    assert refusal.said.startswith("the address of the proxy cannot be read; encode the special signs")
    assert diagnose(refusal).cause == "network_dns_or_tls"
    assert org.counts().http_requests == 0


@pytest.mark.parametrize("status", [403, 407])
def test_proxy_that_refuses(org: FakeOrg, status: int) -> None:
    """A proxy that is there and lets nobody through is told apart from one that is not there."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        answering = threading.Thread(target=refuse, args=(listening, status), daemon=True)
        answering.start()
        port = listening.getsockname()[1]
        refusal = refusal_of_login(connect(org, "jwt", proxies=f"http://user:canary@127.0.0.1:{port}"))
        answering.join(10)
    assert refusal.said == "the proxy did not let the request through"
    assert diagnose(refusal).cause == "network_dns_or_tls"


def refuse(listening: socket.socket, status: int) -> None:
    """Answer one CONNECT as a proxy that lets nobody through."""
    accepted, _ = listening.accept()
    with accepted:
        accepted.recv(65_536)
        accepted.sendall(f"HTTP/1.1 {status} No\r\nContent-Length: 0\r\n\r\n".encode())


def test_proxy_without_a_name_in_the_failure() -> None:
    """Where the failure does not know the proxy's address, it is still the proxy that was not reached."""
    unmade = NewConnectionError(object(), "no way")  # type: ignore[arg-type]
    failure = caused(requests.exceptions.ProxyError("http://u:canary@proxy"), unmade)
    assert refusal_of_failure(failure, host="acme.my.salesforce.com").said == "the proxy could not be reached"


def test_missing_ca_bundle(org: FakeOrg, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A CA bundle of the environment that is not there is told by its name."""
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "none.pem"))
    assert "none.pem' cannot be read" in refusal_of_login(connect(org, "jwt")).said


def test_untrusted_host(org: FakeOrg, monkeypatch: pytest.MonkeyPatch) -> None:
    """A certificate that nobody vouches for is a TLS failure with OpenSSL's reason."""
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)
    assert refusal_of_login(connect(org, "jwt")).said.startswith("TLS failed: ")


def test_refused_connection(org: FakeOrg, monkeypatch: pytest.MonkeyPatch) -> None:
    """A port on which nobody listens is a refused connection."""
    for name in ("HTTPS_PROXY", "https_proxy"):
        monkeypatch.delenv(name)
    connection = fields_of(session_id="s", instance_url=f"https://127.0.0.1:{free_port()}")
    assert refusal_of_login(connection).said == "connection refused"


@pytest.mark.parametrize(
    "fields",
    [
        {"consumer_key": "k", "consumer_secret": "s", "domain": f"{'a' * 64}.my"},
        {"session_id": "s", "instance_url": f"https://{'a' * 64}.my.salesforce.com"},
    ],
    ids=["login", "session"],
)
def test_impossible_host_name(monkeypatch: pytest.MonkeyPatch, org: FakeOrg, fields: dict[str, str]) -> None:
    """A name that no host can have is a refusal too, whichever library stumbles over it."""
    for name in ("HTTPS_PROXY", "https_proxy"):
        monkeypatch.delenv(name)
    assert refusal_of_login(fields_of(**fields)).shape is Shape.NO_ANSWER


def test_connect_limit(monkeypatch: pytest.MonkeyPatch, org: FakeOrg) -> None:
    """A host that does not even answer the connection is left at the connect limit."""
    with socket.socket() as silent:  # listens, with a full queue
        silent.bind(("127.0.0.1", 0))
        silent.listen(0)
        port = silent.getsockname()[1]
        waiting = [socket.socket() for _ in range(4)]
        try:
            for each in waiting:
                each.setblocking(False)
                each.connect_ex(("127.0.0.1", port))
            for name in ("HTTPS_PROXY", "https_proxy"):
                monkeypatch.delenv(name)
            connection = fields_of(
                session_id="s", instance_url=f"https://127.0.0.1:{port}", connect_timeout=0.1, read_timeout=0.1
            )
            assert connection.time_limits == TimeLimits(0.1, 0.1, 60.0)
            assert refusal_of_login(connection).said in ("connect time limit reached", "read time limit reached")
        finally:
            for each in waiting:
                each.close()
