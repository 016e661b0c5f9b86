"""What an object is compared with, for each use of it: what one task accepts may break another."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, delete, insert, or_, select, update

from airflow_sf_health.evidence.baselines import EVERY_USE
from airflow_sf_health.evidence.facts import Remembered
from airflow_sf_health.evidence.memory import Whose
from airflow_sf_health.schema.pack import packed
from airflow_sf_health.store._tables import BASELINES
from airflow_sf_health.store._values import key_of, micros, of

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement
    from sqlalchemy.engine import Connection

KEPT = 100
"""Uses of one object whose baselines are kept: of tasks that were changed or removed nobody tells."""
_AT = BASELINES.c
_INDEX = tuple(each for each in _AT if each.name != "shape")
_KEY = ("org_id", "user_id", "version", "object_key", "use_key")
_FOUND_LAST_FIRST = (_AT.confirmed_at.desc(), _AT.taken_at.desc(), _AT.use_key)


def row_of(whose: Whose, baseline: Remembered) -> dict[str, Any]:
    """The row of a baseline."""
    return {
        "org_id": whose.org_id,
        "user_id": whose.user_id,
        "version": whose.version,
        "object_key": key_of(baseline.shape.name),
        "use_key": baseline.use,
        "object_name": baseline.shape.name,
        "taken_at": micros(baseline.taken_at),
        "compared_at": micros(baseline.compared_at),
        "confirmed_at": micros(baseline.confirmed_at),
        "refused_at": micros(baseline.refused_at) if baseline.refused_at is not None else None,
        "last_modified": baseline.last_modified,
        "rights": baseline.rights,
        "shape": packed(baseline.shape.as_dict()),
    }


def recalled(connection: Connection, whose: Whose, uses: Mapping[str, str]) -> list[Any]:
    """For each of these objects, by key, the row that counts for this use."""
    asked = {key_of(sobject): use for sobject, use in uses.items()}
    wanted = and_(of(_AT, whose), _AT.object_key.in_(asked))
    rows: dict[str, list[Any]] = {}
    for row in connection.execute(select(*_INDEX).where(wanted).order_by(*_FOUND_LAST_FIRST)):
        rows.setdefault(row.object_key, []).append(row)
    chosen = [_chosen(found, asked[key]) for key, found in rows.items()]
    if not chosen:
        return []
    these = or_(*(and_(_AT.object_key == row.object_key, _AT.use_key == row.use_key) for row in chosen))
    return list(connection.execute(select(BASELINES).where(of(_AT, whose), these)))


def _chosen(rows: Sequence[Any], use: str) -> Any:
    """Of an object's rows, the one that was found so last first."""
    if use == EVERY_USE:
        return rows[-1]
    for wanted in (use, EVERY_USE):
        found = next((row for row in rows if row.use_key == wanted), None)
        if found is not None:
            return found
    return rows[0]


def listed(connection: Connection, whose: Whose) -> list[Any]:
    """All of them, by object, the one that was found so last first."""
    return list(
        connection.execute(select(BASELINES).where(of(_AT, whose)).order_by(_AT.object_key, *_FOUND_LAST_FIRST))
    )


def forget(connection: Connection, whose: Whose, objects: Sequence[str] | None) -> None:
    wanted = of(_AT, whose)
    if objects is not None:
        wanted = and_(wanted, _AT.object_key.in_({key_of(each) for each in objects}))
    connection.execute(delete(BASELINES).where(wanted))


def keep(connection: Connection, row: dict[str, Any]) -> None:
    """Keep one where it is news. What was described later counts, and of the same describe what was found later, whoever writes
    last; what was accepted for every use goes before what was found earlier for one.
    """
    here = [_AT[name] == row[name] for name in _KEY[:-1]]
    before = connection.execute(select(*_INDEX).where(*here, _AT.use_key.in_((EVERY_USE, row["use_key"])))).all()
    own = next((each for each in before if each.use_key == row["use_key"]), None)
    every = next((each for each in before if each.use_key == EVERY_USE), None)
    if own is not None and (own.taken_at, own.confirmed_at) > (row["taken_at"], row["confirmed_at"]):
        return
    if every is not None and every.taken_at > row["confirmed_at"]:
        return
    if row["use_key"] == EVERY_USE:
        earlier = or_(_AT.use_key == EVERY_USE, _AT.confirmed_at <= row["confirmed_at"])
        connection.execute(delete(BASELINES).where(*here, earlier))
        own = None
    if own is None:
        connection.execute(insert(BASELINES).values(**row))
        _prune(connection, here)
    else:
        _replace(connection, own, row)


def _replace(connection: Connection, own: Any, row: dict[str, Any]) -> None:
    compared = max(own.compared_at, row["compared_at"]) if own.taken_at == row["taken_at"] else row["compared_at"]
    here = [_AT[name] == row[name] for name in _KEY]
    connection.execute(update(BASELINES).where(*here).values(**{**row, "compared_at": compared}))


def _prune(connection: Connection, here: Sequence[ColumnElement[bool]]) -> None:
    of_one = select(_AT.use_key).where(*here, _AT.use_key != EVERY_USE).order_by(*_FOUND_LAST_FIRST)
    surplus = connection.execute(of_one.offset(KEPT).limit(1_000)).scalars().all()
    if surplus:
        connection.execute(delete(BASELINES).where(*here, _AT.use_key.in_(surplus)))
