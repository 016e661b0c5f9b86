"""What a task examines in its own process."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from airflow_sf_health.enforcement.values import How
from airflow_sf_health.guards import heeds_hooks, own, runs_elsewhere
from airflow_sf_health.inference import decorators_of, function_of, hooks_of


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
    return () if function_of(task) is None and own(task, "pre_execute") is None else _inside(task)


def _inside(task: Any) -> Iterator[Inside]:
    decorators, hooks = [*decorators_of(task)], [*hooks_of(task)]
    for mark in decorators if decorators and not runs_elsewhere(task) else ():
        yield _of(mark, "decorator")
    for mark in hooks if hooks and heeds_hooks(task) else ():
        yield _of(mark, "injected" if getattr(mark, "injected", False) else "pre_execute")


def _of(mark: Any, how: How) -> Inside:
    return Inside(how, mark.conn_id, tuple(getattr(mark, "also", ())))
