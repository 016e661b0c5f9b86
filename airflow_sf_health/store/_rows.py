"""From rows to the values that others know, late: this module brings SQLAlchemy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from airflow_sf_health.evidence.facts import Remembered, RememberedUser
from airflow_sf_health.evidence.memory import Confirmation, Snapshot, Whose
from airflow_sf_health.schema.pack import unpacked
from airflow_sf_health.schema.shape import ObjectShape
from airflow_sf_health.store import _snapshots, _users
from airflow_sf_health.store._described import StoredDescribe
from airflow_sf_health.store._problems import StoreError
from airflow_sf_health.store._values import instant

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

Recalled = tuple[Mapping[str, Remembered], RememberedUser | None]


def recalled(connection: Connection, whose: Whose, objects: Sequence[str]) -> Recalled:
    """The baselines by the names asked, without those that are damaged, and the user."""
    rows = _snapshots.baselines(connection, whose, objects) if objects else []
    found = {row.object_key: read for row in rows if (read := _remembered(row)) is not None}
    asked = {name: found[key] for name in objects if (key := _snapshots.key_of(name)) in found}
    return asked, _users.user(connection, whose)


class Keeping:
    """What is to be kept, packed before the transaction begins, so that the lock on the database is short."""

    def __init__(
        self,
        whose: Whose,
        snapshots: Sequence[Snapshot],
        confirmations: Sequence[Confirmation],
        user: RememberedUser | None,
        door: str | None,
    ) -> None:
        self._whose = whose
        # Always in the same order, so that two writers do not wait for each other.
        self._rows = sorted((_snapshots.row_of(whose, each) for each in snapshots), key=lambda row: row["object_key"])
        self._confirmations = sorted(confirmations, key=lambda each: _snapshots.key_of(each.sobject))
        self._user, self._door = user, door

    def __call__(self, connection: Connection) -> None:
        for each in self._confirmations:
            _snapshots.confirm(connection, self._whose, each)
        _snapshots.add(connection, self._whose, self._rows)
        if self._user is not None:
            _users.keep_user(connection, self._user, self._door)


def newest(connection: Connection, whose: Whose, sobject: str) -> StoredDescribe | None:
    row = _snapshots.newest(connection, whose, sobject)
    return None if row is None else _stored(row)


def history(connection: Connection, whose: Whose, sobject: str) -> list[StoredDescribe]:
    return [_stored(row) for row in _snapshots.history(connection, whose, sobject)]


def listed(connection: Connection, whose: Whose) -> list[StoredDescribe]:
    return [_stored(row) for row in _snapshots.listed(connection, whose)]


def _stored(row: Any) -> StoredDescribe:
    """:raises StoreError: the row is damaged."""
    try:
        return StoredDescribe(
            sobject=row.object_name,
            at=instant(row.confirmed_at),
            taken_at=instant(row.taken_at),
            compared_at=instant(row.compared_at),
            accepted=row.accepted,
            shape=_shape(row.shape),
            size=row.body_size,
            body=unpacked(bytes(row.body)) if hasattr(row, "body") else None,
            last_modified=row.last_modified,
            rights=row.rights,
        )
    except (ValueError, TypeError, KeyError, AttributeError):
        raise StoreError(
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
        last_modified=row.last_modified,
        rights=row.rights,
    )


def _shape(data: Any) -> ObjectShape:
    return ObjectShape.from_dict(unpacked(bytes(data)))
