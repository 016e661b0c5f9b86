"""The rows of passes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pendulum import now
from sqlalchemy import delete, insert, or_, select, update

from airflow_sf_health.store._clocks import apart, clock, difference, latest
from airflow_sf_health.store._passes import StoredPass
from airflow_sf_health.store._tables import PASSES
from airflow_sf_health.store._values import instant, micros

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

_AT = PASSES.c
FORGOTTEN = 3600
"""Seconds after its end for which a pass stays, at least."""
SWEPT = 50
"""Expired passes that are removed at once, at most."""


def find(connection: Connection, key: str) -> StoredPass | None:
    row = connection.execute(select(PASSES, clock(connection).label("now")).where(_AT.pass_key == key)).first()
    if row is None or not (isinstance(row.examined_at, int) and isinstance(row.expires_at, int)):
        return None
    if not isinstance(row.sealed, bytes | memoryview) or row.expires_at <= row.now:
        return None
    if row.examined_at > latest(now("UTC")):
        return None
    return StoredPass(
        key=row.pass_key,
        fingerprint=row.fingerprint,
        sealed=bytes(row.sealed),
        examined_at=instant(row.examined_at),
        expires_at=instant(row.expires_at - apart(row.now)),
    )


def keep(connection: Connection, made: StoredPass) -> None:
    at = micros(made.examined_at)
    values = {
        "fingerprint": made.fingerprint,
        "sealed": made.sealed,
        "examined_at": at,
        "expires_at": micros(made.expires_at) + difference(connection),
    }
    if connection.execute(select(_AT.pass_key).where(_AT.pass_key == made.key)).first() is None:
        connection.execute(insert(PASSES).values(pass_key=made.key, **values))
        _sweep(connection)
        return
    older = or_(_AT.examined_at <= at, _AT.examined_at > latest(now("UTC")))
    connection.execute(update(PASSES).where(_AT.pass_key == made.key, older).values(**values))


def forget(connection: Connection, fingerprint: str) -> int:
    return int(connection.execute(delete(PASSES).where(_AT.fingerprint == fingerprint)).rowcount)


def _sweep(connection: Connection) -> None:
    old = _AT.expires_at < clock(connection) - FORGOTTEN * 1_000_000
    keys = connection.execute(select(_AT.pass_key).where(old).order_by(_AT.expires_at).limit(SWEPT)).scalars().all()
    if keys:
        connection.execute(delete(PASSES).where(_AT.pass_key.in_(sorted(keys)), old))
