"""What a task examines in its own process."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from airflow_sf_health import compat
from airflow_sf_health.enforcement.values import How
from airflow_sf_health.guards import own
from airflow_sf_health.guards._decorator import ELSEWHERE
from airflow_sf_health.inference import MARK, class_names, class_of, is_mapped


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
    if mark is None or not _heeds_hooks(task):
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


def runs_elsewhere(task: Any) -> bool:
    """Whether the function is handed over as a text, without what stands around it."""
    return not class_names(task).isdisjoint(ELSEWHERE)


def _heeds_hooks(task: Any) -> bool:
    """Not where it begins in the triggerer; and on Airflow 2.11 not where its class has a ``pre_execute()`` of its own, unless that
    was seen to when the hook was put there.
    """
    if begins_in_the_triggerer(task):
        return False
    if compat.AIRFLOW_V_3_0_PLUS:
        return True
    method = class_of(task).pre_execute
    return method is compat.BaseOperator.pre_execute or hasattr(method, "_sf_health_examines_first")


def begins_in_the_triggerer(task: Any) -> bool:
    """Whether it comes to a worker only when it resumes, and then examines nothing."""
    return bool(getattr(task, "start_from_trigger", False) or (is_mapped(task) and own(task, "start_from_trigger")))
