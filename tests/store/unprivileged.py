"""Rights of files bind a test of the store, also one of root."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

from nobody import nobody
from store.remembered import ME, snapshot, user

from airflow_sf_health.store import open_store


@contextmanager
def unprivileged() -> Iterator[None]:
    if os.geteuid() == 0:
        _import_all()
    with nobody():
        yield


def _import_all() -> None:
    """What is imported on first use may lie where "nobody" cannot read it."""
    with tempfile.TemporaryDirectory() as name:
        store = open_store(f"sqlite:///{name}/store.sqlite")
        assert store.keep(ME, [snapshot()], user=user()) == ""
        assert store.recall(ME, {}).problem == ""
