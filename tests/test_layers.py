"""The import contracts of pyproject.toml have teeth."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("importlinter", reason="the linters are installed with the main Airflow version alone")

ROOT = Path(__file__).parent.parent


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    shutil.copytree(ROOT / "airflow_sf_health", tmp_path / "airflow_sf_health")
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("module", "line", "contract"),
    [
        ("checks/_check.py", "import requests", "http"),
        ("checks/_check.py", "import airflow_sf_health.org.session", "pure"),
        ("present/text.py", "import airflow", "pure"),
        ("examination.py", "import airflow_sf_health.testing", "testing"),
        ("examination.py", "import airflow", "airflow"),
        ("report/report.py", "import airflow_sf_health.present.text", "arrows"),
    ],
)
def test_an_import_against_the_arrows_is_found(copy: Path, module: str, line: str, contract: str) -> None:
    """Each contract breaks when one module imports what the design keeps from it."""
    with (copy / "airflow_sf_health" / module).open("a") as file:
        file.write(f"\n{line}\n")
    linter = Path(sys.executable).with_name("lint-imports")
    command = [str(linter), "--no-cache", "--contract", contract]
    done = subprocess.run(command, cwd=copy, capture_output=True, text=True, check=False)
    assert done.returncode == 1, done.stdout
    assert "BROKEN" in done.stdout
