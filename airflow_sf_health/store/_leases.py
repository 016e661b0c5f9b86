"""Who alone may log in, or examine, for a few seconds; by the database's clock."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import and_, delete, insert, or_, select, update

from airflow_sf_health.evidence.baselines import AHEAD
from airflow_sf_health.store._clocks import clock
from airflow_sf_health.store._tables import LEASES

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

_AT = LEASES.c
LONGEST = AHEAD
"""Seconds for which a lease is given at most: one of a longer time is of a clock that was set back, and holds nobody up."""
FORGOTTEN = 3600
"""Seconds after its end for which the row of a lease stays, at least."""
SWEPT = 20
"""Such leases that are removed at once, at most."""


def take(connection: Connection, name: str, holder: str, seconds: float) -> bool:
    now = clock(connection)
    until = now + int(min(seconds, LONGEST) * 1_000_000)
    free = or_(_AT.holder.in_((holder, "")), _AT.until <= now, _AT.until > now + LONGEST * 1_000_000)
    taken = connection.execute(update(LEASES).where(_AT.name == name, free).values(holder=holder, until=until))
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


def _sweep(connection: Connection) -> None:
    old = _AT.until < clock(connection) - FORGOTTEN * 1_000_000
    names = connection.execute(select(_AT.name).where(old).order_by(_AT.name).limit(SWEPT)).scalars().all()
    if names:
        connection.execute(delete(LEASES).where(and_(_AT.name.in_(names), old)))
