"""The command line."""

from __future__ import annotations

import json
import os
import shlex
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from airflow_sf_health import cli
from airflow_sf_health.testing import FakeOrg
from airflow_sf_health.testing.remote import announce, announced, runtime_file, withdraw

VERSIONS = "https://acme.my.salesforce.com/services/data/"


@pytest.fixture
def runtime(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A runtime directory where no fake org has announced itself."""
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    return tmp_path


@pytest.fixture
def org(runtime: Path) -> Iterator[FakeOrg]:
    """A fake org that has announced itself."""
    with FakeOrg() as org:
        announce(org.control_url)
        yield org


def run(*arguments: str) -> int:
    return cli.main(["fake-org", *arguments])


def test_set(org: FakeOrg) -> None:
    """`set` changes the org that runs, and says nothing."""
    assert run("set", "user.active=false", "org.name=A = B") == 0
    assert (org.user().active, org.state.org.name) == (False, "A = B")


def test_set_what_does_not_exist(org: FakeOrg, capsys: pytest.CaptureFixture[str]) -> None:
    """A wrong key is one line of error that names the nearest right one."""
    assert run("set", "user.activ=false") == 2
    assert capsys.readouterr().err == (
        "sf-health: 'user.activ': the fake org knows no user.activ. Nearest: user.active.\n"
    )


@pytest.mark.parametrize("pair", ["user.active", "=false"])
def test_set_needs_pairs(pair: str, capsys: pytest.CaptureFixture[str]) -> None:
    """What is not KEY=VALUE is a mistake in the command."""
    with pytest.raises(SystemExit, match="2"):
        run("set", pair)
    assert "must be written as name=value" in capsys.readouterr().err


def test_state_and_counts(org: FakeOrg, capsys: pytest.CaptureFixture[str]) -> None:
    """`state` and `counts` print JSON."""
    assert run("state") == 0
    assert json.loads(capsys.readouterr().out)["org"]["name"] == "Acme"
    assert run("counts", "--control", org.control_url) == 0
    assert json.loads(capsys.readouterr().out)["http_requests"] == 0


def test_env(org: FakeOrg, capsys: pytest.CaptureFixture[str]) -> None:
    """`env` prints lines by which a shell gets the very environment."""
    assert run("env") == 0
    lines = capsys.readouterr().out
    words = [word for word in shlex.split(lines) if word != "export"]
    assert dict(word.split("=", 1) for word in words) == org.environ()


def test_fault_and_back(org: FakeOrg, monkeypatch: pytest.MonkeyPatch) -> None:
    """`fault` takes the parameters of a fault; `clear-faults`, `reset` and `expire-sessions` undo."""
    for name, value in org.environ().items():
        monkeypatch.setenv(name, value)
    assert run("fault", "path=/services/data/*", "status=503", "client=anonymous") == 0
    assert requests.get(VERSIONS, timeout=10).status_code == 503
    assert run("clear-faults") == 0
    assert requests.get(VERSIONS, timeout=10).status_code == 200
    assert run("expire-sessions") == 0
    assert run("reset") == 0
    assert org.counts().http_requests == 0


def test_no_fake_org_runs(runtime: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Without a running org one line says how to start one."""
    assert run("state") == 2
    assert capsys.readouterr().err == (
        "sf-health: no fake org runs here. Start one with `sf-health fake-org`, or name it with --control URL.\n"
    )


def test_a_fake_org_that_is_gone(org: FakeOrg, capsys: pytest.CaptureFixture[str]) -> None:
    """An org that has announced itself and is gone is named with its address."""
    org.stop()
    assert run("state") == 2
    assert f"no fake org answers at {announced()}: " in capsys.readouterr().err


def test_an_address_that_is_no_control_endpoint(org: FakeOrg, capsys: pytest.CaptureFixture[str]) -> None:
    """An address where something else answers is named with what it answered."""
    assert run("state", "--control", f"{org.control_url}/nowhere") == 2
    assert "answered HTTP Error 404" in capsys.readouterr().err


def test_the_announcement_is_for_its_own_user(runtime: Path) -> None:
    """The runtime file is readable to its user only, and is taken back only by the org that left it."""
    announce("http://127.0.0.1:1")
    announce("http://127.0.0.1:2")
    assert runtime_file().stat().st_mode & 0o777 == 0o600
    withdraw("http://127.0.0.1:1")
    assert announced() == "http://127.0.0.1:2"
    withdraw("http://127.0.0.1:2")
    assert announced() is None


@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGTERM])
def test_serving(runtime: Path, end: signal.Signals) -> None:
    """`fake-org` prints the export lines, serves until it is told to stop, and leaves nothing."""
    command = [sys.executable, "-m", "airflow_sf_health.cli", "fake-org", "--latency", "0.001"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        lines = [process.stdout.readline()]
        while not lines[-1].startswith("export AIRFLOW_CONN_SF_SESSION="):
            lines.append(process.stdout.readline())
        environ = dict(word.split("=", 1) for word in shlex.split("".join(lines), comments=True) if word != "export")
        assert run("set", "org.name=Served") == 0
        bundle = Path(environ["SSL_CERT_FILE"])
        assert bundle.is_file()
        process.send_signal(end)
        assert process.wait(20) == 0
    assert not bundle.exists()
    assert announced() is None


def test_a_taken_port(org: FakeOrg, capsys: pytest.CaptureFixture[str]) -> None:
    """A control port that is taken is one line of error."""
    assert run("--port-control", org.control_url.rpartition(":")[2]) == 2
    assert "the fake org cannot start: " in capsys.readouterr().err


def test_without_the_extra(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Where the extra is not installed, one line says what to install."""
    for name in [name for name in sys.modules if name.startswith("airflow_sf_health.testing.")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "trustme", None)
    assert run() == 2
    assert capsys.readouterr().err == (
        "sf-health: the fake org needs the package 'trustme': pip install 'airflow-sf-health[testing]'\n"
    )


def test_importing_it_is_cheap() -> None:
    """The command line alone loads neither Airflow nor an HTTP client nor the fake org's server."""
    program = "import sys, airflow_sf_health.cli; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True, text=True, env=os.environ)
    assert not {"airflow", "requests", "simple_salesforce", "starlette", "uvicorn"} & set(done.stdout.split())
