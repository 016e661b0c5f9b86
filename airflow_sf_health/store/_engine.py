"""One SQLAlchemy engine for a place, for SQLAlchemy 1.4 and 2."""

from __future__ import annotations

import sqlite3
import zlib
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from sqlalchemy import create_engine, event
from sqlalchemy.pool import NullPool

from airflow_sf_health.store import _place
from airflow_sf_health.store._lines import DURABLE, WRITES, watch
from airflow_sf_health.store._mounts import is_local

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection, Engine

    from airflow_sf_health.evidence.memory import Whose

_VERSION = "SELECT max(version) FROM sf_health_schema"
_LIMITS = "set_config('statement_timeout', '3000', true), set_config('lock_timeout', '2000', true)"
_FLUSH = "SELECT set_config('synchronous_commit', 'on', true) WHERE current_setting('synchronous_commit') = 'off'"
"""A commit waits for the disk in this transaction, where the site has chosen that others do not."""
_OURS = 0x5F_4EA2
"""The first half of PostgreSQL's advisory locks under which rows are written; any number that is always the same."""


def engine_of(place: _place.Place) -> Engine:
    """An engine without a pool, so that threads and forks share no connection; which is kept for a moment, :mod:`._warm` knows."""
    engine = create_engine(place.url, future=True, poolclass=NullPool, connect_args=dict(place.connect))
    watch(engine)
    if engine.dialect.name == "sqlite":
        _mend_transactions(engine, wal=_has_log(place))
    return engine


def may_stay_open(place: _place.Place) -> bool:
    """Whether a connection may be kept: not to a file on a network, whose system may keep it locked, or in the way."""
    return _place.kind_of(place.url.drivername) != "sqlite" or _has_log(place)


def _has_log(place: _place.Place) -> bool:
    """Whether SQLite writes ahead to a log there."""
    return place.file is not None and is_local(place.file)


def limit(connection: Connection) -> None:
    """Bound each statement of this transaction, where the server can."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(f"SELECT {_LIMITS}")


def limited_version(connection: Connection) -> int:
    """Do so, and give the schema's version, in one question. Raises the driver's error where there is no table of it."""
    if connection.dialect.name != "postgresql":
        return int(connection.exec_driver_sql(_VERSION).scalar() or 0)
    found = connection.exec_driver_sql(f"SELECT ({_VERSION}), {_LIMITS}").first()
    if connection.get_execution_options().get(DURABLE):
        connection.exec_driver_sql(_FLUSH)
    return int(found[0] or 0) if found is not None else 0


def one_at_a_time(connection: Connection, whose: Whose) -> None:
    """Let no two transactions write of one user at once: each looks at what is there before it decides. SQLite has one writer."""
    if connection.dialect.name == "postgresql":
        number = zlib.crc32(f"{whose.org_id} {whose.user_id}".encode(errors="surrogatepass"))
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_OURS}, {number - 2**31})")


def _mend_transactions(engine: Engine, *, wal: bool) -> None:
    """Python's driver begins no transaction of its own accord: what reads and writes then belongs together, and a writer asks for
    its lock at once instead of failing halfway.
    """

    @event.listens_for(engine, "connect")
    def connected(dbapi: Any, _: Any) -> None:
        dbapi.isolation_level = None
        # Not waited for: another process may be changing it, and a lock or a fault is met by the next statement.
        dbapi.execute("PRAGMA busy_timeout = 0")
        with suppress(sqlite3.Error):
            dbapi.execute(f"PRAGMA journal_mode = {'WAL' if wal else 'DELETE'}")
        dbapi.execute(f"PRAGMA busy_timeout = {_place.BUSY_SECONDS * 1000}")
        # A log that is whole after any kill needs no wait for the disk; one that only a loss of power cuts is whole as well.
        dbapi.execute(f"PRAGMA synchronous = {'NORMAL' if wal else 'FULL'}")

    @event.listens_for(engine, "begin")
    def begun(connection: Connection) -> None:
        how = connection.get_execution_options()
        if how.get(DURABLE):
            connection.exec_driver_sql("PRAGMA synchronous = EXTRA")
        connection.exec_driver_sql("BEGIN IMMEDIATE" if how.get(WRITES) else "BEGIN")
