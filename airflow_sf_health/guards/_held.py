"""Which tasks a failed preflight keeps from running."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from typing import Any

from airflow_sf_health.inference import is_examiner, uses_of

MOST = 10
"""So many guards of a task are named; it may have as many as its DAG has tasks."""


def passes_an_edge(task: Any, *, is_first: bool) -> bool:
    """Whether an edge from a preflight holds a task back when that fails, and changes nothing else.

    A healthy preflight upstream leaves two trigger rules as they were, and an unhealthy one does not meet them. Of the others, some run
    all the same (``all_done``), some at once (``one_success``), and some never or more often than before
    (``all_failed``, ``none_failed_min_one_success``).

    :param is_first: the preflight waits for nothing, and will not. Behind another task it may be skipped, with which ``none_failed`` is
        content.
    """
    rule = _rule(task)
    return rule == "all_success" or (is_first and rule == "none_failed")


def guards_of(dag: Any) -> dict[str, list[Any]]:
    """Our preflights and sensors, by their connections."""
    found: dict[str, list[Any]] = {}
    for task in dag.tasks:
        uses = uses_of(task, requirements=False) if is_examiner(task) else None
        for conn_id in uses.conn_ids if uses is not None else ():
            found.setdefault(conn_id, []).append(task)
    return found


def may_be_skipped(guard: Any) -> bool:
    """Whether a preflight can come to no verdict without a failure: behind another task, which may be skipped; mapped, over nothing
    at all; or a sensor that is told to be content.
    """
    return bool(guard.upstream_task_ids) or any(
        getattr(guard, name, False) for name in ("soft_fail", "never_fail", "partial_kwargs")
    )


class Held:
    """By which guards a task is held back, over however many tasks in between.

    Only where each one on the way wants its upstream tasks to succeed. One that is content when they were skipped
    (``none_failed``) has to stand right behind the guard, as one in between may be skipped before the guard fails; and the guard must
    be one that is never skipped.

    :param guards: of each connection. One behind another makes that one superfluous.
    :param tasks: all of the DAG by their ids.
    """

    def __init__(self, guards: Mapping[Any, Sequence[Any]], tasks: Mapping[str, Any]) -> None:
        self._tasks = tasks
        self._names: list[str] = []
        self._all: dict[Hashable, int] = {}
        self._own: dict[str, int] = {}
        self._beyond: dict[str, int] = {}
        self._soft: set[str] = set()
        self._new: dict[Hashable, int] = {}
        self._known: dict[str, int] = {}
        # Sets of guards are whole numbers, a bit for each guard and connection: a large DAG asks for many of them.
        for connection, listed in guards.items():
            for each in listed:
                self._number(each, connection)
        for connection, listed in guards.items():
            for each in listed:
                self._beyond[each.task_id] = self._beyond.get(each.task_id, 0) | self._all[connection]

    def _number(self, guard: Any, connection: Hashable) -> None:
        bit = 1 << len(self._names)
        self._names.append(guard.task_id)
        self._all[connection] = self._all.get(connection, 0) | bit
        self._own[guard.task_id] = self._own.get(guard.task_id, 0) | bit
        if may_be_skipped(guard):
            self._soft.add(guard.task_id)

    def add(self, task: Any, connection: Hashable) -> None:
        """It gets an edge from a new guard for this connection."""
        if connection not in self._new:
            self._new[connection] = 1 << len(self._names)
            self._names.append("")
            self._all[connection] = self._all.get(connection, 0) | self._new[connection]
        self._known[task.task_id] = self._of(task) | self._new[connection]

    def __call__(self, task: Any, connection: Hashable) -> bool:
        return bool(connection in self._all and self._of(task) & self._all[connection])

    def by(self, task: Any, connection: Hashable) -> list[str]:
        """The ids of the guards, :data:`MOST` at most: those right before it first, each in the order in which they were given."""
        found, near = self._of(task) & self._all.get(connection, 0), 0
        for name in task.upstream_task_ids:
            near |= self._own.get(name, 0)
        first = self._some(found & near, MOST)
        return [*first, *self._some(found & ~near, MOST - len(first))]

    def _some(self, guards: int, most: int) -> list[str]:
        names: list[str] = []
        while guards and len(names) < most:
            lowest = guards & -guards
            names.append(self._names[lowest.bit_length() - 1])
            guards ^= lowest
        return names

    def _of(self, task: Any) -> int:
        known = self._known.get(task.task_id)
        if known is not None:
            return known
        todo = [task]
        while todo:
            each = todo[-1]
            rule = _rule(each)
            unknown = (
                [name for name in each.upstream_task_ids if name not in self._known] if rule == "all_success" else ()
            )
            if unknown and each.task_id not in self._known:
                todo.extend(self._tasks[name] for name in unknown)
            else:
                todo.pop()
                if each.task_id not in self._known:
                    self._known[each.task_id] = self._held(each, rule)
        return self._known[task.task_id]

    def _held(self, task: Any, rule: str) -> int:
        found = 0
        if rule == "all_success":
            for name in task.upstream_task_ids:
                found |= self._known[name] & ~self._beyond.get(name, 0) | self._own.get(name, 0)
        elif rule == "none_failed":
            for name in task.upstream_task_ids:
                found |= 0 if name in self._soft else self._own.get(name, 0)
        return found


def _rule(task: Any) -> str:
    return str(getattr(task.trigger_rule, "value", task.trigger_rule))
