"""Which preflights that are there already can be wired behind another task."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from airflow_sf_health.operators.salesforce import SalesforcePreflightOperator


def right_before(
    tasks: Collection[Any], guards: Iterable[Any], all_tasks: Mapping[str, Any]
) -> list[SalesforcePreflightOperator]:
    """The preflights with an edge to one of these tasks. Without those that stand before what leads to the tasks, too: behind that, they
    would wait for themselves.

    :param all_tasks: of the DAG, by their ids.
    """
    names = {task.task_id for task in tasks}
    near = [
        each for each in guards if isinstance(each, SalesforcePreflightOperator) and names & each.downstream_task_ids
    ]
    leading = _upstream(tasks, all_tasks) - names if near else set()
    return [each for each in near if not leading & each.downstream_task_ids]


def _upstream(tasks: Iterable[Any], all_tasks: Mapping[str, Any]) -> set[str]:
    """The ids of all that these tasks wait for, over however many in between."""
    found: set[str] = set()
    todo = [*tasks]
    while todo:
        more = todo.pop().upstream_task_ids - found
        found |= more
        todo.extend(all_tasks[name] for name in more)
    return found
