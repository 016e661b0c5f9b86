"""Which tasks are meant by what ``guard`` is given."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from airflow_sf_health.errors import ConfigurationError, OptionsError
from airflow_sf_health.guards._hook import inferred
from airflow_sf_health.inference import Uses, uses_of

LISTS = (list, tuple, set, frozenset)


class Same:
    """A DAG as a key by what it is: two of the same id, as a file may make them by mistake, are two."""

    def __init__(self, value: Any) -> None:
        self.value = value

    def __hash__(self) -> int:
        return id(self.value)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Same) and other.value is self.value


def by_dag(target: Any) -> dict[Same, dict[str, tuple[Any, bool]]]:
    """The tasks by DAG and id, each with whether it was given by itself."""
    found: dict[Same, dict[str, tuple[Any, bool]]] = {}
    for task, alone in _tasks(target):
        dag = getattr(task, "dag", None) if getattr(task, "has_dag", lambda: True)() else None
        if dag is None:
            raise ConfigurationError(f"guard: task '{task.task_id}' belongs to no DAG yet. Call guard when it does.")
        tasks = found.setdefault(Same(dag), {})
        tasks[task.task_id] = (task, alone or tasks.get(task.task_id, (None, False))[1])
    return found


def is_given(dag: Any, target: Any) -> bool:
    """Whether the DAG is what was given, or stands in the list, and not only some of its tasks."""
    return any(is_given(dag, each) for each in target) if isinstance(target, LISTS) else target is dag


def _tasks(target: Any) -> Iterable[tuple[Any, bool]]:
    if isinstance(target, LISTS):
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
            f"guard takes a task, a task group, a DAG or a list of those, and this is a {type(target).__name__}. For the DAG in whose "
            "with block or function it is the last line it takes none: guard()."
        )


def salesforce_tasks(tasks: dict[str, tuple[Any, bool]], conn_id: str | None) -> list[tuple[Any, Uses]]:
    """The tasks to guard, by their ids, each with what it uses of one connection: of this one where one is named, else of each that is
    known. One that is known only when the task runs is left as it is.
    """
    able = {name: each for name, each in sorted(tasks.items()) if not each[0].is_teardown}
    all_uses = {name: uses_of(task) for name, (task, _) in able.items()}
    able = {name: each for name, each in able.items() if not _is_ours(all_uses[name])}
    known = {name: uses for name in able if (uses := all_uses[name]) is not None}
    if conn_id is None:
        return [each for name, uses in known.items() for each in _by_connection(able[name][0], uses)]
    mine = {name for name, uses in known.items() if conn_id in uses.conn_ids and not uses.late}
    mine |= {name for name, (_, alone) in able.items() if alone} or ({*able} if not mine else set())
    return [(able[name][0], _of(conn_id, able[name][0], known.get(name) or Uses())) for name in sorted(mine)]


def _by_connection(task: Any, uses: Uses) -> list[tuple[Any, Uses]]:
    return [(task, uses)] if uses.late else [(task, _of(each, task, uses)) for each in uses.conn_ids]


def _of(conn_id: str, task: Any, uses: Uses) -> Uses:
    return Uses(conn_ids=(conn_id,), requirements=inferred(conn_id, task, uses), kind=uses.kind)


def _is_ours(uses: Uses | None) -> bool:
    """Our operators examine by themselves."""
    return uses is not None and uses.kind == "ours"
