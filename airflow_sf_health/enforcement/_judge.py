"""What examines the connections of the tasks of one DAG. Imported where there is such a task: most DAG files have none."""

from __future__ import annotations

import re
from collections.abc import Collection, Hashable, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import date
from typing import Any

from airflow_sf_health.enforcement._inside import inside
from airflow_sf_health.enforcement.values import LATE, How, Judged
from airflow_sf_health.enforcement.waivers import param, waivers_of
from airflow_sf_health.guards import Held
from airflow_sf_health.inference import SENSOR, Uses, class_paths, is_examiner, is_late, late_connections, uses_of

_OF_ONE_TASK = re.compile(r"\b(ti|task|task_instance|task_instance_key_str|params|random|now|utcnow|uuid\w*)\b")
"""What may be something else in the same template of another task."""
_ALIKE = re.compile(r"\b(?:ti|task_instance)\.xcom_pull\(\s*(?:task_ids\s*=|['\"])")
"""What another task left is the same for all."""
_PARAM = re.compile(r"\bparams\.(\w+)")


class Judge:
    """Judges one task after the other; what all of them share is looked up once."""

    def __init__(self, dag: Any, connections: Collection[str], found: Iterable[tuple[Any, Uses]], today: date) -> None:
        self._tasks, self._connections = dag.task_dict, connections
        self._guards: dict[Hashable, list[Any]] = {}
        for task, uses in found:
            for key in _keys(task, uses) if uses.kind == "ours" and is_examiner(task) else ():
                if key is not None:
                    self._guards.setdefault(key, []).append(task)
        self._held = Held(self._guards, dag.task_dict)
        self._waiver_of = waivers_of(dag, today)

    def of(self, task: Any, uses: Uses) -> Judged:
        if self._is_alone(task, uses):
            return Judged(
                task=task,
                uses=uses,
                how="none",
                unguarded=() if task.is_teardown else uses.conn_ids,
                waiver=self._waiver_of(task),
            )
        keys = _keys(task, uses)
        how, without = self._inside(task, uses, keys)
        by: dict[str, None] = {}
        for key in [each for each in without if each in self._guards] if self._guards else ():
            names = self._held.by(task, key)
            by |= dict.fromkeys(names)
            without = [each for each in without if each != key] if names else without
        return Judged(
            task=task,
            uses=uses,
            how=self._upstream(by) if by and how == "none" else how,
            by=tuple(by),
            unguarded=() if task.is_teardown else tuple(dict.fromkeys(map(keys.__getitem__, without))),
            waiver=self._waiver_of(task),
        )

    def _is_alone(self, task: Any, uses: Uses) -> bool:
        """Whether nothing in its DAG examines anything for it, and all its connections are known: so it is with most that are unguarded."""
        return not (self._guards or uses.late or not uses.conn_ids or uses.kind == "ours" or inside(task))

    def _inside(self, task: Any, uses: Uses, keys: Mapping[Hashable, str]) -> tuple[How, Sequence[Hashable]]:
        """By what the task examines in its own process, and the connections which it does not."""
        if uses.kind == "ours":
            return "own", ()
        how: How = "none"
        without: Sequence[Hashable] = [*keys]
        for each in inside(task):
            mine: set[Hashable] = {*each.also}
            mine |= self._own_keys(task, keys) if each.conn_id is None else {_key(each.conn_id, task)}
            if how == "none" and not mine.isdisjoint(keys):
                how = each.how
            without = [key for key in without if key not in mine]
        return how, without

    def _own_keys(self, task: Any, keys: Mapping[Hashable, str]) -> AbstractSet[Hashable]:
        """The connections of a task without those by which the site knows it, of which its own hook knows nothing."""
        if not self._connections:
            return keys.keys()
        own = uses_of(task, requirements=False)
        return set() if own is None else _keys(task, own).keys()

    def _upstream(self, by: Iterable[str]) -> How:
        """The kind of the nearest of these guards."""
        return "sensor" if SENSOR in class_paths(self._tasks[next(iter(by))]) else "operator"


def _keys(task: Any, uses: Uses) -> dict[Hashable, str]:
    """The connections of a task, each with its name; None where nothing at all is known of one."""
    found: dict[Hashable, str] = {each: each for each in uses.conn_ids}
    if uses.late:
        found |= {_key(each, task): LATE for each in late_connections(task)}
    return found or {None: LATE}


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
