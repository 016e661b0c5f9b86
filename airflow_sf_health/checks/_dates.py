"""Days between now and a date as Salesforce writes it; no clock of its own."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pendulum

WARN_DAYS = 14
"""Days before an end at which a warning begins: a procurement needs that long."""


def days_since(instant: str, now: pendulum.DateTime) -> int:
    """Whole days from an instant (``2026-01-12T08:30:00.000+0000``) until now."""
    return int((now.timestamp() - _instant(instant).timestamp()) // 86_400)


def days_until(end: str, now: pendulum.DateTime) -> int:
    """Days from today (UTC) to the day of an end; negative once it is over. ``2027-01-31`` ends with that day, an instant
    (``2027-01-31T00:00:00.000+0000``) at that instant.
    """
    days = (date.fromisoformat(end[:10]) - now.date()).days
    is_over = "T" in end and _instant(end) <= now
    return min(days, -1) if is_over else days


def in_days(days: int, end: str) -> str:
    """``in 9 days (2026-12-01)``, ``today (2026-11-22)``, ``since 2026-11-20``."""
    if days < 0:
        return f"since {end[:10]}"
    return f"{'today' if days == 0 else 'in 1 day' if days == 1 else f'in {days} days'} ({end[:10]})"


def _instant(text: str) -> datetime:
    instant = datetime.fromisoformat(text)
    return instant if instant.tzinfo else instant.replace(tzinfo=UTC)
