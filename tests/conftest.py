"""What holds for every test."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from airflow_sf_health.testing import FakeOrg

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


@pytest.fixture(scope="session")
def serving_org() -> Iterator[FakeOrg]:
    """One fake org that serves as long as the tests run; a test takes ``org``."""
    from airflow_sf_health.testing import FakeOrg

    with FakeOrg() as org:
        yield org


@pytest.fixture
def org(serving_org: FakeOrg, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeOrg]:
    """The fake org as it starts, and an environment that leads every client to it."""
    serving_org.reset()
    for name, value in serving_org.environ("test").items():
        monkeypatch.setenv(name, value)
    yield serving_org
    serving_org.reset()
