"""Instants in texts, and how far this machine's clock is from Salesforce's by the ``Date`` header of a reply. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from airflow_sf_health.org.errors import Refusal

if TYPE_CHECKING:
    import pendulum

# pendulum and email are loaded late: the causes come by here while Airflow parses DAGs.

AGREE = 62.0
"""Seconds up to which two clocks are taken to agree: a minute, and what is not known of it, since the header has whole seconds and the
reply was on its way.
"""
_UNITS = (("days", 86_400), ("h", 3_600), ("min", 60), ("s", 1))


def instant(text: str) -> pendulum.DateTime | None:
    """The instant of an ISO 8601 text; None for another text, or none."""
    import pendulum

    try:
        found = pendulum.parse(text) if text else None
    except ValueError:
        return None
    return found if isinstance(found, pendulum.DateTime) else None


def date_of(header: str | None) -> pendulum.DateTime | None:
    """The instant of a ``Date`` header, in UTC; None where there is none, or another text."""
    from email.utils import parsedate_to_datetime

    import pendulum

    try:
        return pendulum.instance(parsedate_to_datetime(header or "")).in_timezone("UTC")
    except (ValueError, OverflowError):
        return None


def ahead(header: str | None, at: pendulum.DateTime | None) -> float | None:
    """Seconds by which this machine's clock is ahead of Salesforce's (negative: behind); None where that is not known.

    :param header: ``Date`` of a reply that came ``at`` that instant by this machine's clock.
    """
    theirs = date_of(header)
    return None if theirs is None or at is None else (at - theirs).total_seconds()


def ahead_at(refusal: Refusal) -> float | None:
    """The same at the time when this was refused."""
    return ahead(refusal.server_date, instant(refusal.at))


def apart(seconds: float) -> str:
    """``5 min 2 s behind Salesforce's``, for how far this machine's clock is ahead: negative, it is behind."""
    return f"{exactly(abs(seconds))} {'behind' if seconds < 0 else 'ahead of'} Salesforce's"


def exactly(seconds: float) -> str:
    """``5 min 2 s``, ``1 h``, ``2 days 3 h``: the two largest units."""
    left = round(seconds)
    first = 0 if left >= 2 * 86_400 else 1 if left >= 3_600 else 2 if left >= 60 else 3
    parts: list[str] = []
    for unit, length in _UNITS[first : first + 2]:
        number, left = divmod(left, length)
        if number or not parts:
            parts.append(f"{number} {unit}")
    return " ".join(parts)
