"""A connection to a server that stays open for a moment: a look asks several times, and to log in there takes longer than all of it."""

from __future__ import annotations

import atexit
import os
import threading
import time
import weakref
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from airflow_sf_health.store._lines import join

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection, Engine

IDLE = 5.0
"""Seconds for which an unused connection stays open: servers have few of them, and tasks may be many and run for hours."""
_USED = "sf_health_used"


class Warm:
    """The connections of one engine in one process. One of them is kept at most, and none while the process forks. SQLite's are never
    kept: its file is opened at once, may be removed, and whoever forks beside an open one breaks its locks.
    """

    def __init__(self, engine: Engine) -> None:
        self.process = os.getpid()
        self._engine = engine
        self._keeps = engine.dialect.name != "sqlite"
        self._kept: Connection | None = None
        self._last = time.monotonic()
        self._lock = threading.Lock()
        self._closed = threading.Event()
        self._closer: threading.Thread | None = None
        _ALL.add(self)

    @contextmanager
    def connection(self) -> Iterator[Connection]:
        """A connection for one transaction. One that had an error is not used again."""
        connection = self._taken()
        if connection is None:
            connection = self._engine.connect()
        else:
            join(connection)
        try:
            yield connection
        except BaseException:
            connection.close()
            raise
        if not self._given_back(connection):
            connection.close()

    def close(self) -> None:
        """Close what is kept; no thread of ours is left."""
        self._closed.set()
        closer = self._closer
        if closer is not None:
            closer.join(1)
        with self._lock:
            connection, self._kept, self._closer = self._kept, None, None
        if connection is not None:
            connection.close()

    def _taken(self) -> Connection | None:
        with self._lock:
            connection, self._kept = self._kept, None
            return connection

    def _given_back(self, connection: Connection) -> bool:
        with self._lock:
            self._last = time.monotonic()
            if not self._keeps or self._kept is not None or not self._is_watched():
                return False
            connection.info[_USED] = True
            self._kept = connection
            return True

    def _is_watched(self) -> bool:
        """Whether somebody will close what stays open; no thread can be started when the process ends."""
        if self._closer is None:
            self._closed.clear()
            closer = threading.Thread(target=self._close_when_idle, name="sf-health-store", daemon=True)
            with suppress(RuntimeError):
                closer.start()
                self._closer = closer
        return self._closer is not None

    def _close_when_idle(self) -> None:
        while not self._closed.wait(max(0.05, self._last + IDLE - time.monotonic())):
            with self._lock:
                if time.monotonic() < self._last + IDLE:
                    continue
                connection, self._kept, self._closer = self._kept, None, None
            if connection is not None:
                with suppress(Exception):
                    connection.close()
            return


def was_used(connection: Connection) -> bool:
    """Whether it was open for another transaction before: its server may have gone away since."""
    return _USED in connection.info


_ALL: weakref.WeakSet[Warm] = weakref.WeakSet()


def close_all() -> None:
    """Close what this process keeps open. A fork would share it; an end of the process would leave it to the server."""
    for each in tuple(_ALL):
        if each.process == os.getpid():
            with suppress(Exception):
                each.close()


atexit.register(close_all)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=close_all)
