"""A connection that stays open for a moment: a look asks several times, and each time to log in at a server, or to clear SQLite's log
when the last connection closes, takes longer than all that is asked.
"""

from __future__ import annotations

import atexit
import os
import threading
import time
import weakref
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from airflow_sf_health.store._lines import join

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection, Engine

IDLE = 3.0
"""Seconds for which an unused connection stays open: servers have few of them, and tasks may be many and run for hours."""
CLOSING = 1.0
"""Seconds for which a fork, or the end of the process, waits for a connection that is being closed: a disk may hang."""
_USED = "sf_health_used"


class Warm:
    """The connections of one engine in one process: one is kept at most, and none while the process forks, since a fork that has
    SQLite's file open breaks its locks.
    """

    def __init__(self, engine: Engine, file: Path | None, *, keeps: bool = True) -> None:
        """:param file: SQLite's."""
        self.process = os.getpid()
        self._engine, self._file, self._keeps = engine, file, keeps
        self._kept: Connection | None = None
        self._which: object = None
        self._last = time.monotonic()
        self._lock = threading.Lock()
        self._closing = threading.Event()
        self._closer: threading.Thread | None = None
        _ALL.add(self)

    @contextmanager
    def connection(self) -> Iterator[Connection]:
        """A connection for one transaction. One that had an error is not used again."""
        which = _identity(self._file)
        connection = self._taken()
        if connection is not None and which != self._which:
            connection.close()  # the file was removed, or replaced
            connection = None
        if connection is None:
            connection = self._engine.connect()
        else:
            join(connection)
        try:
            yield connection
        except BaseException:
            connection.close()
            raise
        if not self._given_back(connection, which):
            connection.close()

    def close(self) -> None:
        """Close what is kept, in the thread that watches it."""
        self._closing.set()
        closer = self._closer
        if closer is not None:
            closer.join(CLOSING)

    def _taken(self) -> Connection | None:
        with self._lock:
            connection, self._kept = self._kept, None
            return connection

    def _given_back(self, connection: Connection, which: object) -> bool:
        with self._lock:
            self._last = time.monotonic()
            if not self._keeps or self._kept is not None or which is None or not self._is_watched():
                return False
            connection.info[_USED] = True
            self._kept, self._which = connection, which
            return True

    def _is_watched(self) -> bool:
        """Whether somebody will close what stays open; no thread can be started when the process ends."""
        if self._closer is None:
            self._closing.clear()
            closer = threading.Thread(target=self._close_when_idle, name="sf-health-store", daemon=True)
            with suppress(RuntimeError):
                closer.start()
                self._closer = closer
        return self._closer is not None

    def _close_when_idle(self) -> None:
        told = False
        while not told:
            told = self._closing.wait(max(0.05, self._last + IDLE - time.monotonic()))
            with self._lock:
                if not told and time.monotonic() < self._last + IDLE:
                    continue
                told, self._closer = True, None
                connection, self._kept = self._kept, None
            if connection is not None:
                with suppress(Exception):
                    connection.close()


def _identity(file: Path | None) -> object:
    """Which file that is; None of one that is not there. What is no file stays the same."""
    if file is None:
        return ""
    with suppress(OSError):
        found = file.stat()
        return found.st_dev, found.st_ino
    return None


def was_used(connection: Connection) -> bool:
    """Whether it was open for another transaction before: its server may have gone away since."""
    return _USED in connection.info


_ALL: weakref.WeakSet[Warm] = weakref.WeakSet()


def _all() -> list[Warm]:
    """Another thread may be opening one at this moment."""
    for _ in range(100):
        with suppress(RuntimeError):
            return list(_ALL)
    return []


def close_all() -> None:
    """Close what this process keeps open. A fork would share it; an end of the process would leave it to the server."""
    for each in _all():
        if each.process == os.getpid():
            each.close()


atexit.register(close_all)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=close_all)
