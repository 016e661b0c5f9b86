"""Rotating refresh tokens in our keeping, and who is spending one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pendulum import now
from sqlalchemy import insert, select, update

from airflow_sf_health.org.vault import Grant, Sealed
from airflow_sf_health.store._tables import GRANTS
from airflow_sf_health.store._values import instant, micros

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

_AT = GRANTS.c


def grant(connection: Connection, fingerprint: str) -> Grant | None:
    row = connection.execute(select(GRANTS).where(_AT.fingerprint == fingerprint)).first()
    return None if row is None else _grant(row)


def begin(connection: Connection, fingerprint: str, spender: str) -> Grant:
    row = connection.execute(select(GRANTS).where(_AT.fingerprint == fingerprint).with_for_update()).first()
    values = {"spender": spender, "spending_since": micros(now("UTC"))}
    if row is None:
        connection.execute(insert(GRANTS).values(fingerprint=fingerprint, **values))
        return Grant(None)
    connection.execute(update(GRANTS).where(_AT.fingerprint == fingerprint).values(**values))
    return _grant(row)


def end(connection: Connection, fingerprint: str, spender: str, successor: Sealed | None) -> bool:
    values: dict[str, Any] = {"spender": "", "spending_since": None}
    if successor is not None:
        values |= {"sealed": successor.blob, "kept_at": micros(successor.at)}
    here = (_AT.fingerprint == fingerprint, _AT.spender == spender)
    if connection.execute(update(GRANTS).where(*here).values(**values)).rowcount:
        return True
    row = connection.execute(select(GRANTS).where(_AT.fingerprint == fingerprint)).first()
    return row is not None and successor is not None and row.spender == "" and _grant(row).sealed == successor


def _grant(row: Any) -> Grant:
    """A time that is damaged hides no token: one that is lost is lost for good."""
    sealed = Sealed(bytes(row.sealed), _instant(row.kept_at) or instant(0)) if row.sealed is not None else None
    return Grant(sealed, row.spender, _instant(row.spending_since))


def _instant(number: Any) -> Any:
    return instant(number) if isinstance(number, int) else None
