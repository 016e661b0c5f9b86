"""Put a preflight before the Salesforce tasks of a task, a task group or a DAG."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from airflow_sf_health import compat
from airflow_sf_health.edges.literals import held_lock
from airflow_sf_health.edges.preflight import (
    ChecksArgument,
    OptionsArgument,
    RequirementsArgument,
    SchemaLockArgument,
)
from airflow_sf_health.errors import ConfigurationError, OptionsError
from airflow_sf_health.guards._attach import attach
from airflow_sf_health.guards._before import right_before
from airflow_sf_health.guards._held import Held, guards_of, passes_an_edge
from airflow_sf_health.guards._hook import holding_output, preflight_hook
from airflow_sf_health.guards._ids import asked_ids, free_id
from airflow_sf_health.guards._own import own
from airflow_sf_health.guards._reach import examines, hindrance
from airflow_sf_health.guards._targets import by_dag, is_given, salesforce_tasks
from airflow_sf_health.inference import Uses, merged
from airflow_sf_health.operators.salesforce import SalesforcePreflightOperator

DAG_BEING_BUILT: Any = object()
"""Stands for no target. None does not: it is what a function gives that forgot to return its tasks."""
PLACE = ("queue", "pool", "executor")
"""Where a task runs; a preflight that runs elsewhere proves little."""
OF_OTHERS: dict[str, Any] = {
    "trigger_rule": "all_success",
    "depends_on_past": False,
    "wait_for_downstream": False,
    "inlets": None,
    "outlets": None,
    "pre_execute": None,
    "post_execute": None,
}
"""What a DAG's ``default_args`` say of its tasks' order, data and hooks is not meant for a preflight: one that gave out an asset would
have other DAGs run before the load.
"""


def guard(
    target: Any = DAG_BEING_BUILT,
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

        guard()
        extract >> guard(load_group, "crm_prod")

    Only the first Salesforce tasks get an edge, those behind them are held back by them. A task whose trigger rule would let it run
    in spite of a failed preflight, or would not be met any more with one, gets no edge, and examines in its own process in its place
    (:func:`~airflow_sf_health.guards.preflight_hook`). So does one with ``none_failed`` in what is not a whole DAG: once the preflight
    is wired behind a task that may be skipped, it may be so as well. And so does one whose connection is known only when it runs.
    Teardowns are left alone. What is guarded already stays as it is, so a second call changes nothing.

    :param target: a task (plain, mapped, or what a ``@task`` function gives), a task group, a DAG, or a list of those. Default: the DAG
        in whose ``with`` block or function it is called.
    :param conn_id: only tasks of this connection. Tasks that are given one by one are taken as Salesforce tasks then, and so are all
        of a group or DAG in which no task is known to use it. Default: whatever connections the tasks name.
    :param requirements: default: what can be inferred from the tasks' arguments as they stand in the DAG file.
    :param task_id: of the preflight. Default: ``preflight_<conn_id>``.
    :param kwargs: other arguments of the preflight, as ``retries``. Queue, pool and executor are those of the tasks, where these agree.
    :returns: the preflights right before these tasks, new and old; they run at the start of the DAG run unless they get an upstream.
        What stands before other tasks that lead to these is left out, and there is none where each task is held back already or
        examines by itself.
    :raises ConfigurationError: an argument that cannot be meant, a ``task_id`` that is taken, or a task that belongs to no DAG.
    """
    if conn_id is not None and not isinstance(conn_id, str):
        raise OptionsError(f"guard: 'conn_id' must be the id of a connection, and is of type {type(conn_id).__name__}.")
    lock = held_lock(schema_lock)  # as a preflight that is there keeps it
    asked = {"requirements": requirements, "checks": checks, "options": options, "schema_lock": lock}
    found: list[SalesforcePreflightOperator] = []
    target = _dag_being_built() if target is DAG_BEING_BUILT else target
    for dag, tasks in by_dag(target).items():
        known = salesforce_tasks(tasks, conn_id)
        for task in [task for task, uses in known if uses.late]:
            _attach(task, conn_id, asked, "its connection is known only when it runs", "name it: guard(…, conn_id)")
        guarding = _Guarding(dag.value, asked, task_id, kwargs, is_whole=is_given(dag.value, target))
        found += guarding.of([each for each in known if not each[1].late])
    return found


def _dag_being_built() -> Any:
    dag = compat.dag_being_built()
    if dag is None:
        raise OptionsError(
            "guard() without a target guards the DAG in whose with block or function it is the last line, and here is none. Say which "
            "DAG is meant: guard(dag)."
        )
    return dag


@dataclass(frozen=True)
class _Guarding:
    """The guarding of some tasks of one DAG; what all their connections share is looked up once.

    ``is_whole``: of all of them, by a preflight that waits for none of them. That of a part may be wired behind the others.
    """

    dag: Any
    asked: dict[str, Any]
    task_id: str | None
    kwargs: dict[str, Any]
    is_whole: bool

    def of(self, known: list[tuple[Any, Uses]]) -> list[SalesforcePreflightOperator]:
        """The preflights right before these tasks; one is made for each connection that misses one."""
        users: dict[str, list[tuple[Any, Uses]]] = {}
        for task, uses in known:
            for conn_id in uses.conn_ids:
                users.setdefault(conn_id, []).append((task, uses))
        there, names = guards_of(self.dag) if users else {}, asked_ids(self.task_id, users)
        before = {each: [one for one in there.get(each, ()) if self._does(one, names[each])] for each in users}
        first = self._first(users, before)
        found: list[SalesforcePreflightOperator] = []
        for conn_id, listed in users.items():
            if first[conn_id]:
                needs = merged(uses.requirements for _, uses in listed)
                found.append(made := self._preflight(conn_id, names[conn_id], first[conn_id], needs))
                made.set_downstream(first[conn_id])
            found += right_before([task for task, _ in listed], before[conn_id], self.dag.task_dict)
        return found

    def _first(self, users: dict[str, list[tuple[Any, Uses]]], before: dict[str, list[Any]]) -> dict[str, list[Any]]:
        """The tasks that need an edge, by connection: whoever comes first in a run. Those that no edge holds back get a hook."""
        wanted: dict[str, list[str]] = {}
        for conn_id, listed in users.items():
            for task, _ in listed:
                if not examines(task, conn_id):
                    wanted.setdefault(task.task_id, []).append(conn_id)
        first: dict[str, list[Any]] = {each: [] for each in users}
        held = Held(before, self.dag.task_dict)
        for task in self.dag.topological_sort() if wanted else ():
            for conn_id in wanted.get(task.task_id, ()):
                if held(task, conn_id):
                    continue
                if passes_an_edge(task, is_first=self.is_whole):
                    first[conn_id].append(task)
                    held.add(task, conn_id)
                else:
                    self._attach(task, conn_id)
        return first

    def _does(self, other: Any, name: str | None) -> bool:
        """Whether a preflight that is there already is what is asked for; who asks for nothing particular takes any."""
        is_named = name is None or other.task_id == name
        return is_named and all(value is None or own(other, key) == value for key, value in self.asked.items())

    def _attach(self, task: Any, conn_id: str) -> None:
        rule = getattr(task.trigger_rule, "value", task.trigger_rule)
        why = f"with its trigger rule '{rule}' an edge from a preflight is not sure to hold it back"
        _attach(task, conn_id, self.asked, why, "give it the trigger rule 'all_success'", beside=True)

    def _preflight(
        self, conn_id: str, name: str | None, first: list[Any], inferred: Any
    ) -> SalesforcePreflightOperator:
        asked = dict(self.asked)
        if asked["requirements"] is None and inferred is not None:
            asked["requirements"] = inferred.as_dict()
        if name in self.dag.task_dict:
            raise ConfigurationError(
                f"guard: task_id '{name}' is taken in DAG '{self.dag.dag_id}', and what stands there does not hold back all these tasks from "
                f"connection '{conn_id}'. Choose another one, or give all tasks to one call: guard([…], task_id=…)."
            )
        return SalesforcePreflightOperator(
            task_id=name or free_id(conn_id, self.dag.task_dict),
            salesforce_conn_id=conn_id,
            dag=self.dag,
            task_group=self.dag.task_group,
            **{**asked, **OF_OTHERS, **_place(first), **self.kwargs},
        )


def _attach(
    task: Any, conn_id: str | None, asked: dict[str, Any], why: str, instead: str, *, beside: bool = False
) -> None:
    """Have a task examine in its own process.

    :param beside: what the task examines already, if anything, is not sure to be of this connection.
    :raises ConfigurationError: nothing that examines would be run in its process either, or not as it is asked for.
    """
    refused = f"guard: nothing can keep task '{task.task_id}' from a connection that will not work: {why}, and"
    if hindered := hindrance(task):
        raise ConfigurationError(
            f"{refused} no hook is run before it. {hindered}. Either {instead}, or have it begin in a worker, with a pre_execute for all "
            "its instances."
        )
    if name := holding_output(asked):
        raise ConfigurationError(
            f"{refused} a hook is not given the output of another task, which '{name}' holds. Either {instead}, or give it '{name}' "
            "without outputs, by a call of its own."
        )
    attach(task, preflight_hook(conn_id, **asked), beside=beside)


def _place(tasks: list[Any]) -> dict[str, Any]:
    places = {name: {getattr(task, name, None) for task in tasks} for name in PLACE}
    return {name: value for name, found in places.items() if len(found) == 1 and (value := found.pop()) is not None}
