"""A fake org that serves for all tests of a module's worker, as new for each test."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
import requests

from airflow_sf_health.testing import FakeOrg


@pytest.fixture(scope="session")
def serving_org() -> Iterator[FakeOrg]:
    """One org that serves as long as the tests run; a test takes `org`."""
    with FakeOrg() as org:
        yield org


@pytest.fixture
def org(serving_org: FakeOrg, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeOrg]:
    """The org as it starts, and an environment that leads every client to it."""
    serving_org.reset()
    for name, value in serving_org.environ("test").items():
        monkeypatch.setitem(os.environ, name, value)
    yield serving_org
    serving_org.reset()


@pytest.fixture
def client(org: FakeOrg) -> Iterator[requests.Session]:
    """A plain HTTP session with the integration user's live session id."""
    with requests.Session() as session:
        session.headers["Authorization"] = f"Bearer {org.context.open_session(org.user())}"
        yield session
