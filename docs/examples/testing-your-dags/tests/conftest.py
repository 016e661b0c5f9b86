"""An Airflow for the tests alone: its own home, an empty database, the DAGs of this project."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

PROJECT = Path(__file__).parent.parent


def pytest_configure(config):
    """Settings that must stand before a test module imports Airflow."""
    home = tempfile.mkdtemp(prefix="airflow-tests-")
    config.add_cleanup(lambda: shutil.rmtree(home, ignore_errors=True))
    os.environ |= {
        "AIRFLOW_HOME": home,
        "AIRFLOW__CORE__DAGS_FOLDER": str(PROJECT / "dags"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{home}/airflow.db",
    }


@pytest.fixture(scope="session", autouse=True)
def airflow_database():
    subprocess.run([sys.executable, "-m", "airflow", "db", "migrate"], check=True)
