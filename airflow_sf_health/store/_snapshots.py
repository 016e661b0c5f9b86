"""Whole describes: the cache, and what an object was like lately."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, delete, insert, or_, select, update

from airflow_sf_health.evidence.memory import Snapshot, Whose
from airflow_sf_health.schema.pack import packed
from airflow_sf_health.store._tables import SNAPSHOTS
from airflow_sf_health.store._values import key_of, later, micros, of

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

KEPT = 3
"""Snapshots of one object that are kept."""
_AT = SNAPSHOTS.c
_INDEX = tuple(each for each in _AT if each.name != "body")
_SEEN_LAST_FIRST = (_AT.confirmed_at.desc(), _AT.taken_at.desc(), _AT.id)
"""What was found to be so most lately: one that was confirmed comes before a change that was taken back."""


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
        "taken_at": at,
        "confirmed_at": at,
        "shape": packed(snapshot.shape.as_dict()),
        "body": body,
        "body_size": len(body),
    }


def newest(connection: Connection, whose: Whose, sobject: str) -> Any | None:
    """The row that tells best how the object is now, with its body."""
    wanted = and_(of(_AT, whose), _AT.object_key == key_of(sobject))
    return connection.execute(select(SNAPSHOTS).where(wanted).order_by(*_SEEN_LAST_FIRST).limit(1)).first()


def history(connection: Connection, whose: Whose, sobject: str) -> list[Any]:
    """The last snapshots with their bodies, the newest first."""
    wanted = and_(of(_AT, whose), _AT.object_key == key_of(sobject))
    return list(connection.execute(select(SNAPSHOTS).where(wanted).order_by(*_SEEN_LAST_FIRST).limit(KEPT)))


def listed(connection: Connection, whose: Whose) -> list[Any]:
    """For each object the row that :func:`newest` gives, without bodies, by name."""
    rows = connection.execute(select(*_INDEX).where(of(_AT, whose)).order_by(_AT.object_key, *_SEEN_LAST_FIRST))
    found: dict[str, Any] = {}
    for row in rows:
        found.setdefault(row.object_key, row)
    return list(found.values())


def forget(connection: Connection, whose: Whose, objects: Sequence[str] | None) -> int:
    wanted = of(_AT, whose)
    if objects is not None:
        wanted = and_(wanted, _AT.object_key.in_({key_of(each) for each in objects}))
    return int(connection.execute(delete(SNAPSHOTS).where(wanted)).rowcount)


def add(connection: Connection, whose: Whose, rows: Sequence[dict[str, Any]]) -> None:
    """Keep what is not there yet, confirm what is, and drop what is older than the last ones."""
    new = [row for row in rows if not _confirmed(connection, whose, row)]
    if not new:
        return
    connection.execute(insert(SNAPSHOTS), new)
    kept = connection.execute(
        select(_AT.id, _AT.object_key)
        .where(of(_AT, whose), _AT.object_key.in_({row["object_key"] for row in new}))
        .order_by(_AT.object_key, *_SEEN_LAST_FIRST)
    )
    surplus = list(_surplus(kept))
    if surplus:
        connection.execute(delete(SNAPSHOTS).where(_AT.id.in_(surplus)))


def confirm(connection: Connection, whose: Whose, object_key: str, shape: bytes, at: int) -> None:
    """The object was found to be of this shape."""
    same = and_(of(_AT, whose), _AT.object_key == object_key, _AT.shape == shape, _AT.taken_at <= at)
    connection.execute(update(SNAPSHOTS).where(same).values(confirmed_at=later(_AT.confirmed_at, at)))


def _confirmed(connection: Connection, whose: Whose, row: dict[str, Any]) -> bool:
    """Whether the object was known to be so already. The body is that of the last describe: a help text is no part of the shape."""
    here = and_(of(_AT, whose), _AT.object_key == row["object_key"])
    same = or_(_AT.shape == row["shape"], _AT.body == row["body"])
    known = connection.execute(select(_AT.id, _AT.confirmed_at).where(here, same).order_by(*_SEEN_LAST_FIRST)).all()
    if not known:
        return False
    connection.execute(delete(SNAPSHOTS).where(_AT.id.in_([each.id for each in known[1:]])))
    # The shape too: it is damaged, perhaps, or from before a change of what it holds.
    read = (
        ("shape", "body", "body_size", "confirmed_at") if known[0].confirmed_at <= row["confirmed_at"] else ("shape",)
    )
    changed = {name: row[name] for name in read}
    connection.execute(update(SNAPSHOTS).where(_AT.id == known[0].id).values(**changed))
    return True


def _surplus(rows: Any) -> Iterator[str]:
    """The ids of what is not among an object's last ones."""
    count: dict[str, int] = {}
    for row in rows:
        count[row.object_key] = count.get(row.object_key, 0) + 1
        if count[row.object_key] > KEPT:
            yield row.id
