"""Which mode holds for which DAG and task."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from fnmatch import fnmatchcase
from functools import cache
from typing import Any

from airflow_sf_health.enforcement.baseline import file_of
from airflow_sf_health.enforcement.values import LATE, Judged, Mode, PolicySettings, Rule

__all__ = ["asking", "concerns", "mode_of", "modes_of"]


STRICTEST: tuple[Mode, ...] = ("require", "inject", "report", "off")


def mode_of(dag: Any, judged: Judged, settings: PolicySettings, today: date) -> Mode:
    """What is done about one task: of what its connections ask for, the strictest. ``off`` for the whole policy is off, whatever its
    rules say.
    """
    return modes_of(dag, settings, today)(judged)


def modes_of(dag: Any, settings: PolicySettings, today: date) -> Callable[[Judged], Mode]:
    """The same for many tasks of one DAG."""
    asked_of = asking(dag, settings, today)

    def mode(judged: Judged) -> Mode:
        by_connection = asked_of(judged)
        open_ones = [by_connection[each] for each in judged.unguarded if each in by_connection]
        return min(open_ones or by_connection.values(), key=STRICTEST.index)

    return mode


def asking(dag: Any, settings: PolicySettings, today: date) -> Callable[[Judged], Mapping[str, Mode]]:
    """The mode of each connection of a task; of one that is known only when it runs under :data:`LATE`."""
    holds = concerns(dag, settings)
    tags = tuple(tag for tag in dag.tags or () if isinstance(tag, str))  # whatever its author has put there
    is_early = settings.enforce_after is not None and today < settings.enforce_after

    def mode(conn_id: str) -> Mode:
        found = next((rule.mode for rule in settings.rules if _matches(rule, tags, conn_id)), settings.mode)
        return "off" if not holds else "report" if found == "require" and is_early else found

    @cache
    def modes(conn_ids: tuple[str, ...], is_late: bool) -> Mapping[str, Mode]:
        return {each: mode(each) for each in (*conn_ids, *((LATE,) if is_late or not conn_ids else ()))}

    return lambda judged: modes(tuple(judged.uses.conn_ids), judged.uses.late or LATE in judged.unguarded)


def concerns(dag: Any, settings: PolicySettings) -> bool:
    """Whether the policy is for this DAG at all."""
    if settings.mode == "off":
        return False
    names = (dag.dag_id, file_of(dag))

    def has(globs: tuple[str, ...]) -> bool:
        return any(fnmatchcase(name, glob) for glob in globs for name in names)

    return has(settings.include) and not has(settings.exclude)


def _matches(rule: Rule, tags: tuple[str, ...], conn_id: str) -> bool:
    """``conn:*`` is for each connection; another glob for none that is known only when the task runs."""
    if rule.by == "tag":
        return any(fnmatchcase(tag, rule.pattern) for tag in tags)
    return rule.pattern == "*" or (conn_id != LATE and fnmatchcase(conn_id, rule.pattern))
