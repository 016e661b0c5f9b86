"""What holds for every test."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from airflow_sf_health.testing import FakeOrg

# On the sources too; where the package is installed, pyproject.toml keeps pytest from loading it before coverage begins.
pytest_plugins = ["airflow_sf_health.testing.pytest_plugin"]

HERE = Path(__file__).parent
SHARED_HOME = "SF_HEALTH_TESTS_SHARED_HOME"
"""The variable by which xdist's workers learn the home of the process that started them."""


def pytest_configure(config: pytest.Config) -> None:
    """Give each worker an Airflow home of its own, before any test module imports Airflow."""
    home = tempfile.mkdtemp(prefix="airflow-sf-health-")
    config.add_cleanup(lambda: shutil.rmtree(home, ignore_errors=True))
    os.environ.setdefault(SHARED_HOME, home)
    os.environ |= {
        "AIRFLOW_HOME": home,
        "AIRFLOW__CORE__DAGS_FOLDER": str(Path(home, "dags")),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{home}/airflow.db",
    }


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Whatever runs without Airflow closes what it opens; Airflow itself leaves databases to the garbage collector."""
    for item in items:
        if HERE / "airflow" not in item.path.parents:
            item.add_marker(pytest.mark.filterwarnings("error::ResourceWarning"))
            item.add_marker(pytest.mark.filterwarnings("error::pytest.PytestUnraisableExceptionWarning"))


@pytest.fixture(autouse=True)
def _no_login_was_refused() -> None:
    """A second user's login that another test had refused may be tried again."""
    from airflow_sf_health.org.refused_logins import REFUSED_LOGINS

    REFUSED_LOGINS.forget()


@pytest.fixture(autouse=True)
def _nothing_is_shared(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each examination logs in and asks for itself; tests of what is shared say so."""
    for name in ("PASS_TTL", "TOKEN_TTL", "REFUSAL_TTL"):
        monkeypatch.setenv(f"AIRFLOW__SF_HEALTH__{name}", "0")


@pytest.fixture
def org(fake_org: FakeOrg) -> FakeOrg:
    """The fake org as it starts, and an environment that leads every client to it."""
    return fake_org
