"""Relative dates of SOQL, ``LAST_N_DAYS:7``, ``THIS_MONTH``, as days from today. Fiscal years are calendar years here."""

from __future__ import annotations

import re
from datetime import date, timedelta

from airflow_sf_health.testing.soql_tree import Days

DAY_NAMES = {"yesterday": -1, "today": 0, "tomorrow": 1}
MONTHS = {"month": 1, "quarter": 3, "year": 12}
FORM = re.compile(
    r"(?P<which>last|this|next)_(?:fiscal_)?(?P<unit>week|month|quarter|year)"
    r"|(?P<side>last|next)_(?:90_days|n_(?:fiscal_)?(?P<many>day|week|month|quarter|year)s:(?P<n>\d+))"
    r"|n_(?:fiscal_)?(?P<past>day|week|month|quarter|year)s_ago:(?P<ago>\d+)"
)


def days(text: str, today: date) -> Days | None:
    """The days that a literal stands for, if it is one."""
    name = text.lower()
    if name in DAY_NAMES:
        return Days(DAY_NAMES[name], DAY_NAMES[name])
    found = FORM.fullmatch(name)
    if found is None:
        return None
    if found["which"]:
        shift = {"last": -1, "this": 0, "next": 1}[found["which"]]
        return _span(today, found["unit"], shift, shift)
    if found["past"]:
        return _span(today, found["past"], -int(found["ago"]), -int(found["ago"]))
    unit, number = found["many"] or "day", int(found["n"] or 90)
    if found["side"] == "next":
        return _span(today, unit, 1, number)
    return _span(today, unit, -number, 0 if unit == "day" else -1)


def _span(today: date, unit: str, first: int, last: int) -> Days:
    """From the first to the last of units counted from the present one, 0."""
    end = _start(today, unit, last + 1) - timedelta(days=1)
    return Days((_start(today, unit, first) - today).days, (end - today).days)


def _start(today: date, unit: str, shift: int) -> date:
    """The first day of a unit. Weeks begin on Sunday, as in the United States."""
    if unit == "day":
        return today + timedelta(days=shift)
    if unit == "week":
        return today + timedelta(days=7 * shift - today.isoweekday() % 7)
    length = MONTHS[unit]
    months = (today.year * 12 + today.month - 1) // length * length + shift * length
    return date(months // 12, months % 12 + 1, 1)
