"""Rights of files bind a test: root, whom they do not bind, is "nobody" for a while."""

from __future__ import annotations

import os
import pwd
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

from store.remembered import ME, snapshot, user

from airflow_sf_health.store import open_store


@contextmanager
def unprivileged() -> Iterator[None]:
    if os.geteuid() != 0:
        yield
        return
    _import_all()
    nobody = pwd.getpwnam("nobody")
    os.setegid(nobody.pw_gid)
    os.seteuid(nobody.pw_uid)
    try:
        yield
    finally:
        os.seteuid(0)
        os.setegid(0)


def _import_all() -> None:
    """What is imported on first use may lie where "nobody" cannot read it."""
    with tempfile.TemporaryDirectory() as name:
        store = open_store(f"sqlite:///{name}/store.sqlite")
        assert store.keep(ME, [snapshot()], user=user()) == ""
        assert store.recall(ME, {}).problem == ""
