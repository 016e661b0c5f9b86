"""The pytest plugin as those meet it who have the package installed: in test runs of their own."""

from __future__ import annotations

import importlib.metadata
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from airflow_sf_health.testing.extra import MODULES

PLUGIN = "airflow_sf_health.testing.pytest_plugin"
REGISTERED = [each.value for each in importlib.metadata.entry_points(group="pytest11", name="airflow_sf_health")]

Run = Callable[..., str]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Run a test file of its own in a project of its own, and give what pytest said."""

    def run_pytest(text: str, *arguments: str, conftest: str = "") -> str:
        Path(tmp_path, "test_it.py").write_text(text)
        Path(tmp_path, "conftest.py").write_text(conftest)
        load = () if REGISTERED else ("-p", PLUGIN)
        command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *load, *arguments]
        environment = {
            name: value for name, value in os.environ.items() if name != "PYTEST_ADDOPTS"
        }  # those are of this run
        return subprocess.run(
            command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
        ).stdout

    return run_pytest


@pytest.mark.skipif(not REGISTERED, reason="only an installed package has entry points")
def test_it_is_registered() -> None:
    """pytest finds the plugin by itself where the package is installed."""
    assert REGISTERED == [PLUGIN]


def test_it_costs_next_to_nothing_until_a_test_asks_for_it(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """A test run that does not use the fixtures loads no server, no HTTP client, no cryptography and no Airflow."""
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")  # what other plugins load is not our doing
    said = run("import sys\ndef test_it(): print('loaded', *sys.modules)", "-s", "-p", PLUGIN)
    [line] = [line for line in said.splitlines() if "loaded " in line]
    loaded = set(line.split())
    assert PLUGIN in loaded
    assert not {"airflow", "requests", "asyncio", *MODULES} & loaded
    ours = {name for name in loaded if name.startswith("airflow_sf_health")}
    assert ours == {"airflow_sf_health", "airflow_sf_health.testing", PLUGIN}


ASKS = """
import os, requests

VERSIONS = "https://acme.my.salesforce.com/services/data/"

def test_first(fake_org):
    assert requests.get(VERSIONS).status_code == 200
    assert (fake_org.counts().http_requests, fake_org.counts("test").http_requests) == (1, 1)
    fake_org.user().active = False
    fake_org.fault(status=503)
    print("port", os.environ["HTTPS_PROXY"])

def test_second(fake_org):
    assert fake_org.user().active
    assert fake_org.faults == ()
    assert fake_org.counts().http_requests == 0
    print("port", os.environ["HTTPS_PROXY"])

def test_third():
    assert "HTTPS_PROXY" not in os.environ
    assert not [name for name in os.environ if name.startswith("AIRFLOW_CONN_SF_")]
"""


LIVES = """
import os

def test_it(fake_org):
    print("lives", *(os.environ[f"AIRFLOW__SF_HEALTH__{each}_TTL"] for each in ("PASS", "TOKEN", "REFUSAL")))
"""


def test_what_a_test_changes_is_hidden_by_no_shared_verdict(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """While a test runs no verdict, token or refused login is shared, where the environment does not say for how long one is."""
    for name in ("TOKEN_TTL", "REFUSAL_TTL"):
        monkeypatch.delenv(f"AIRFLOW__SF_HEALTH__{name}")
    monkeypatch.setenv("AIRFLOW__SF_HEALTH__PASS_TTL", "30")
    assert "lives 30 0 0" in run(LIVES, "-s")


def test_each_test_has_a_new_org_from_one_server(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """The org is new for each test, the server behind it is one, and the environment is the test's alone."""
    for name in [name for name in os.environ if name.lower() == "https_proxy"]:
        monkeypatch.delenv(name)
    said = run(ASKS, "-s")
    assert "3 passed" in said
    assert len({line.split()[-1] for line in said.splitlines() if "port " in line}) == 1


CONNECTS = """
import json, os, pytest

def test_first(connect_to_fake_org, fake_org):
    connect_to_fake_org("crm_prod")
    connect_to_fake_org("crm_admin", "soap_token", username="admin@acme.com", version="60.0", security_token=None)
    crm, admin = (json.loads(os.environ[f"AIRFLOW_CONN_CRM_{name}"]) for name in ("PROD", "ADMIN"))
    assert crm["conn_type"] == admin["conn_type"] == "salesforce"
    assert "private_key" in crm["extra"]
    assert (admin["login"], admin["extra"]) == ("admin@acme.com", {"version": "60.0"})

def test_second(fake_org):
    assert "AIRFLOW_CONN_CRM_PROD" not in os.environ

def test_third(connect_to_fake_org):
    with pytest.raises(ValueError, match="Use one of jwt"):
        connect_to_fake_org("crm_prod", "saml")
"""


def test_connections_of_ones_own(run: Run) -> None:
    """A connection of any id and flow leads to the org, while the test runs."""
    assert "3 passed" in run(CONNECTS)


@pytest.mark.parametrize("missing", ["starlette", "trustme"])
def test_without_the_extra(run: Run, missing: str) -> None:
    """Where the extra is not installed, the fixture says in one sentence what to install, and shows no traceback."""
    conftest = f"import sys\nsys.modules[{missing!r}] = None"
    said = run("def test_it(fake_org): pass\ndef test_other(): pass", conftest=conftest)
    assert f"the fake org needs the package '{missing}': pip install 'airflow-sf-health[testing]'" in said
    assert "1 passed, 1 error" in said
    assert "Traceback" not in said


def test_another_missing_module_is_not_blamed_on_the_extra(run: Run) -> None:
    """A module that the extra does not bring is missed in Python's own words."""
    said = run("def test_it(fake_org): pass", conftest="import sys\nsys.modules['tempfile'] = None")
    assert "import of tempfile halted" in said
    assert "airflow-sf-health[testing]" not in said


def test_pytest_lists_the_fixtures(run: Run) -> None:
    """`pytest --fixtures` tells what they are for, and does not show what is private."""
    said = run("", "--fixtures")
    assert "fake_org -- " in said
    assert "connect_to_fake_org -- " in said
    assert "_serving_fake_org" not in said
