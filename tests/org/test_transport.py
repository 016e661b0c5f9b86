"""HTTPS: one trust store for all, counters, and the emergency stop."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
import requests
import trustme

from airflow_sf_health.org.transport import Traffic, Transport, count, is_metered, read_usage, trust
from airflow_sf_health.testing import FakeOrg

URL = "https://acme.my.salesforce.com/services/data/"


@pytest.fixture
def transport() -> Transport:
    return Transport(Traffic())


def get(transport: Transport, **options: object) -> requests.Response:
    with requests.Session() as session:
        session.mount("https://", transport)
        return session.get(URL, timeout=10, **options)  # type: ignore[arg-type]


def test_trust_store_is_shared_and_read_anew_when_it_changes(org: FakeOrg, tmp_path: Path) -> None:
    """One SSL context serves all sessions of a bundle; a changed file makes another."""
    bundle = Path(shutil.copy(org.ca_bundle, tmp_path / "ca.pem"))
    first = trust(str(bundle))
    assert trust(str(bundle)) is first
    bundle.write_text(bundle.read_text() + "\n")
    assert trust(str(bundle)) is not first
    assert trust(True) is trust(True)


def test_trust_in_a_directory(tmp_path: Path) -> None:
    """A directory of CAs is taken too, as ``requests`` does."""
    assert trust(str(tmp_path)).get_ca_certs() == []


def test_only_trusted_hosts_are_spoken_to(org: FakeOrg, transport: Transport) -> None:
    """The bundle of the environment counts: without the org's CA in it there is no connection."""
    assert get(transport).ok
    with pytest.raises(requests.exceptions.SSLError):
        get(Transport(Traffic()), verify=trust_nothing(org))


def trust_nothing(org: FakeOrg) -> str:
    bundle = org.ca_bundle.with_name("others.pem")
    text = org.ca_bundle.read_text()
    own, end = "-----BEGIN CERTIFICATE-----", "-----END CERTIFICATE-----"
    blocks = [own + block.partition(end)[0] + end for block in text.split(own)[1:]]
    bundle.write_text("\n".join(blocks[1:] if len(blocks) > 1 else blocks))
    return str(bundle)


@pytest.mark.filterwarnings("ignore:Unverified HTTPS request")
def test_verify_off_is_the_callers_choice(org: FakeOrg, transport: Transport) -> None:
    """A caller who turns verification off gets what ``requests`` gives."""
    assert get(transport, verify=False).ok


def test_a_client_certificate_is_not_shared(org: FakeOrg, transport: Transport, tmp_path: Path) -> None:
    """A session with a client certificate has a context of its own, or all others would show that certificate too."""
    file = tmp_path / "client.pem"
    trustme.CA().issue_cert("client.acme.example").private_key_and_cert_chain_pem.write_to_path(str(file))
    request = requests.Request("GET", URL).prepare()
    for verify in (True, str(org.ca_bundle)):
        own: Any = transport.get_connection_with_tls_context(request, verify, cert=str(file))
        assert own.conn_kw.get("ssl_context") is None
        shared: Any = transport.get_connection_with_tls_context(request, verify)
        assert shared.conn_kw["ssl_context"] is trust(verify)
    assert get(transport, cert=str(file)).ok
    with pytest.raises(requests.exceptions.SSLError):
        get(Transport(Traffic()), cert=str(file), verify=trust_nothing(org))


def test_connections_are_counted(org: FakeOrg) -> None:
    """One TLS connection serves many requests to a host."""
    traffic = Traffic()
    with requests.Session() as session:
        session.mount("https://", Transport(traffic))
        for _ in range(3):
            session.get(URL, timeout=10)
    assert traffic.connections == org.counts().tls_connections == 1


def test_abort_before_anything(org: FakeOrg, transport: Transport) -> None:
    """An ended transport opens no connection."""
    transport.abort()
    with pytest.raises(OSError, match="ended"):
        get(transport)
    assert org.counts().tls_connections == 0


def test_abort_while_a_connection_is_made(org: FakeOrg, transport: Transport, monkeypatch: pytest.MonkeyPatch) -> None:
    """A connection that was just being made when the end came is not used."""
    opened = transport.opened

    def opened_and_ended(connection: object) -> None:
        opened(connection)  # type: ignore[arg-type]
        transport.aborted = True

    monkeypatch.setattr(transport, "opened", opened_and_ended)
    with pytest.raises(OSError, match="ended"):
        get(transport)
    assert org.counts().http_requests == 0


def test_socks_proxies_keep_their_own_pools(transport: Transport, monkeypatch: pytest.MonkeyPatch) -> None:
    """A SOCKS proxy's pools know the way through it: they are not replaced, or the requests would go past the proxy."""

    class Manager:
        def __init__(self) -> None:
            self.pool_classes_by_scheme: dict[str, object] = {"https": "by socks"}

    monkeypatch.setattr("requests.adapters.SOCKSProxyManager", lambda *_, **__: Manager())
    assert transport.proxy_manager_for("socks5h://proxy:1080").pool_classes_by_scheme == {"https": "by socks"}
    assert transport.proxy_manager_for("http://proxy:3128").pool_classes_by_scheme["https"] is transport._pool_class


@pytest.mark.parametrize(
    ("path", "metered"),
    [
        ("/services/data/v64.0/query", True),
        ("/services/async/64.0/job", True),
        ("/services/apexrest/mine", True),
        ("/services/Soap/m/64.0", True),
        ("/services/data/", False),
        ("/services/oauth2/token", False),
        ("/services/oauth2/userinfo", False),
        ("/services/Soap/u/64.0", False),
        ("/id/00D/005", False),
    ],
)
def test_metered_paths(path: str, metered: bool) -> None:
    """What Salesforce counts as an API request: data, async, Apex; neither tokens nor identity."""
    assert is_metered(path) is metered


@pytest.mark.parametrize(
    ("header", "usage"),
    [
        ("api-usage=18/5000", (18, 5000)),
        ("api-usage=25/5000; per-app-api-usage=17/250(appName=sample)", (25, 5000)),
        ("", None),
        ("api-usage=x/y", None),
        ("api-usage=18", None),
        ("other=1/2", None),
    ],
)
def test_usage_header(header: str, usage: tuple[int, int] | None) -> None:
    """The org's API usage is read from the header; what is no such header is no usage."""
    assert read_usage(header) == usage


def test_last_usage_is_kept() -> None:
    """A reply without the header, as a 401, leaves the usage known before."""
    traffic = Traffic()
    count(traffic, "/services/data/v64.0/x", {"Sforce-Limit-Info": "api-usage=1/9"}, 10)
    count(traffic, "/services/data/v64.0/x", {}, 5)
    assert (traffic.api_usage, traffic.api_calls, traffic.bytes_received) == ((1, 9), 2, 15)
    assert "lock" not in repr(traffic)
