"""Times that cannot be: of a host whose clock ran ahead, or was set back later. Unmended they would count as the latest for long.
What several hosts wait for goes by the database's clock.
"""

from __future__ import annotations

import time
from collections.abc import Collection
from typing import TYPE_CHECKING, Any

from sqlalchemy import BigInteger, and_, literal, literal_column, or_, select, update

from airflow_sf_health.evidence.baselines import AHEAD
from airflow_sf_health.store._tables import BASELINES, SNAPSHOTS
from airflow_sf_health.store._values import earlier, micros, of

if TYPE_CHECKING:
    import pendulum
    from sqlalchemy import ColumnElement
    from sqlalchemy.engine import Connection

    from airflow_sf_health.evidence.memory import Whose

_TIMES = {
    BASELINES: ("taken_at", "compared_at", "confirmed_at", "refused_at"),
    SNAPSHOTS: ("taken_at", "confirmed_at"),
}
_CLOCKS = {
    "postgresql": "CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000000 AS BIGINT)",
    "mysql": "TIMESTAMPDIFF(MICROSECOND, '1970-01-01 00:00:00', UTC_TIMESTAMP(6))",
    "mariadb": "TIMESTAMPDIFF(MICROSECOND, '1970-01-01 00:00:00', UTC_TIMESTAMP(6))",
}
"""Microseconds since 1970 by the server's clock. SQLite's is that of this host."""
AGREED = 1_000_000
"""Microseconds by which two clocks may differ and still count as one: asking takes time too."""


def clock(connection: Connection) -> ColumnElement[int]:
    """Now, by the one clock that all who use this database share."""
    asked = _CLOCKS.get(connection.dialect.name)
    if asked is None:
        return literal(time.time_ns() // 1000, BigInteger)
    return literal_column(asked, BigInteger)


def difference(connection: Connection) -> int:
    """By how many microseconds the database's clock is before this host's; 0 where they agree."""
    if connection.dialect.name not in _CLOCKS:
        return 0
    return apart(int(connection.execute(select(clock(connection))).scalar_one()))


def apart(now: int) -> int:
    """The same, of what :func:`clock` has just told."""
    found = now - time.time_ns() // 1000
    return found if abs(found) > AGREED else 0


def latest(now: pendulum.DateTime) -> int:
    """The last moment that a stamp may tell: clocks of hosts differ a little."""
    return micros(now.add(seconds=AHEAD))


def clamped(row: dict[str, Any], now: pendulum.DateTime) -> dict[str, Any]:
    """The row without such times."""
    at = {name: value for name, value in row.items() if name.endswith("_at") and value is not None}
    return {**row, **{name: micros(now) for name, value in at.items() if value > latest(now)}}


def settle(
    connection: Connection, whose: Whose, now: pendulum.DateTime, refreshed: Collection[str], until: int
) -> None:
    """Set such times of this user's rows to ``until``, that is before what is going to be kept.

    :param refreshed: keys of objects that somebody accepts for every use: of these each time after now is one.
    """
    for table, names in _TIMES.items():
        wrong = [(of(table.c, whose), latest(now))]
        if refreshed:
            wrong.append((and_(of(table.c, whose), table.c.object_key.in_(refreshed)), micros(now)))
        for here, limit in wrong:
            ahead = or_(*(table.c[name] > limit for name in names))
            values = {name: earlier(table.c[name], until) for name in names}
            connection.execute(update(table).where(here, ahead).values(**values))
