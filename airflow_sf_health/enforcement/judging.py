"""Which tasks of a DAG use Salesforce, and what examines their connections before they do."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, date, datetime
from typing import Any

from airflow_sf_health.enforcement._faults import Faults
from airflow_sf_health.enforcement.values import LATE, Judged
from airflow_sf_health.inference import Uses, is_loader, uses_of

__all__ = ["LATE", "judged", "uses_salesforce"]


def uses_salesforce(dag: Any, connections: Collection[str] = frozenset()) -> bool:
    """Whether a DAG has any task that does. Most have none, and the process that reads them, one for each file, needs no more then."""
    return any(uses_of(task, connections, requirements=False) is not None for task in dag.task_dict.values())


def judged(
    dag: Any,
    connections: Collection[str] = frozenset(),
    *,
    today: date | None = None,
    faults: Faults | None = None,
) -> tuple[Judged, ...]:
    """All tasks that use Salesforce and are no examination themselves, in the order of their ids.

    What is not certain is no guard: an upstream preflight that the task would run without, or of a connection that may be another
    one when the task runs. What a preflight asks and forgives (``checks``, ``options``) is its author's business. A teardown is never
    unguarded: what was set up is to be taken down, whatever the org says.

    :param connections: ids of connections that make a task a Salesforce task, as :func:`~airflow_sf_health.inference.uses_of` takes them.
    :param today: the day on which waivers have to count; default: it is today in UTC.
    :param faults: keeps the errors at single tasks, which are left out then. Default: the first of ours is raised in the end.
    """
    found = [
        (task, uses)
        for _, task in sorted(dag.task_dict.items())
        if (uses := uses_of(task, connections, requirements=False)) is not None
    ]
    if not found:
        return ()
    from airflow_sf_health.enforcement._judge import Judge

    kept = faults or Faults(dag)
    judge = Judge(dag, connections, found, today or datetime.now(UTC).date())
    listed = []
    for task, uses in found:
        try:
            if _is_a_task(task, uses):
                listed.append(judge.of(task, uses))
        except Exception as error:  # noqa: BLE001 - somebody else's class, or a mistake of ours
            kept.at(task, error)
    if faults is None:
        kept.end()
    return tuple(listed)


def _is_a_task(task: Any, uses: Uses) -> bool:
    """Of our own operators only the one that loads is; the others examine, log in or describe."""
    return uses.kind != "ours" or is_loader(task)
