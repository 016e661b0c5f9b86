"""Values in the sentences about a change."""

from __future__ import annotations

from collections.abc import Sequence

from airflow_sf_health.schema.shape import FieldShape

__all__ = ["listed", "quoted", "size"]

MOST = 5
"""So many values are told; of more, how many there are."""


def quoted(text: str | None) -> str:
    return f"'{text}'"


def listed(values: Sequence[str]) -> str:
    """``'a', 'b'``, the first few of many."""
    more = f" and {len(values) - MOST} more" if len(values) > MOST else ""
    return ", ".join(map(quoted, values[:MOST])) + more or "nothing"


def size(field: FieldShape) -> str:
    """``80 characters``, or ``16 digits before the point and 2 behind it``."""
    if not field.precision:
        return f"{field.length} characters"
    behind = f" before the point and {field.scale} behind it" if field.scale else ""
    return f"{field.precision - field.scale} digits{behind}"
