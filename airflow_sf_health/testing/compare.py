"""How Salesforce compares values: text without case, ids of both lengths, instants as instants, null apart."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

from airflow_sf_health.testing.ids import to_18
from airflow_sf_health.testing.schema import FieldSpec
from airflow_sf_health.testing.soql import Days

NUMERIC = ("int", "double", "currency", "percent")
KINDS: dict[str, tuple[type, ...]] = {
    "boolean": (bool,),
    "date": (date,),
    "datetime": (datetime,),
    **dict.fromkeys(NUMERIC, (int, float)),
}
"""Python types of a literal by type of the field; other fields take text."""

OPERATORS: dict[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    ">": operator.gt,
    "<=": operator.le,
    ">=": operator.ge,
}


def typed(field: FieldSpec, value: Any) -> Any:
    """A literal or a stored value, made comparable with the values of this field.

    :raises TypeError: for a literal of the wrong type, with Salesforce's words for it.
    """
    if value is None or (isinstance(value, Days) and field.type in ("date", "datetime")):
        return value
    if isinstance(value, str) and field.type in ("date", "datetime"):
        return _instant(value, field)
    kinds = KINDS.get(field.type, (str,))
    wrong_boolean = isinstance(value, bool) and field.type in NUMERIC
    if not isinstance(value, kinds) or wrong_boolean or (field.type == "date" and isinstance(value, datetime)):
        # reported
        name = field.name
        raise TypeError(f"value of filter criterion for field '{name}' must be of type {field.type}" + _quotes(value))
    if isinstance(value, str):
        return to_18(value) if field.type in ("id", "reference") else value.lower()
    return value


def matches(field: FieldSpec, operation: str, stored: Any, literal: Any) -> bool:
    """Whether a stored value fulfils ``<field> <operation> <literal>``; the literal is typed already."""
    value = typed(field, stored)
    if operation == "like":
        return _like(value or "", literal or "")
    if value is None or literal is None:
        return operation in ("=", "!=") and OPERATORS[operation](value, literal)
    if isinstance(literal, Days):
        return _in_days(value, operation, literal)
    return OPERATORS[operation](value, literal)


def order_key(field: FieldSpec, stored: Any) -> tuple[bool, Any]:
    """A key that sorts values of one field, nulls among themselves."""
    value = typed(field, stored)
    return (value is not None, value if value is not None else 0)


def _in_days(value: date | datetime, operation: str, days: Days) -> bool:
    """Days are UTC's here, the running user's in Salesforce. ``<`` is before the first, ``>`` after the last."""
    day = value.date() if isinstance(value, datetime) else value
    distance = (day - datetime.now(UTC).date()).days
    if operation in ("=", "!="):
        return (days.first <= distance <= days.last) is (operation == "=")
    bound = days.first if operation in ("<", ">=") else days.last
    return OPERATORS[operation](distance, bound)


def _like(value: str, pattern: str) -> bool:
    """``%`` stands for any text, ``_`` for one character."""
    parts = (".*" if character == "%" else "." if character == "_" else re.escape(character) for character in pattern)
    return re.fullmatch("".join(parts), value, re.DOTALL | re.IGNORECASE) is not None


def _instant(text: str, field: FieldSpec) -> date | datetime:
    try:
        if field.type == "date":
            return date.fromisoformat(text)
        return datetime.fromisoformat(text).astimezone(UTC)
    except ValueError:
        name = field.name
        raise TypeError(f"value of filter criterion for field '{name}' must be of type {field.type}{QUOTES}") from None


QUOTES = " and should not be enclosed in quotes"


def _quotes(value: Any) -> str:
    return QUOTES if isinstance(value, str) else ""
