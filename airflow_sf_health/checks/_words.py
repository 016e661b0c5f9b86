"""Small words that several checks say alike."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pendulum

    from airflow_sf_health.evidence.facts import LoginFacts

MOST_LISTED = 8
"""Names in a sentence before it says how many more there are."""


def listed(names: Sequence[str], most: int = MOST_LISTED) -> str:
    """``A, B, C and 12 more``."""
    shown = ", ".join(names[:most])
    return shown if len(names) <= most else f"{shown} and {len(names) - most} more"


def counted(number: int, noun: str) -> str:
    """``1 field``, ``1,200 fields``; "query" makes "queries"."""
    plural = f"{noun[:-1]}ies" if noun.endswith("y") else f"{noun}s"
    return f"{number:,} {noun if number == 1 else plural}"


def minute(at: pendulum.DateTime) -> str:
    """``2026-11-21 02:00 UTC``."""
    return f"{at.in_timezone('UTC').strftime('%Y-%m-%d %H:%M')} UTC"


def span(seconds: float) -> str:
    """``24.5 h``, ``3 days``, ``20 minutes``."""
    for unit, length in (("days", 86_400), ("h", 3_600), ("minutes", 60)):
        if seconds >= 2 * length:
            return f"{round(seconds / length, 1):g} {unit}"
    return f"{round(seconds, 1 if seconds < 10 else None):g} s"


def ago(at: pendulum.DateTime, now: pendulum.DateTime) -> str:
    """``12 s ago``; ``0 s ago`` by a clock that is ahead of ours."""
    return f"{span(max(0, round((now - at).total_seconds())))} ago"


def succeeded(login: LoginFacts, now: pendulum.DateTime) -> str:
    """Which login succeeded, and when, where that was not in this very look."""
    return f"a shared login succeeded {ago(login.at, now)}" if login.shared else "a fresh login succeeded"


def sentences(*said: str) -> str:
    """Each as a sentence of its own, without repetitions: what a reader of the hint alone must know stands in it first."""
    whole = [f"{each[0].upper()}{each[1:].rstrip('.')}." for each in said if each]
    return " ".join(dict.fromkeys(whole))
