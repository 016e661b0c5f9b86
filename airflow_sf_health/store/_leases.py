"""Who alone may log in, or examine, for a few seconds; by the database's clock."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import and_, delete, insert, not_, or_, select, update

from airflow_sf_health.evidence.baselines import AHEAD
from airflow_sf_health.store._clocks import clock
from airflow_sf_health.store._tables import LEASES

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement
    from sqlalchemy.engine import Connection

_AT = LEASES.c
LONGEST = AHEAD
"""Seconds for which a lease is given at most: one of a longer time is of a clock that was set back, and holds nobody up."""
FORGOTTEN = 3600
"""Seconds after its end for which the row of a lease stays, at least."""
SWEPT = 20
"""Such leases that are removed at once, at most."""


def is_taken(connection: Connection, name: str, holder: str) -> bool:
    """Whether another has it. All who wait for it ask so, again and again, and none of them keeps those off who write."""
    here = select(_AT.name).where(_AT.name == name, not_(_is_free(connection, holder)))
    return connection.execute(here).first() is not None


def take(connection: Connection, name: str, holder: str, seconds: float) -> bool:
    until = clock(connection) + int(min(seconds, LONGEST) * 1_000_000)
    here = (_AT.name == name, _is_free(connection, holder))
    taken = connection.execute(update(LEASES).where(*here).values(holder=holder, until=until))
    if taken.rowcount:
        return True
    if connection.execute(select(_AT.name).where(_AT.name == name)).first() is not None:
        return False
    connection.execute(insert(LEASES).values(name=name, holder=holder, until=until))
    _sweep(connection)
    return True


def give_back(connection: Connection, name: str, holder: str) -> None:
    """The row stays for the next one, who would meet others where it had to be made anew."""
    here = (_AT.name == name, _AT.holder == holder)
    connection.execute(update(LEASES).where(*here).values(holder="", until=clock(connection)))


def _is_free(connection: Connection, holder: str) -> ColumnElement[bool]:
    now = clock(connection)
    return or_(_AT.holder.in_((holder, "")), _AT.until <= now, _AT.until > now + LONGEST * 1_000_000)


def _sweep(connection: Connection) -> None:
    old = _AT.until < clock(connection) - FORGOTTEN * 1_000_000
    names = connection.execute(select(_AT.name).where(old).order_by(_AT.name).limit(SWEPT)).scalars().all()
    if names:
        connection.execute(delete(LEASES).where(and_(_AT.name.in_(names), old)))
