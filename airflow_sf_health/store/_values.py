"""Values as they stand in the tables."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from dataclasses import fields
from typing import TYPE_CHECKING, Any

import pendulum
from sqlalchemy import and_, case

from airflow_sf_health import plain
from airflow_sf_health.evidence.facts import RememberedUser
from airflow_sf_health.evidence.memory import Whose

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement

_EPOCH = pendulum.datetime(1970, 1, 1)


def micros(at: pendulum.DateTime) -> int:
    """Microseconds since 1970: the same number in every database, whatever it does with time zones."""
    return math.floor(at.timestamp()) * 1_000_000 + at.microsecond


def instant(number: int) -> pendulum.DateTime:
    """What :func:`micros` wrote, in UTC."""
    return _EPOCH.add(seconds=number // 1_000_000, microseconds=number % 1_000_000)


def key_of(sobject: str) -> str:
    """An API name as it is looked up: Salesforce does not look at case."""
    return sobject.lower()


def of(columns: Any, whose: Whose) -> ColumnElement[bool]:
    """The rows that are of this user."""
    return and_(columns.org_id == whose.org_id, columns.user_id == whose.user_id, columns.version == whose.version)


def later(column: Any, at: int) -> ColumnElement[int]:
    """The later of the time that is there and this one."""
    return case((column < at, at), else_=column)


def earlier(column: Any, at: int) -> ColumnElement[int]:
    """The earlier of the time that is there and this one; none stays none."""
    return case((column > at, at), else_=column)


def user_text(user: RememberedUser) -> str:
    return json.dumps(_plain_user(user), sort_keys=True)


def _plain_user(user: RememberedUser) -> dict[str, Any]:
    known = plain.dump(user)
    return {name: _WRITTEN.get(name, _as_it_is)(value) for name, value in known.items()}


def user_of(text: str) -> RememberedUser | None:
    """What :func:`user_text` wrote, keys that this version does not know left out; None of what is damaged."""
    try:
        return _user(json.loads(text))
    except (ValueError, TypeError, KeyError, AttributeError):
        return None


def _user(written: Mapping[str, Any]) -> RememberedUser:
    known = {name: value for name, value in written.items() if name in _USER_FIELDS}
    return RememberedUser(**{name: _READ.get(name, _as_it_is)(value) for name, value in known.items()})


def _as_it_is(value: Any) -> Any:
    return value


_WRITTEN: dict[str, Callable[[Any], Any]] = {
    "at": micros,
    "changed_at": micros,
    "former": _plain_user,
    "permissions": dict,
    "permission_sets": dict,
}
_READ: dict[str, Callable[[Any], Any]] = {"at": instant, "changed_at": instant, "former": _user}
_USER_FIELDS = frozenset(each.name for each in fields(RememberedUser))
