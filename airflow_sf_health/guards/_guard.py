"""Put a preflight before the Salesforce tasks of a task, a task group or a DAG."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from airflow_sf_health.edges.preflight import (
    ChecksArgument,
    OptionsArgument,
    RequirementsArgument,
    SchemaLockArgument,
)
from airflow_sf_health.guards._attach import attach, has_hook
from airflow_sf_health.guards._held import Held, guards_of, passes_an_edge
from airflow_sf_health.guards._hook import preflight_hook
from airflow_sf_health.guards._targets import by_dag, salesforce_tasks
from airflow_sf_health.inference import Uses, merged
from airflow_sf_health.operators.salesforce import SalesforcePreflightOperator

PLACE = ("queue", "pool", "executor")
"""Where a task runs; a preflight that runs elsewhere proves little."""
ARGUMENTS = ("requirements", "checks", "options", "schema_lock")


def guard(
    target: Any,
    conn_id: str | None = None,
    requirements: RequirementsArgument = None,
    *,
    checks: ChecksArgument = None,
    options: OptionsArgument = None,
    schema_lock: SchemaLockArgument = None,
    task_id: str | None = None,
    **kwargs: Any,
) -> list[SalesforcePreflightOperator]:
    """Put one preflight for each connection upstream of the Salesforce tasks of ``target``; call it when the DAG is wired::

        guard(dag)
        extract >> guard(load_group, "crm_prod")

    Only the first Salesforce tasks get an edge, those behind them are held back by them. A task whose trigger rule would let it run
    in spite of a failed preflight, or would not be met any more with one, gets no edge, and examines in its own process in its place
    (:func:`~airflow_sf_health.guards.preflight_hook`); so does one whose connection is known only when it runs. Teardowns are left
    alone. What is guarded already stays as it is, so a second call changes nothing.

    :param target: a task (plain, mapped, or what a ``@task`` function gives), a task group, a DAG, or a list of those.
    :param conn_id: only tasks of this connection. Tasks that are given one by one are taken as Salesforce tasks then, and so are all
        of a group or DAG in which no task is known to use it. Default: whatever connections the tasks name.
    :param requirements: default: what can be inferred from the tasks' arguments as they stand in the DAG file.
    :param task_id: of the preflight. Default: ``preflight_<conn_id>``.
    :param kwargs: other arguments of the preflight, as ``retries``. Queue, pool and executor are those of the tasks, where these agree.
    :returns: the preflights before these tasks, new and old; they run at the start of the DAG run unless they get an upstream.
    :raises ConfigurationError: an argument that cannot be meant, or a task that belongs to no DAG.
    """
    asked = {"requirements": requirements, "checks": checks, "options": options, "schema_lock": schema_lock}
    found: list[SalesforcePreflightOperator] = []
    for dag, tasks in by_dag(target).items():
        known = salesforce_tasks(tasks, conn_id)
        late = [task for task, uses in known if uses.late]
        for task in late:
            attach(task, preflight_hook(conn_id, requirements, checks=checks, options=options, schema_lock=schema_lock))
        conn_ids = dict.fromkeys(each for task, uses in known if task not in late for each in uses.conn_ids)
        for each in conn_ids:
            mine = [(task, uses) for task, uses in known if task not in late and each in uses.conn_ids]
            name = task_id if task_id is None or len(conn_ids) == 1 else f"{task_id}_{_as_id(each)}"
            found += _Guarding(dag.value, each, asked, name, kwargs).of(mine)
    return found


@dataclass(frozen=True)
class _Guarding:
    """The guarding of some tasks of one DAG that use one connection."""

    dag: Any
    conn_id: str
    asked: dict[str, Any]
    task_id: str | None
    kwargs: dict[str, Any]

    def of(self, known: list[tuple[Any, Uses]]) -> list[SalesforcePreflightOperator]:
        """The preflights before these tasks; one is made where one is missing."""
        before = [each for each in guards_of(self.dag, self.conn_id) if self._does(each)]
        held = Held({self.conn_id: before}, self.dag.task_dict)
        tasks = [task for task, _ in known if not has_hook(task, self.conn_id)]
        first: list[Any] = []
        for task in _in_order(tasks, self.dag):
            if held(task, self.conn_id):
                continue
            if not passes_an_edge(task):
                self._attach(task)
                continue
            first.append(task)
            held.add(task, self.conn_id)
        if not first:
            return [each for each in before if isinstance(each, SalesforcePreflightOperator)]
        made = self._preflight(first, merged(uses.requirements for _, uses in known))
        made.set_downstream(first)
        return [made]

    def _does(self, other: Any) -> bool:
        """Whether a preflight that is there already is what is asked for; who asks for nothing particular takes any."""
        if self.task_id is not None:
            return bool(other.task_id == self.task_id)
        return all(value is None or getattr(other, name, None) == value for name, value in self.asked.items())

    def _attach(self, task: Any) -> None:
        given = {name: value for name, value in self.asked.items() if name != "requirements"}
        attach(task, preflight_hook(self.conn_id, self.asked["requirements"], **given))

    def _preflight(self, first: list[Any], inferred: Any) -> SalesforcePreflightOperator:
        # What a DAG's default_args say of its tasks' order is not meant for this one.
        order: dict[str, Any] = {"trigger_rule": "all_success", "depends_on_past": False, "wait_for_downstream": False}
        asked = dict(self.asked)
        if asked["requirements"] is None and inferred is not None:
            asked["requirements"] = inferred.as_dict()
        if self.task_id is not None and self.task_id in self.dag.task_dict:
            return self.dag.task_dict[self.task_id]  # type: ignore[no-any-return]
        return SalesforcePreflightOperator(
            task_id=self.task_id or _free_id(f"preflight_{_as_id(self.conn_id)}", self.dag),
            salesforce_conn_id=self.conn_id,
            dag=self.dag,
            task_group=self.dag.task_group,
            **{**asked, **order, **_place(first), **self.kwargs},
        )


def _in_order(tasks: list[Any], dag: Any) -> list[Any]:
    """Whoever comes first in a run first; in the order of their ids where neither does."""
    wanted = {task.task_id: task for task in tasks}
    return [wanted[task.task_id] for task in dag.topological_sort() if task.task_id in wanted]


def _place(tasks: list[Any]) -> dict[str, Any]:
    places = {name: {getattr(task, name, None) for task in tasks} for name in PLACE}
    return {name: value for name, found in places.items() if len(found) == 1 and (value := found.pop()) is not None}


def _as_id(conn_id: str) -> str:
    return "".join(each if each.isascii() and (each.isalnum() or each in "-_") else "_" for each in conn_id)


def _free_id(wanted: str, dag: Any) -> str:
    taken, number, free = dag.task_dict, 1, wanted
    while free in taken:
        number += 1
        free = f"{wanted}_{number}"
    return free
