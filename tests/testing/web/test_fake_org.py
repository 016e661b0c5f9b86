"""The life of a fake org, and the ways that it gives to reach it."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import threading
from pathlib import Path

import pytest
import requests

import airflow_sf_health.testing
from airflow_sf_health.testing import FakeOrg
from airflow_sf_health.testing.certificates import new_key_pair
from airflow_sf_health.testing.connections import NAMES
from airflow_sf_health.testing.seed import default_org

VERSIONS = "https://acme.my.salesforce.com/services/data/"


def test_public_names() -> None:
    """The public names are these, are loaded when they are used, and there are no others."""
    assert airflow_sf_health.testing.__all__ == ["Counts", "FakeOrg", "Fault", "RequestRecord"]
    assert all(hasattr(airflow_sf_health.testing, name) for name in airflow_sf_health.testing.__all__)
    with pytest.raises(AttributeError, match="NoSuchName"):
        airflow_sf_health.testing.NoSuchName  # noqa: B018 (looks it up)


def test_importing_the_package_loads_no_server() -> None:
    """The package alone loads nothing of what its extra brings."""
    program = "import sys, airflow_sf_health.testing; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True, text=True)
    assert not {"starlette", "uvicorn", "trustme", "cryptography", "jwt"} & set(done.stdout.split())


def test_nothing_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    """After its block an org has no thread, no port and no file any more, though a request was stalled."""
    before = set(threading.enumerate())
    with FakeOrg() as org:
        bundle = org.ca_bundle
        port = int(org.control_url.rpartition(":")[2])
        for name, value in org.environ().items():
            monkeypatch.setenv(name, value)
        org.fault(stall="headers")
        asking = threading.Thread(target=ask_in_vain)
        asking.start()
        while not org.requests():
            pass
    asking.join(10)
    assert not set(threading.enumerate()) - before  # one of another test's may have ended meanwhile
    assert not bundle.parent.exists()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port))


def ask_in_vain() -> None:
    with pytest.raises(requests.ConnectionError):
        requests.get(VERSIONS, timeout=30)


def test_it_starts_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """An org that was stopped may be started again, and knows what it knew."""
    org = FakeOrg()
    with org:
        org.state.org.name = "Other"
    with org:
        for name, value in org.environ().items():
            monkeypatch.setenv(name, value)
        assert requests.get(VERSIONS, timeout=10).status_code == 200
        assert org.state.org.name == "Other"


def test_a_taken_control_port() -> None:
    """When the control port is taken the org does not start, and leaves nothing."""
    before = set(threading.enumerate())
    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(OSError, match="in use"):
        FakeOrg(control_port=taken.getsockname()[1]).start()
    assert set(threading.enumerate()) == before


def test_before_it_runs() -> None:
    """What only a running org knows says so before."""
    org = FakeOrg()
    with pytest.raises(RuntimeError, match="with FakeOrg"):
        org.environ()
    with pytest.raises(RuntimeError, match="with FakeOrg"):
        org.ca_bundle  # noqa: B018 (asks)
    org.stop()


def test_a_state_of_ones_own() -> None:
    """An org with a state of one's own keeps that state when it begins anew."""
    private, public = new_key_pair()
    state = default_org(public)
    state.org.my_domain = "own"
    org = FakeOrg(state, private)
    org.reset()
    assert org.state is state
    assert org.connection("client_credentials")["extra"]["domain"] == "own.my"


def test_users(org: FakeOrg) -> None:
    """The default user is the integration user; an unknown one is an error that names it."""
    assert org.user().username == "integration@acme.com"
    assert org.user("ADMIN@acme.com").username == "admin@acme.com"
    with pytest.raises(KeyError, match="nobody"):
        org.user("nobody")


def test_environ(org: FakeOrg) -> None:
    """The environment has the proxy, the bundle, and a connection of Airflow's JSON form for each flow."""
    environ = org.environ("bench")
    assert set(environ) == {
        *("HTTPS_PROXY", "https_proxy", "NO_PROXY", "no_proxy"),
        *("REQUESTS_CA_BUNDLE", "SSL_CERT_FILE", "CURL_CA_BUNDLE"),
        *(f"AIRFLOW_CONN_SF_{name.upper()}" for name in NAMES),
    }
    assert environ["NO_PROXY"] == "localhost,127.0.0.1"
    soap = json.loads(environ["AIRFLOW_CONN_SF_SOAP_TOKEN"])
    assert soap == {
        "conn_type": "salesforce",
        "login": "integration@acme.com",
        "password": org.user().password,
        "extra": {"security_token": org.user().security_token},
    }


def test_the_bundle_keeps_what_was_trusted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A bundle that the environment names already, of a company's own CA perhaps, is trusted further on."""
    (tmp_path / "own.pem").write_text("# our own\n")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "own.pem"))
    monkeypatch.setenv("CURL_CA_BUNDLE", str(tmp_path / "gone.pem"))
    with FakeOrg() as org:
        text = org.ca_bundle.read_text()
    assert "# our own" in text
    assert text.count("BEGIN CERTIFICATE") > 100


def test_connection_extras(org: FakeOrg) -> None:
    """Extras may be added and taken away, and the connection may be another user's."""
    connection = org.connection("jwt", username="admin@acme.com", domain="acme.my", private_key=None, version="60.0")
    assert connection["login"] == "admin@acme.com"
    key = org.state.apps[0].consumer_key
    assert connection["extra"] == {"consumer_key": key, "domain": "acme.my", "version": "60.0"}


def test_connections_of_a_sandbox(org: FakeOrg) -> None:
    """Connections to a sandbox log in on the test host, client credentials on the My Domain."""
    org.state.org.is_sandbox = True
    domains = {name: org.connection(name)["extra"].get("domain") for name in NAMES}
    on_test = dict.fromkeys(("jwt", "password", "soap_token", "soap_organization", "refresh_token"), "test")
    assert domains == {**on_test, "client_credentials": "acme.sandbox.my", "session": None}


def test_an_unknown_connection(org: FakeOrg) -> None:
    """A name that is no flow lists those that are."""
    with pytest.raises(ValueError, match="jwt, client_credentials, password"):
        org.connection("saml")


def test_environ_keeps_one_refresh_token(org: FakeOrg) -> None:
    """However often the environment is asked for, its refresh token stays the first: five more would end it."""
    before = len(org.state.refresh_tokens)
    first, *others = [org.environ()["AIRFLOW_CONN_SF_REFRESH_TOKEN"] for _ in range(6)]
    assert others == [first] * 5
    assert len(org.state.refresh_tokens) - before <= 1


def test_environ_for_a_connection_of_ones_own(org: FakeOrg) -> None:
    """A connection may have the id that a DAG uses, any flow, another user and further extras."""
    [(name, text)] = org.environ_for("crm_prod", "soap_token", username="admin@acme.com", version="60.0").items()
    connection = json.loads(text)
    assert name == "AIRFLOW_CONN_CRM_PROD"
    assert connection["login"] == "admin@acme.com"
    assert connection["extra"]["version"] == "60.0"
    assert "consumer_key" in org.environ_for("crm_prod")["AIRFLOW_CONN_CRM_PROD"]


def test_contain(org: FakeOrg) -> None:
    """A contained user is frozen and its refresh tokens are dead; the others' are not."""
    org.connection("refresh_token")
    org.connection("refresh_token", username="admin@acme.com")
    org.contain()
    assert org.user().frozen
    assert not org.user("admin@acme.com").frozen
    assert {token.user_id for token in org.state.refresh_tokens if token.revoked} == {org.user().id}
