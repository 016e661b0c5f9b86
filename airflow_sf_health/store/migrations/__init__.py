"""The store's tables, made and changed step by step; a step that was released is never changed again, and there is no way back.

To change the tables: add a module with a function ``apply(connection)``, put it at the end of :data:`STEPS`, and bring the
tables as they are now (``_tables.py``) in line; a test compares the two.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from sqlalchemy import BigInteger, Column, Integer, MetaData, Table, func, insert, select
from sqlalchemy.exc import DBAPIError, ProgrammingError

from airflow_sf_health.store._engine import limit, limited_version
from airflow_sf_health.store._lines import WRITES
from airflow_sf_health.store._problems import sqlstate
from airflow_sf_health.store.migrations import first, second

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection, Engine

STEPS: tuple[Callable[[Connection], None], ...] = (first.apply, second.apply)
VERSION = len(STEPS)
"""The schema version that this code reads and writes."""

_METADATA = MetaData()
_STEPS_DONE = Table(
    "sf_health_schema",
    _METADATA,
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("made_at", BigInteger, nullable=False),  # microseconds since 1970, UTC
)
_ONE_AT_A_TIME = 0x5F_4EA1
"""PostgreSQL's advisory lock under which tables are made; any number that is always the same."""
_UNDEFINED_TABLE = ("42P01", "3F000")


class UnpreparedError(Exception):
    """The tables are missing, or older than this code."""


def version_of(connection: Connection) -> int:
    """The schema version of this store; the first question of a transaction, whose statements it bounds.

    :raises UnpreparedError: it has no tables at all. The transaction cannot go on then.
    """
    try:
        return limited_version(connection)
    except DBAPIError as error:
        if _table_is_missing(error):
            raise UnpreparedError from None
        raise


def upgrade(engine: Engine) -> None:
    """Take the steps that are missing, all or none. Several processes may come at once."""
    with engine.connect().execution_options(**{WRITES: True}) as connection, connection.begin():
        limit(connection)
        if connection.dialect.name == "postgresql":
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_ONE_AT_A_TIME})")
        _METADATA.create_all(connection)
        done = connection.execute(select(func.max(_STEPS_DONE.c.version))).scalar() or 0
        for number, step in enumerate(STEPS[done:], done + 1):
            step(connection)
            connection.execute(insert(_STEPS_DONE).values(version=number, made_at=int(time.time() * 1_000_000)))


def _table_is_missing(error: DBAPIError) -> bool:
    if "no such table" in str(error.orig):  # SQLite
        return True
    state = sqlstate(error.orig)
    return state in _UNDEFINED_TABLE if state else isinstance(error, ProgrammingError)
