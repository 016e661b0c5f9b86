"""Who may go without a guard."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from airflow_sf_health.enforcement.values import Waiver

TAG = "sf-health:waived"
"""Waives all of a DAG."""
PARAM = "sf_health_waiver"
"""Of a task or its DAG: the reason, or a dict of ``reason`` and ``until``."""
KEYS = ("reason", "until")


def waiver_of(task: Any, dag: Any, today: date) -> Waiver | None:
    """Somebody's word that this task needs no guard; None where nobody has given it.

    The task's param goes before the DAG's, and that before the tag, whether it counts or not.
    """
    return waivers_of(dag, today)(task)


def waivers_of(dag: Any, today: date) -> Callable[[Any], Waiver | None]:
    """The same for many tasks of one DAG."""
    given = param(dag, PARAM)
    of_all = _read(given, today) if given is not None else None
    if of_all is None and TAG in (getattr(dag, "tags", None) or ()):
        of_all = Waiver(by="tag")

    def of(task: Any) -> Waiver | None:
        own = param(task, PARAM)
        return of_all if own is None else _read(own, today)

    return of


def param(owner: Any, name: str) -> Any:
    """A param of a task or DAG as it was written, without Airflow's look at whether it fits its schema; None where there is none."""
    params = getattr(owner, "params", None)
    if not params or not isinstance(params, Mapping) or name not in params:
        return None
    found = params.get_param(name) if hasattr(params, "get_param") else params[name]
    return getattr(found, "value", found)


def _read(given: Any, today: date) -> Waiver:
    if isinstance(given, str):
        given = {"reason": given}
    if not isinstance(given, Mapping):
        return Waiver(by="param", problem=f"Its value is neither a text nor a dict: {given!r}.")
    reason, until = given.get("reason"), given.get("until")
    reason = reason.strip() if isinstance(reason, str) else ""
    last = _day(until)
    return Waiver(by="param", reason=reason, until=last, problem=_problem(given, reason, last, today))


def _problem(given: Mapping[str, Any], reason: str, last: date | None, today: date) -> str:
    strange = [str(name) for name in given if name not in KEYS]
    if strange:
        return f"It has the key {strange[0]!r}; there are {' and '.join(map(repr, KEYS))}."
    if not reason:
        return "It gives no reason."
    if last is None and given.get("until") is not None:
        return f"Its 'until' is no date as 2026-12-31: {given['until']!r}."
    return f"It expired on {last.isoformat()}." if last is not None and last < today else ""


def _day(value: Any) -> date | None:
    if isinstance(value, date):
        return date(value.year, value.month, value.day)
    try:
        return date.fromisoformat(value.strip()) if isinstance(value, str) else None
    except ValueError:
        return None
