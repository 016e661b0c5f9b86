"""A plain client of the fake org, and the recordings that its replies are held against."""

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
