"""Of each credential the token that is shared, and the refusal that is remembered."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pendulum import now
from sqlalchemy import and_, case, delete, insert, null, or_, select, update

from airflow_sf_health.org.vault import Kept, Sealed
from airflow_sf_health.store._clocks import apart, clock, difference, latest
from airflow_sf_health.store._tables import LOGINS
from airflow_sf_health.store._values import instant, micros

if TYPE_CHECKING:
    import pendulum
    from sqlalchemy import ColumnElement
    from sqlalchemy.engine import Connection

_AT = LOGINS.c
_TOKEN = ("token", "minted_at")
_REFUSAL = ("refusal", "refused_at", "refused_until")
FORGOTTEN = 2 * 24 * 3600
"""Seconds after which neither a token nor a refusal is of use to anybody: both count for less than a day."""
SWEPT = 20
"""Such credentials that are removed at once, at most; connections are edited, and tasks removed, and nobody tells."""


def recalled(connection: Connection, fingerprint: str) -> Kept:
    columns = select(LOGINS, clock(connection).label("now")).where(_AT.fingerprint == fingerprint)
    row = connection.execute(columns).first()
    if row is None:
        return Kept()
    token, refusal = _sealed(row.token, row.minted_at), _sealed(row.refusal, row.refused_at)
    if refusal is None or not isinstance(row.refused_until, int) or row.refused_until <= row.now:
        return Kept(token=token)
    until = instant(row.refused_until - apart(row.now))
    return Kept(token=token, refusal=refusal, refused_until=until)


def _sealed(blob: Any, at: Any) -> Sealed | None:
    """None of what is damaged, or of the future."""
    if not isinstance(at, int) or not isinstance(blob, bytes | memoryview) or at > latest(now("UTC")):
        return None
    return Sealed(bytes(blob), instant(at))


def keep_token(connection: Connection, fingerprint: str, token: Sealed) -> None:
    at = micros(token.at)
    newer, outlived = _gives_way(_AT.minted_at, at), _gives_way(_AT.refused_at, at)
    values = {"token": case((newer, token.blob), else_=_AT.token), "minted_at": case((newer, at), else_=_AT.minted_at)}
    values |= {name: case((outlived, null()), else_=_AT[name]) for name in _REFUSAL}
    changed = connection.execute(update(LOGINS).where(_AT.fingerprint == fingerprint).values(**values))
    if not changed.rowcount:
        _add(connection, fingerprint, {"token": token.blob, "minted_at": at})


def drop_token(connection: Connection, fingerprint: str, minted_at: pendulum.DateTime) -> None:
    here = and_(_AT.fingerprint == fingerprint, _AT.minted_at <= micros(minted_at))
    connection.execute(update(LOGINS).where(here).values(dict.fromkeys(_TOKEN)))


def keep_refusal(connection: Connection, fingerprint: str, refusal: Sealed, until: pendulum.DateTime) -> None:
    at = micros(refusal.at)
    values = {
        "refusal": refusal.blob,
        "refused_at": at,
        "refused_until": micros(until) + difference(connection),
    }
    known = connection.execute(select(_AT.fingerprint).where(_AT.fingerprint == fingerprint)).scalar()
    if known is None:
        _add(connection, fingerprint, values)
        return
    here = and_(_AT.fingerprint == fingerprint, _gives_way(_AT.refused_at, at), _gives_way(_AT.minted_at, at))
    connection.execute(update(LOGINS).where(here).values(**values))


def _add(connection: Connection, fingerprint: str, values: dict[str, Any]) -> None:
    before = micros(now("UTC")) - FORGOTTEN * 1_000_000
    old = and_(*(or_(column.is_(None), column < before) for column in (_AT.minted_at, _AT.refused_until)))
    found = (
        connection.execute(select(_AT.fingerprint).where(old).order_by(_AT.fingerprint).limit(SWEPT)).scalars().all()
    )
    if found:
        connection.execute(delete(LOGINS).where(_AT.fingerprint.in_(found), old))
    connection.execute(insert(LOGINS).values(fingerprint=fingerprint, **values))


def _gives_way(column: Any, at: int) -> ColumnElement[bool]:
    """Whether what is there is older, or missing, or of the future."""
    return or_(column.is_(None), column <= at, column > latest(now("UTC")))


def forget(connection: Connection, fingerprint: str) -> int:
    here = _AT.fingerprint == fingerprint
    row = connection.execute(select(_AT.token, _AT.refusal).where(here)).first()
    if row is None:
        return 0
    connection.execute(update(LOGINS).where(here).values(dict.fromkeys((*_TOKEN, *_REFUSAL))))
    return sum(each is not None for each in row)
