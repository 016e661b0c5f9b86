"""What the author of a task adds to its DAG file to have it guarded."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from airflow_sf_health.enforcement._inside import begins_in_the_triggerer, function_of, runs_elsewhere
from airflow_sf_health.enforcement.values import Judged
from airflow_sf_health.inference import class_of, late_connections, uses_of

IMPORT = "from airflow_sf_health import {}"
GUARD = "guard(dag)"


@dataclass(frozen=True, slots=True)
class Advice:
    """A place in the DAG file, and what to write there.

    :param line: of Python; it does it alone.
    :param name: the one name to import for it.
    """

    place: str
    line: str
    name: str

    @property
    def import_line(self) -> str:
        return IMPORT.format(self.name)


def how_to_guard(judged: Judged) -> str:
    """The lines to add for an unguarded task, and where. The same for all tasks that need the same, so no task is named but where one
    has to be.
    """
    listed = advice(judged)
    text = [line for each in listed for line in (f"{each.place}:", "", f"    {each.line}", "")]
    imports = "\n    ".join(dict.fromkeys(each.import_line for each in listed))
    text += ["and at the top of the file:", "", f"    {imports}"]
    if all(each.name != "guard" for each in listed):
        text += ["", f"Or put a task before it: {GUARD} as the last line of the DAG ({IMPORT.format('guard')})."]
    return "\n".join(text)


def advice(judged: Judged) -> tuple[Advice, ...]:
    """A line for each connection that has to be named, or one for all that the task names itself."""
    task = judged.task
    return tuple(_lines(task, judged))


def _lines(task: Any, judged: Judged) -> Iterator[Advice]:
    named = () if (uses := uses_of(task, requirements=False)) is None else uses.conn_ids
    by_itself = [each for each in judged.unguarded if each in named or each.startswith("(")]
    others = [each for each in judged.unguarded if each not in by_itself]
    if begins_in_the_triggerer(task):
        yield Advice("Add as the last line of the DAG", GUARD, "guard")
        return
    if _is_function(task):
        texts = [each for each in late_connections(task) if isinstance(each, str)]
        yield from (_decorator(each) for each in (*others, *by_itself) if not each.startswith("("))
        yield from (_decorator(each) for each in texts)
        return
    arguments = [*([""] if by_itself else []), *(repr(each) for each in others)]
    for argument in arguments[:1]:
        yield Advice(_place(task), f"pre_execute=preflight_hook({argument}),", "preflight_hook")


def _decorator(conn_id: str) -> Advice:
    return Advice("Add between @task and def", f"@preflight({conn_id!r})", "preflight")


def _place(task: Any) -> str:
    return (
        "Add to the arguments of .partial(…)" if hasattr(task, "partial_kwargs") else "Add to the operator's arguments"
    )


def _is_function(task: Any) -> bool:
    """Whether ``@task`` has made it, of a function that runs in the task itself."""
    names = {each.__name__ for each in class_of(task).__mro__}
    return "DecoratedOperator" in names and not runs_elsewhere(task) and function_of(task) is not None
