"""What holds for every test."""

from __future__ import annotations

from pathlib import Path

import pytest

AIRFLOW_TESTS = Path(__file__).parent / "airflow"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Whatever runs without Airflow closes what it opens; Airflow itself leaves databases to the garbage collector."""
    for item in items:
        if AIRFLOW_TESTS not in item.path.parents:
            item.add_marker(pytest.mark.filterwarnings("error::ResourceWarning"))
            item.add_marker(pytest.mark.filterwarnings("error::pytest.PytestUnraisableExceptionWarning"))
