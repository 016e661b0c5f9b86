"""Which tasks of a DAG use Salesforce, and what examines their connections before they do."""

from __future__ import annotations

import re
from collections.abc import Collection, Hashable, Iterable, Iterator
from datetime import UTC, date, datetime
from typing import Any

from airflow_sf_health.enforcement._inside import inside
from airflow_sf_health.enforcement.values import How, Judged
from airflow_sf_health.enforcement.waivers import param, waiver_of
from airflow_sf_health.guards import Held
from airflow_sf_health.inference import (
    SENSOR,
    Uses,
    class_paths,
    is_examiner,
    is_late,
    is_loader,
    late_connections,
    uses_of,
)

LATE = "(known at run time)"
"""Stands for a connection that nobody knows before the task runs."""
_OF_ONE_TASK = re.compile(r"\b(ti|task|task_instance|task_instance_key_str|params|random|now|utcnow|uuid\w*)\b")
"""What may be something else in the same template of another task."""
_ALIKE = re.compile(r"\b(?:ti|task_instance)\.xcom_pull\(\s*(?:task_ids\s*=|['\"])")
"""What another task left is the same for all."""
_PARAM = re.compile(r"\bparams\.(\w+)")


def judged(dag: Any, connections: Collection[str] = frozenset(), *, today: date | None = None) -> tuple[Judged, ...]:
    """All tasks that use Salesforce and are no examination themselves, in the order of their ids.

    What is not certain is no guard: an upstream preflight that the task would run without, or of a connection that may be another
    one when the task runs. What a preflight asks and forgives (``checks``, ``options``) is its author's business. A teardown is never
    unguarded: what was set up is to be taken down, whatever the org says.

    :param connections: ids of connections that make a task a Salesforce task, as :func:`~airflow_sf_health.inference.uses_of` takes them.
    :param today: the day on which waivers have to count; default: it is today in UTC.
    """
    found = [
        (task, uses)
        for _, task in sorted(dag.task_dict.items())
        if (uses := uses_of(task, connections, requirements=False)) is not None
    ]
    if not found:
        return ()
    judging = _Judging(dag, connections, found, today or datetime.now(UTC).date())
    return tuple(judging.of(task, uses) for task, uses in found if _is_a_task(task, uses))


def _is_a_task(task: Any, uses: Uses) -> bool:
    """Of our own operators only the one that loads is; the others examine, log in or describe."""
    return uses.kind != "ours" or is_loader(task)


class _Judging:
    def __init__(self, dag: Any, connections: Collection[str], found: Iterable[tuple[Any, Uses]], today: date) -> None:
        self._dag, self._connections, self._today = dag, connections, today
        guards: dict[Hashable, list[Any]] = {}
        for task, uses in found:
            if uses.kind == "ours" and is_examiner(task):
                for key, _ in _keys(task, uses):
                    guards.setdefault(key, []).append(task)
        guards.pop(None, None)
        self._guards = guards
        self._held = Held(guards, dag.task_dict)

    def of(self, task: Any, uses: Uses) -> Judged:
        keys = dict(_keys(task, uses))
        how, open_keys = self._inside(task, uses, set(keys))
        by: dict[str, None] = {}
        unguarded: dict[str, None] = {}
        for key in (key for key in keys if key in open_keys):
            names = self._held.by(task, key) if key in self._guards else ()
            by |= dict.fromkeys(names)
            if not names:
                unguarded[keys[key]] = None
        return Judged(
            task=task,
            uses=uses,
            how=self._upstream(by) if how == "none" else how,
            by=tuple(by),
            unguarded=() if getattr(task, "is_teardown", False) else tuple(unguarded),
            waiver=waiver_of(task, self._dag, self._today),
        )

    def _inside(self, task: Any, uses: Uses, keys: set[Hashable]) -> tuple[How, set[Hashable]]:
        """By what the task examines in its own process, and the connections which it does not."""
        if uses.kind == "ours":
            return "own", set()
        how: How = "none"
        for each in inside(task):
            mine = self._own_keys(task, uses) if each.conn_id is None else {_key(each.conn_id, task)}
            if keys & (mine | {*each.also}):
                how = each.how if how == "none" else how
                keys = keys - mine - {*each.also}
        return how, keys

    def _own_keys(self, task: Any, uses: Uses) -> set[Hashable]:
        """The connections of a task without those by which the site knows it, of which its own hook knows nothing."""
        own = uses_of(task, requirements=False) if self._connections else uses
        return set() if own is None else {key for key, _ in _keys(task, own)}

    def _upstream(self, by: Iterable[str]) -> How:
        """The kind of the nearest of these guards."""
        first = next(iter(by), None)
        if first is None:
            return "none"
        return "sensor" if SENSOR in class_paths(self._dag.task_dict[first]) else "operator"


def _keys(task: Any, uses: Uses) -> Iterator[tuple[Hashable, str]]:
    """The connections of a task, each with its name; None where nothing at all is known of one."""
    yield from ((each, each) for each in uses.conn_ids)
    late = late_connections(task) if uses.late else ()
    yield from ((_key(each, task), LATE) for each in late)
    if not uses.conn_ids and not late:
        yield None, LATE


def _key(value: Any, task: Any) -> Hashable:
    """A connection as one that can be compared with another task's: the id, the template, or the output of a task."""
    if not isinstance(value, str):
        operator = getattr(value, "operator", None)
        return ("output", operator.task_id, getattr(value, "key", None)) if operator is not None else id(value)
    if not is_late(value):
        return value
    if _OF_ONE_TASK.search(_PARAM.sub("", _ALIKE.sub("", value))):
        return value, task.task_id
    return value, *(repr(param(task, name)) for name in _PARAM.findall(value))
