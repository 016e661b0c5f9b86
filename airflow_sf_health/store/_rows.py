"""From rows to the values that others know, late: this module brings SQLAlchemy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import pendulum
from sqlalchemy import select

from airflow_sf_health.evidence.baselines import AHEAD, EVERY_USE
from airflow_sf_health.evidence.facts import MemoryFacts, Remembered, RememberedUser
from airflow_sf_health.evidence.memory import Snapshot, Whose
from airflow_sf_health.schema.pack import unpacked
from airflow_sf_health.schema.shape import ObjectShape
from airflow_sf_health.store import _baselines, _snapshots, _users
from airflow_sf_health.store._clocks import clamped, settle
from airflow_sf_health.store._described import StoredDescribe
from airflow_sf_health.store._engine import one_at_a_time
from airflow_sf_health.store._problems import DamagedRowError, StoreError
from airflow_sf_health.store._tables import BASELINES, SNAPSHOTS
from airflow_sf_health.store._values import instant, key_of, micros, of

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection


def recalled(connection: Connection, whose: Whose, uses: Mapping[str, str], reach: str) -> MemoryFacts:
    """The baselines by the names asked, and the user; what is damaged is named."""
    rows = _baselines.recalled(connection, whose, uses) if uses else []
    found = {row.object_key: read for row in rows if (read := _remembered(row)) is not None}
    asked = {name: found[key] for name in uses if (key := key_of(name)) in found}
    broken = {row.object_key for row in rows} - found.keys()
    user, user_damaged = _users.user(connection, whose)
    return MemoryFacts(
        reach=reach,
        snapshots=asked,
        user=user,
        damaged=tuple(name for name in uses if key_of(name) in broken),
        user_damaged=user_damaged,
    )


class Keeping:
    """What is to be kept, packed before the transaction begins, so that the lock on the database is short."""

    def __init__(
        self,
        whose: Whose,
        snapshots: Sequence[Snapshot],
        baselines: Sequence[Remembered],
        user: RememberedUser | None,
        door: str | None,
    ) -> None:
        self._whose = whose
        self._now = now = pendulum.now("UTC")
        # Always in the same order, so that two writers do not wait for each other.
        self._snapshots = sorted((clamped(_snapshots.row_of(whose, each), now) for each in snapshots), key=_object_key)
        self._baselines = sorted((clamped(_baselines.row_of(whose, each), now) for each in baselines), key=_object_key)
        self._refreshed = [row["object_key"] for row in self._baselines if row["use_key"] == EVERY_USE]
        seen = [micros(now.subtract(seconds=AHEAD)), *(row["taken_at"] for row in self._snapshots)]
        self._before = min(seen) - 1
        self._user, self._door = user, door

    def __call__(self, connection: Connection) -> None:
        one_at_a_time(connection, self._whose)
        settle(connection, self._whose, self._now, self._refreshed, self._before)
        _snapshots.add(connection, self._whose, self._snapshots)
        for row in self._baselines:
            _baselines.keep(connection, row)
            _snapshots.confirm(connection, self._whose, row["object_key"], row["shape"], row["confirmed_at"])
        if self._user is not None:
            _users.keep_user(connection, self._user, self._door)


def forget(connection: Connection, whose: Whose, objects: Sequence[str] | None) -> int:
    one_at_a_time(connection, whose)
    _baselines.forget(connection, whose, objects)
    return _snapshots.forget(connection, whose, objects)


def newest(connection: Connection, whose: Whose, sobject: str) -> StoredDescribe | None:
    row = _snapshots.newest(connection, whose, sobject)
    return None if row is None else _stored(row)


def history(connection: Connection, whose: Whose, sobject: str) -> list[StoredDescribe]:
    return [_stored(row) for row in _snapshots.history(connection, whose, sobject)]


def objects(connection: Connection, whose: Whose) -> list[str]:
    """By name, whether what is kept of them is damaged or not."""
    found: dict[str, str] = {}
    for columns in (BASELINES.c, SNAPSHOTS.c):
        names = select(columns.object_key, columns.object_name).where(of(columns, whose)).distinct()
        found |= {row.object_key: row.object_name for row in connection.execute(names)}
    return [found[key] for key in sorted(found)]


def listed(connection: Connection, whose: Whose) -> list[StoredDescribe]:
    """Without those that are damaged."""
    found = []
    for row in _snapshots.listed(connection, whose):
        with suppress(StoreError):
            found.append(_stored(row))
    return found


def baselines(connection: Connection, whose: Whose) -> dict[str, list[Remembered]]:
    """By the object's name, the one that was found so last first, without those that are damaged."""
    found: dict[str, list[Remembered]] = {}
    for row in _baselines.listed(connection, whose):
        if (read := _remembered(row)) is not None:
            found.setdefault(row.object_name, []).append(read)
    return found


def _object_key(row: Mapping[str, Any]) -> str:
    return str(row["object_key"])


def _stored(row: Any) -> StoredDescribe:
    """:raises DamagedRowError: it cannot be read."""
    try:
        return StoredDescribe(
            sobject=row.object_name,
            at=instant(row.confirmed_at),
            taken_at=instant(row.taken_at),
            shape=_shape(row.shape),
            size=row.body_size,
            body=unpacked(bytes(row.body)) if hasattr(row, "body") else None,
        )
    except (ValueError, TypeError, KeyError, AttributeError):
        raise DamagedRowError(
            f"What is kept of {row.object_name} is damaged. `sf-health metadata clear` with the connection and "
            f"{row.object_name} removes it."
        ) from None


def _remembered(row: Any) -> Remembered | None:
    try:
        shape = _shape(row.shape)
    except (ValueError, TypeError, KeyError, AttributeError):
        return None
    return Remembered(
        shape=shape,
        taken_at=instant(row.taken_at),
        compared_at=instant(row.compared_at),
        confirmed_at=instant(row.confirmed_at),
        refused_at=instant(row.refused_at) if row.refused_at is not None else None,
        last_modified=row.last_modified,
        rights=row.rights,
        use=row.use_key,
    )


def _shape(data: Any) -> ObjectShape:
    return ObjectShape.from_dict(unpacked(bytes(data)))
