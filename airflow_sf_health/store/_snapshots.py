"""Whole describes, of which the newest accepted one is an object's baseline."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, case, delete, func, insert, select, true, update

from airflow_sf_health.evidence.memory import Confirmation, Snapshot, Whose
from airflow_sf_health.schema.pack import packed
from airflow_sf_health.store._tables import SNAPSHOTS
from airflow_sf_health.store._values import micros

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement
    from sqlalchemy.engine import Connection

KEPT = 3
"""Snapshots of one object that are kept; one more where none of them is accepted."""
_AT = SNAPSHOTS.c
_INDEX = tuple(each for each in _AT if each.name != "body")
_NEWEST_FIRST = (_AT.taken_at.desc(), _AT.confirmed_at.desc(), _AT.id)
_SEEN_LAST_FIRST = (_AT.confirmed_at.desc(), _AT.taken_at.desc(), _AT.id)
"""What was found to be so most lately: a baseline that was confirmed comes before a refused change that was taken back."""


def key_of(sobject: str) -> str:
    return sobject.lower()


def row_of(whose: Whose, snapshot: Snapshot) -> dict[str, Any]:
    """The row of a new snapshot."""
    at, body = micros(snapshot.at), packed(snapshot.body)
    return {
        "id": uuid.uuid4().hex,
        "org_id": whose.org_id,
        "user_id": whose.user_id,
        "version": whose.version,
        "object_key": key_of(snapshot.shape.name),
        "object_name": snapshot.shape.name,
        "accepted": snapshot.accepted,
        "taken_at": at,
        "compared_at": at,
        "confirmed_at": at,
        "last_modified": snapshot.last_modified,
        "rights": snapshot.rights,
        "shape": packed(snapshot.shape.as_dict()),
        "body": body,
        "body_size": len(body),
    }


def baselines(connection: Connection, whose: Whose, objects: Sequence[str]) -> list[Any]:
    """The newest accepted snapshots of these objects, without their bodies."""
    rank = func.row_number().over(partition_by=_AT.object_key, order_by=_NEWEST_FIRST).label("rank")
    wanted = and_(_of(whose), _AT.accepted == true(), _AT.object_key.in_({key_of(each) for each in objects}))
    ranked = select(_AT.id, rank).where(wanted).subquery()
    chosen = select(*_INDEX).join(ranked, ranked.c.id == _AT.id).where(ranked.c.rank == 1)
    return list(connection.execute(chosen))


def newest(connection: Connection, whose: Whose, sobject: str) -> Any | None:
    """The row that tells best how the object is now, with its body."""
    wanted = and_(_of(whose), _AT.object_key == key_of(sobject))
    return connection.execute(select(SNAPSHOTS).where(wanted).order_by(*_SEEN_LAST_FIRST).limit(1)).first()


def history(connection: Connection, whose: Whose, sobject: str) -> list[Any]:
    """The last snapshots with their bodies, the newest first."""
    wanted = and_(_of(whose), _AT.object_key == key_of(sobject))
    return list(connection.execute(select(SNAPSHOTS).where(wanted).order_by(*_SEEN_LAST_FIRST).limit(KEPT)))


def listed(connection: Connection, whose: Whose) -> list[Any]:
    """For each object the row that :func:`newest` gives, without bodies, by name."""
    rows = connection.execute(select(*_INDEX).where(_of(whose)).order_by(_AT.object_key, *_SEEN_LAST_FIRST))
    found: dict[str, Any] = {}
    for row in rows:
        found.setdefault(row.object_key, row)
    return list(found.values())


def forget(connection: Connection, whose: Whose, objects: Sequence[str] | None) -> int:
    wanted = _of(whose)
    if objects is not None:
        wanted = and_(wanted, _AT.object_key.in_({key_of(each) for each in objects}))
    return int(connection.execute(delete(SNAPSHOTS).where(wanted)).rowcount)


def add(connection: Connection, whose: Whose, rows: Sequence[dict[str, Any]]) -> None:
    """Keep new snapshots, and drop what is older than the last ones."""
    if not rows:
        return
    connection.execute(insert(SNAPSHOTS), list(rows))
    keys = {row["object_key"] for row in rows}
    kept = connection.execute(
        select(_AT.id, _AT.object_key, _AT.accepted)
        .where(_of(whose), _AT.object_key.in_(keys))
        .order_by(_AT.object_key, *_NEWEST_FIRST)
    )
    surplus = list(_surplus(kept))
    if surplus:
        connection.execute(delete(SNAPSHOTS).where(_AT.id.in_(surplus)))


def _surplus(rows: Any) -> Iterator[str]:
    """The ids of what goes: neither among an object's last ones nor its newest accepted one."""
    count: dict[str, int] = {}
    accepted: set[str] = set()
    for row in rows:
        count[row.object_key] = count.get(row.object_key, 0) + 1
        baseline = row.accepted and row.object_key not in accepted
        if row.accepted:
            accepted.add(row.object_key)
        if count[row.object_key] > KEPT and not baseline:
            yield row.id


def confirm(connection: Connection, whose: Whose, confirmation: Confirmation) -> None:
    """Note that the baseline of that time was found unchanged. A snapshot that was taken after that look is not touched."""
    at = micros(confirmation.at)
    wanted = and_(
        _of(whose),
        _AT.object_key == key_of(confirmation.sobject),
        _AT.accepted == true(),
        _AT.taken_at <= at,
    )
    found = connection.execute(select(_AT.id).where(wanted).order_by(*_NEWEST_FIRST).limit(1)).scalar()
    if found is None:
        return
    changed: dict[str, Any] = {"confirmed_at": _later(_AT.confirmed_at, at)}
    if confirmation.compared:
        changed |= {"compared_at": _later(_AT.compared_at, at), "rights": confirmation.rights}
    elif confirmation.rights is not None:
        changed["rights"] = confirmation.rights
    if confirmation.last_modified is not None:
        changed["last_modified"] = confirmation.last_modified
    connection.execute(update(SNAPSHOTS).where(_AT.id == found).values(**changed))


def _later(column: Any, at: int) -> ColumnElement[int]:
    return case((column < at, at), else_=column)


def _of(whose: Whose) -> ColumnElement[bool]:
    return and_(_AT.org_id == whose.org_id, _AT.user_id == whose.user_id, _AT.version == whose.version)
