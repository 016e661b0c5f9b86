"""A fake org that serves, as new for each test, and the recordings that its replies are held against."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import requests

from airflow_sf_health.testing import FakeOrg

RECORDINGS = Path(
    os.environ.get("SF_HEALTH_RECORDINGS", Path(__file__).parents[4] / "shared" / "salesforce" / "recordings")
)


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
        monkeypatch.setenv(name, value)
    yield serving_org
    serving_org.reset()


@pytest.fixture
def client(org: FakeOrg) -> Iterator[requests.Session]:
    """A plain HTTP session with the integration user's live session id."""
    with requests.Session() as session:
        session.headers["Authorization"] = f"Bearer {org.context.open_session(org.user())}"
        yield session


@pytest.fixture
def recorded() -> Callable[[str], str]:
    """The body of a recording by its name; the test is skipped where the recordings are not at hand."""
    if not RECORDINGS.is_dir():
        pytest.skip(f"the recordings are not at {RECORDINGS}")
    return lambda name: (RECORDINGS / name).read_text()
