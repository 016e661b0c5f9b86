"""Stores to test: in SQLite and in a real PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from store.postgres import Server, running

from airflow_sf_health.store import Store, open_store
from airflow_sf_health.store._warm import close_all


@pytest.fixture(scope="session")
def postgres() -> Iterator[Server]:
    """One server for all tests of this worker."""
    with running() as server:
        yield server


@pytest.fixture(autouse=True)
def _nothing_stays_open() -> Iterator[None]:
    """A server has room for the connections of the next test, and of other tests nothing is left to be counted."""
    close_all()
    yield
    close_all()


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database of each kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/store.sqlite"
    server: Server = request.getfixturevalue("postgres")
    return server.new_database()


@pytest.fixture
def store(url: str) -> Store:
    return open_store(url)


@pytest.fixture
def public() -> Iterator[Path]:
    """A directory that every user reaches and may write, which pytest's own is not."""
    with TemporaryDirectory(prefix="sf-health-", dir="/tmp") as name:
        path = Path(name)
        path.chmod(0o777)
        yield path
        path.chmod(0o777)
