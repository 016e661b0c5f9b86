"""Put a preflight before the Salesforce tasks of a task, a task group or a DAG."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from airflow_sf_health.edges.preflight import (
    ChecksArgument,
    OptionsArgument,
    RequirementsArgument,
    SchemaLockArgument,
)
from airflow_sf_health.errors import ConfigurationError, OptionsError
from airflow_sf_health.guards._attach import attach, has_hook
from airflow_sf_health.guards._held import Held, guards_of, passes_an_edge
from airflow_sf_health.guards._hook import preflight_hook
from airflow_sf_health.inference import Uses, merged, uses_of
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
    for dag, tasks in _by_dag(target).items():
        known = _salesforce_tasks(tasks, conn_id)
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


class _Same:
    """A DAG as a key by what it is: two of the same id, as a file may make them by mistake, are two."""

    def __init__(self, value: Any) -> None:
        self.value = value

    def __hash__(self) -> int:
        return id(self.value)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and other.value is self.value


def _by_dag(target: Any) -> dict[_Same, dict[str, tuple[Any, bool]]]:
    """The tasks by DAG and id, each with whether it was given by itself."""
    found: dict[_Same, dict[str, tuple[Any, bool]]] = {}
    for task, alone in _tasks(target):
        dag = getattr(task, "dag", None) if getattr(task, "has_dag", lambda: True)() else None
        if dag is None:
            raise ConfigurationError(f"guard: task '{task.task_id}' belongs to no DAG yet. Call guard when it does.")
        tasks = found.setdefault(_Same(dag), {})
        tasks[task.task_id] = (task, alone or tasks.get(task.task_id, (None, False))[1])
    return found


def _tasks(target: Any) -> Iterable[tuple[Any, bool]]:
    if isinstance(target, list | tuple | set | frozenset):
        for each in target:
            yield from _tasks(each)
    elif hasattr(target, "task_dict"):
        yield from ((task, False) for task in target.tasks)
    elif hasattr(target, "iter_tasks"):
        yield from ((task, False) for task in target.iter_tasks())
    elif hasattr(target, "iter_references"):
        yield from ((task, True) for task, _ in target.iter_references())
    elif hasattr(target, "task_id") and hasattr(target, "upstream_task_ids"):
        yield target, True
    else:
        raise OptionsError(
            f"guard takes a task, a task group, a DAG or a list of those, and this is a {type(target).__name__}."
        )


def _salesforce_tasks(tasks: dict[str, tuple[Any, bool]], conn_id: str | None) -> list[tuple[Any, Uses]]:
    """The tasks to guard, by their ids: what each one uses, of this connection only where one is named."""
    able = {name: each for name, each in sorted(tasks.items()) if not each[0].is_teardown}
    all_uses = {name: uses_of(task) for name, (task, _) in able.items()}
    able = {name: each for name, each in able.items() if not _is_ours(all_uses[name])}
    known = {name: uses for name in able if (uses := all_uses[name]) is not None}
    if conn_id is None:
        return [(able[name][0], uses) for name, uses in known.items()]
    mine = {name: uses for name, uses in known.items() if conn_id in uses.conn_ids and not uses.late}
    meant = {name for name, (_, alone) in able.items() if alone} or ({*able} if not mine else set())
    mine |= {name: Uses(requirements=getattr(known.get(name), "requirements", None)) for name in meant - {*mine}}
    return [(able[name][0], _of(uses, conn_id)) for name, uses in sorted(mine.items())]


def _of(uses: Uses, conn_id: str) -> Uses:
    return Uses(conn_ids=(conn_id,), requirements=uses.requirements, kind=uses.kind)


def _is_ours(uses: Uses | None) -> bool:
    """Our operators examine by themselves."""
    return uses is not None and uses.kind == "ours"


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
