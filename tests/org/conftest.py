"""Sessions with the fake org that are closed at the end of a test."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from airflow_sf_health.org.connection import OrgConnection
from airflow_sf_health.org.session import OrgSession


@pytest.fixture
def begin() -> Iterator[Callable[[OrgConnection], OrgSession]]:
    """Make sessions, not yet open."""
    with ExitStack() as stack:
        yield lambda connection: stack.enter_context(OrgSession(connection))
