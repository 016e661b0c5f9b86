"""The connections of a transaction, so that one whose server fell silent can be hung up from outside."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Any, TypeVar

from airflow_sf_health.org.deadline import DeadlineReached, within

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection, Engine

T = TypeVar("T")

WRITES = "sf_health_writes"
"""Execution option of a connection whose transaction is going to write."""
DURABLE = "sf_health_durable"
"""Execution option of one whose commit outlives a loss of power."""
_THREAD = threading.local()


class Line:
    """What one transaction, in a thread of its own, is connected by."""

    def __init__(self) -> None:
        self._connections: list[Any] = []
        self._hung_up = False
        self._process = os.getpid()
        self._ended = threading.Event()

    @property
    def hangs(self) -> bool:
        """Whether it goes on though it was hung up; a fork of the process has no part in it."""
        return self._hung_up and not self._ended.is_set() and self._process == os.getpid()

    def run(self, act: Callable[[], T], seconds: float) -> T:
        """Do it, and hang up after so many seconds.

        :raises TimeoutError: a server did not answer, or a disk.
        """
        try:
            return within(seconds, lambda: self._act(act), stop=self._hang_up)
        except DeadlineReached:
            raise
        except Exception as error:
            if self._hung_up:
                raise TimeoutError from error
            raise

    def _act(self, act: Callable[[], T]) -> T:
        _THREAD.line = self
        try:
            return act()
        finally:
            self._ended.set()

    def add(self, connection: Any) -> None:
        self._connections.append(connection)
        if self._hung_up:
            _hang_up(connection)

    def _hang_up(self) -> None:
        self._hung_up = True
        for connection in tuple(self._connections):
            _hang_up(connection)


def watch(engine: Engine) -> None:
    """Have each connection of this engine known to the line of the thread that opens it, before anything is asked by it."""
    from sqlalchemy import event

    @event.listens_for(engine, "connect", insert=True)
    def connected(dbapi: Any, _: Any) -> None:
        _join(dbapi)


def join(connection: Connection) -> None:
    """Have an open connection known to the line of the thread that uses it now."""
    _join(connection.connection.dbapi_connection)


def _join(dbapi: Any) -> None:
    line = getattr(_THREAD, "line", None)
    if line is not None:
        line.add(dbapi)


def _hang_up(connection: Any) -> None:
    """End what a driver waits for: its own way to close would wait for the server too. A driver that tells no socket is left alone."""
    with suppress(Exception):
        number = connection.fileno()  # psycopg2, psycopg
        with socket.socket(fileno=os.dup(number)) as line:
            line.shutdown(socket.SHUT_RDWR)
        return
    with suppress(Exception):
        connection.interrupt()  # SQLite
