"""Transactions on the store: short, repeated where two processes met, and bounded in time."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from math import inf
from typing import TYPE_CHECKING, TypeVar

from airflow_sf_health.store._lines import DURABLE, WRITES, Line
from airflow_sf_health.store._place import Place, place_of
from airflow_sf_health.store._problems import (
    DamagedRowError,
    NewerStoreError,
    RefusedDataError,
    SilentStoreError,
    StoreError,
    sqlstate,
    told,
)

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection, Engine

    from airflow_sf_health.store._warm import Warm

T = TypeVar("T")

PATIENCE = 4.0
"""Seconds for one transaction with all that belongs to it."""
REST = 30.0
"""Seconds for which a store that failed is not asked again by this process."""
SILENCE = 120.0
"""Seconds of rest after the first time that a store gave no answer at all; each further time in a row they are doubled."""
LONGEST_SILENCE = 3600.0
TRIES = 4
_CLASHES = ("40001", "40P01", "23505")
"""PostgreSQL: serialization failure, deadlock, and a row that another process wrote a moment before."""


class Database:
    """Nothing is opened before the first :meth:`read` or :meth:`write`; both raise nothing but :class:`StoreError`."""

    def __init__(self, url: str | None) -> None:
        self._url = url
        self._place: Place | None = None
        self._open: dict[int, tuple[Place, Engine, Warm]] = {}
        """By process: an engine that was forked is not used."""
        self._resting: dict[bool, tuple[float, StoreError]] = {}
        """Until when, and why; True: writes, False: reads."""
        self._silences = 0
        """Times in a row."""
        self._hanging: list[Line] = []

    @property
    def name(self) -> str:
        """How sentences call it; shows no password. Where it lies is known once it has been opened."""
        return self._name()

    def read(self, work: Callable[[Connection], T]) -> T:
        return self._run(work, writes=False)

    def write(self, work: Callable[[Connection], T], *, durable: bool = False) -> T:
        """All of the work is kept, or nothing. It may be done more than once.

        :param durable: it outlives a loss of power as well, and is tried though the store failed a moment ago: there may be no other copy
            of it.
        """
        return self._run(work, writes=True, durable=durable)

    def rest(self, error: StoreError, seconds: float, *, writes_only: bool = False) -> None:
        """Ask nothing for so long, and tell this error instead. What only cannot be written can still be read."""
        for writes in (True,) if writes_only else (True, False):
            self._resting[writes] = (time.monotonic() + seconds, error)

    def _run(self, work: Callable[[Connection], T], *, writes: bool, durable: bool = False) -> T:
        until, problem = self._resting.get(writes, (0.0, None))
        if problem is not None and time.monotonic() < until and (not durable or until == inf):
            raise StoreError(str(problem))
        self._hanging = [each for each in self._hanging if each.hangs]
        if self._hanging:
            raise SilentStoreError(self._name(), PATIENCE)
        try:
            found = self._bounded(work, {WRITES: writes, DURABLE: durable})
        except SilentStoreError as error:
            self.rest(error, min(SILENCE * 2**self._silences, LONGEST_SILENCE))
            self._silences = min(self._silences + 1, 10)
            raise
        except (DamagedRowError, RefusedDataError):
            raise
        except StoreError as error:
            self.rest(error, REST, writes_only=writes)
            raise
        self._silences = 0
        return found

    def _bounded(self, work: Callable[[Connection], T], how: dict[str, bool]) -> T:
        """What is imported on first use is not the database's time."""
        try:
            import airflow_sf_health.store.migrations  # noqa: F401

            place, engine, warm = self._opened()
            return self._in_time(lambda: _repeated(engine, warm, place, work, how))
        except TimeoutError:
            raise SilentStoreError(self._name(), PATIENCE) from None
        except Exception as error:  # noqa: BLE001 - drivers have errors of their own
            # Without the original error: its text may hold the address, and its parameters are data.
            raise self._told(error) from None

    def _opened(self) -> tuple[Place, Engine, Warm]:
        from airflow_sf_health.store._engine import engine_of, may_stay_open
        from airflow_sf_health.store._warm import Warm

        found = self._open.get(os.getpid())
        if found is None:
            place = self._place = self._in_time(lambda: place_of(self._url))
            engine = engine_of(place)
            found = self._open.setdefault(
                os.getpid(), (place, engine, Warm(engine, place.file, keeps=may_stay_open(place)))
            )
        return found

    def _name(self) -> str:
        if self._place is not None:
            return self._place.name
        return "SQLite" if self._url is None else "at the address of [sf_health] store"

    def _in_time(self, act: Callable[[], T]) -> T:
        """:raises TimeoutError: a server that does not answer, or a disk. What cannot be hung up goes on in its own thread, and is the
        only one until it ends.
        """
        line = Line()
        try:
            return line.run(act, PATIENCE)
        except TimeoutError:
            self._hanging.append(line)
            raise

    def _told(self, error: Exception) -> StoreError:
        return told(error, self._name(), self._place.secrets if self._place is not None else ())


class _GoneError(Exception):
    """The server has ended a connection that was kept open; nothing was asked by it yet."""


def _repeated(engine: Engine, warm: Warm, place: Place, work: Callable[[Connection], T], how: dict[str, bool]) -> T:
    from sqlalchemy.exc import DBAPIError

    from airflow_sf_health.store.migrations import UnpreparedError, upgrade

    for attempt in range(TRIES):
        try:
            return _once(warm, place, work, how)
        except UnpreparedError:
            upgrade(engine)
        except _GoneError:
            continue
        except DBAPIError as error:
            if attempt == TRIES - 1 or not _clashed(error):
                raise
    raise StoreError(f"The store ({place.name}) cannot be prepared: its tables vanish as soon as they are made.")


def _once(warm: Warm, place: Place, work: Callable[[Connection], T], how: dict[str, bool]) -> T:
    from airflow_sf_health.store.migrations import VERSION, UnpreparedError

    with warm.connection() as connection, connection.execution_options(**how).begin():
        found = _version(connection)
        if found > VERSION:
            raise NewerStoreError(place.name, found, VERSION)
        if found < VERSION:
            raise UnpreparedError
        return work(connection)


def _version(connection: Connection) -> int:
    from sqlalchemy.exc import DBAPIError

    from airflow_sf_health.store._warm import was_used
    from airflow_sf_health.store.migrations import version_of

    used = was_used(connection)
    try:
        return version_of(connection)
    except DBAPIError as error:
        if error.connection_invalidated and used:
            raise _GoneError from None
        raise


def _clashed(error: Exception) -> bool:
    from sqlalchemy.exc import IntegrityError

    return isinstance(error, IntegrityError) or sqlstate(getattr(error, "orig", None)) in _CLASHES
