"""Which mode holds for which DAG and task."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from fnmatch import fnmatchcase
from functools import cache
from typing import Any

from airflow_sf_health.enforcement.baseline import file_of
from airflow_sf_health.enforcement.values import Judged, Mode, PolicySettings, Rule

__all__ = ["concerns", "mode_of", "modes_of"]


def mode_of(dag: Any, judged: Judged, settings: PolicySettings, today: date) -> Mode:
    """What is done about one task if it is unguarded. ``off`` for the whole policy is off, whatever its rules say."""
    return modes_of(dag, settings, today)(judged)


def modes_of(dag: Any, settings: PolicySettings, today: date) -> Callable[[Judged], Mode]:
    """The same for many tasks of one DAG. Those with the same connections have the same mode."""
    if not concerns(dag, settings):
        return lambda judged: "off"
    tags = tuple(dag.tags or ())
    is_early = settings.enforce_after is not None and today < settings.enforce_after

    @cache
    def mode(conn_ids: tuple[str, ...]) -> Mode:
        found = next((rule.mode for rule in settings.rules if _matches(rule, tags, conn_ids)), settings.mode)
        return "report" if found == "require" and is_early else found

    return lambda judged: mode(judged.uses.conn_ids)


def concerns(dag: Any, settings: PolicySettings) -> bool:
    """Whether the policy is for this DAG at all."""
    if settings.mode == "off":
        return False
    names = (dag.dag_id, file_of(dag))

    def has(globs: tuple[str, ...]) -> bool:
        return any(fnmatchcase(name, glob) for glob in globs for name in names)

    return has(settings.include) and not has(settings.exclude)


def _matches(rule: Rule, tags: tuple[str, ...], conn_ids: tuple[str, ...]) -> bool:
    """``conn:*`` is for each task; another glob for none whose connection is known only when it runs."""
    if rule.by == "tag":
        return any(fnmatchcase(tag, rule.pattern) for tag in tags)
    return rule.pattern == "*" or any(fnmatchcase(conn_id, rule.pattern) for conn_id in conn_ids)
