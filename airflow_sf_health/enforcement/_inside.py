"""What a task examines in its own process."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from airflow_sf_health.enforcement.values import How
from airflow_sf_health.guards import heeds_hooks, own, runs_elsewhere
from airflow_sf_health.inference import MARK, is_mapped


class Inside(NamedTuple):
    """One examination within a task.

    :param conn_id: None stands for the task's own connections, as they are when it runs.
    :param also: connections beside that.
    """

    how: How
    conn_id: Any
    also: tuple[str, ...] = ()


def inside(task: Any) -> Iterable[Inside]:
    """The examinations by hooks and decorators that are sure to be made, the one nearest to the task's own work first."""
    function, hook = function_of(task), own(task, "pre_execute")
    return () if function is None and hook is None else _inside(task, function, hook)


def _inside(task: Any, function: Any, hook: Any) -> Iterator[Inside]:
    if function is not None and not runs_elsewhere(task):
        while function is not None:
            mark = vars(function).get(MARK) if hasattr(function, "__dict__") else None
            if mark is not None:
                yield _of(mark, "decorator")
            function = getattr(function, "__wrapped__", None)
    mark = getattr(hook, MARK, None)
    if mark is None or not heeds_hooks(task):
        return
    while mark is not None:
        yield _of(mark, "injected" if getattr(mark, "injected", False) else "pre_execute")
        mark = getattr(mark.then, MARK, None)


def function_of(task: Any) -> Any:
    """The function that a task calls; None where it calls none. A mapped one has it here or there."""
    found = getattr(task, "python_callable", None)
    return own(task, "python_callable") if not found and is_mapped(task) else found


def _of(mark: Any, how: How) -> Inside:
    return Inside(how, mark.conn_id, tuple(getattr(mark, "also", ())))
