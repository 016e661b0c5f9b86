"""The example of docs/testing-your-dags.md: a project of its own, run as its reader would run it."""

from __future__ import annotations

import importlib.metadata
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[2] / "docs"
EXAMPLE = DOCS / "examples" / "testing-your-dags"
FILES = sorted(path.relative_to(EXAMPLE).as_posix() for path in EXAMPLE.rglob("*.*") if path.suffix in (".py", ".ini"))


def test_it_runs(tmp_path: Path) -> None:
    """In a new project, with nothing but what the page says, all tests of the example pass."""
    project = shutil.copytree(EXAMPLE, tmp_path / "project", ignore=shutil.ignore_patterns("__pycache__"))
    registered = importlib.metadata.entry_points(group="pytest11", name="airflow_sf_health")
    load = () if registered else ("-p", "airflow_sf_health.testing.pytest_plugin")
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *load]
    done = subprocess.run(command, cwd=project, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(r"\b5 passed\b", done.stdout)


def test_there_is_an_example() -> None:
    """The example has a DAG, the settings of an Airflow for tests, and the tests."""
    assert FILES == ["dags/crm_ratings.py", "pytest.ini", "tests/conftest.py", "tests/test_crm_ratings.py"]


@pytest.mark.parametrize("file", FILES)
def test_the_page_shows_the_file_as_it_is(file: str) -> None:
    """Each file stands on the page, under its name and word by word."""
    page = (DOCS / "testing-your-dags.md").read_text(encoding="utf-8")
    shown = re.findall(r"`([^`\n]+)`[^`]*:\n\n```\w+\n(.*?)```", page, flags=re.DOTALL)
    assert dict(shown)[file] == (EXAMPLE / file).read_text(encoding="utf-8")
