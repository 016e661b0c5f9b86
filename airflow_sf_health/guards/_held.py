"""Which tasks a failed preflight keeps from running."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from airflow_sf_health.inference import PREFLIGHT, SENSOR, class_paths

PASSING = ("all_success", "none_failed")
"""Trigger rules that a healthy preflight upstream leaves as they were, and an unhealthy one does not meet. Of the others, some run
all the same (``all_done``), some at once (``one_success``), and some never or more often than before
(``all_failed``, ``none_failed_min_one_success``).
"""


def passes_an_edge(task: Any) -> bool:
    """Whether an edge from a preflight holds a task back when that fails, and changes nothing else."""
    return str(getattr(task.trigger_rule, "value", task.trigger_rule)) in PASSING


def guards_of(dag: Any, conn_id: str) -> list[Any]:
    """Our preflights and sensors for a connection."""
    return [
        task
        for task in dag.tasks
        if getattr(task, "salesforce_conn_id", None) == conn_id
        and not {PREFLIGHT, SENSOR}.isdisjoint(class_paths(task))
    ]


class Held:
    """Whether a task is held back by one of these guards, over however many tasks in between.

    Only where each one on the way wants its upstream tasks to succeed. One that is content when they were skipped
    (``none_failed``) has to stand right behind the guard, as one in between may be skipped before the guard fails.
    """

    def __init__(self, guards: Iterable[Any]) -> None:
        self._guards = {each.task_id for each in guards}
        self._known: dict[str, bool] = {}

    def add(self, task: Any) -> None:
        """It gets an edge from a new guard."""
        self._known[task.task_id] = True

    def __call__(self, task: Any) -> bool:
        todo = [task]
        while todo:
            each = todo[-1]
            unknown = [] if each.task_id in self._known else self._asks(each)
            if unknown:
                todo.extend(unknown)
            else:
                todo.pop()
                self._known.setdefault(each.task_id, self._is_held(each))
        return self._known[task.task_id]

    def _asks(self, task: Any) -> list[Any]:
        """The upstream tasks on which the answer depends."""
        if str(getattr(task.trigger_rule, "value", task.trigger_rule)) != "all_success":
            return []
        return [
            each for each in task.upstream_list if each.task_id not in self._known and each.task_id not in self._guards
        ]

    def _is_held(self, task: Any) -> bool:
        if not passes_an_edge(task):
            return False
        if not self._guards.isdisjoint(task.upstream_task_ids):
            return True
        if str(getattr(task.trigger_rule, "value", task.trigger_rule)) != "all_success":
            return False
        return any(self._known.get(name, False) for name in task.upstream_task_ids)
