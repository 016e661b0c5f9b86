"""A real Airflow for these tests: beside the home that each worker has, a migrated SQLite database in it."""

from __future__ import annotations

import fcntl
import importlib.util
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest


@pytest.fixture(scope="session", autouse=True)
def airflow_home() -> Path:
    """The home of this worker's Airflow, its database migrated; the first worker migrates, the others take a copy."""
    home = Path(os.environ["AIRFLOW_HOME"])
    migrated = Path(os.environ["SF_HEALTH_TESTS_SHARED_HOME"], "migrated")
    migrated.mkdir(exist_ok=True)
    with (migrated / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (migrated / "done").exists():
            _migrate(migrated)
            (migrated / "done").touch()
    shutil.copy(migrated / "airflow.db", home / "airflow.db")
    return home


def _migrate(home: Path) -> None:
    variables = os.environ | {
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{home}/airflow.db",
    }
    command = [sys.executable, "-m", "airflow", "db", "migrate"]
    done = subprocess.run(command, env=variables, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture
def load_dag(airflow_home: Path) -> Callable[..., Any]:
    """Put a DAG file among this Airflow's DAGs, where `dag.test()` of 3.x wants it, and give the DAG in it."""

    def load(file: Path, name: str = "dag") -> Any:
        folder = airflow_home / "dags"
        folder.mkdir(exist_ok=True)
        spec = importlib.util.spec_from_file_location(file.stem, shutil.copy(file, folder))
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        sys.modules[file.stem] = module
        spec.loader.exec_module(module)
        return getattr(module, name)

    return load
