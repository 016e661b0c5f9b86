"""What the author of a task adds to its DAG file to have it guarded."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from airflow_sf_health.enforcement.values import LATE, Judged
from airflow_sf_health.guards import is_beyond_hooks, own, runs_elsewhere
from airflow_sf_health.inference import class_names, function_of, is_mapped, late_connections, names, uses_of

IMPORT = "from airflow_sf_health import {}"
GUARD, LAST = "guard()", "the last line inside the DAG's with block or function"


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
    return _written(advice(judged))


@lru_cache(maxsize=256)
def _written(listed: tuple[Advice, ...]) -> str:
    text = [line for each in listed for line in (f"{each.place}:", "", f"    {each.line}", "")]
    imports = "\n    ".join(dict.fromkeys(each.import_line for each in listed))
    text += ["and at the top of the file:", "", f"    {imports}"]
    if all(each.name != "guard" for each in listed):
        text += ["", f"Or put a task before it: {GUARD} as {LAST} ({IMPORT.format('guard')})."]
    return "\n".join(text)


A_TASK_BEFORE = _written((Advice(f"Add as {LAST}", GUARD, "guard"),))
"""What guards whatever task there is."""


def advice(judged: Judged) -> tuple[Advice, ...]:
    """What to write for an unguarded task; all of it, where there is more than one line."""
    task = judged.task
    own_ids = _own_ids(judged)
    others = [each for each in judged.unguarded if each not in own_ids and each != LATE]
    mine = [each for each in judged.unguarded if each not in others]
    texts = [each for each in late_connections(task) if isinstance(each, str)] if LATE in mine else []
    if is_beyond_hooks(task):
        return tuple(_guarding(mine, others, task))
    if is_function(task) and (texts or LATE not in mine):
        named = (*others, *(each for each in mine if each != LATE), *texts)
        return tuple(Advice("Add between @task and def", f"@preflight({_text(each)})", "preflight") for each in named)
    return tuple(_hooking(mine, others, texts, task))


def _own_ids(judged: Judged) -> Sequence[str]:
    """The connections that the task itself tells its hook of, as far as they are unguarded."""
    if len(judged.unguarded) == 1 and names(judged.task, judged.unguarded[0]):
        return judged.unguarded
    uses = uses_of(judged.task, requirements=False)
    return () if uses is None else uses.conn_ids


def _hooking(mine: list[str], others: list[str], texts: list[str], task: Any) -> Iterator[Advice]:
    """One hook is what a task can be given; it looks at the connections that the task names, or at one that it is told of."""
    if own(task, "pre_execute") is not None:
        yield from _guarding(mine, others, task)
    elif not others:
        yield _hook("", task)
    elif texts:
        yield _hook(_text(texts[0]), task)
        yield from _guarding([], others, task)
    else:
        yield _hook(_text(others[0]), task)
        yield from _guarding(mine, others[1:], task)


def _hook(argument: str, task: Any) -> Advice:
    place = "the operator's arguments"
    if is_made_by_decorator(task):
        place = "the arguments of @task"
    elif is_mapped(task):
        place = "the arguments of .partial(…)"
    return _to_add(place, argument)


@lru_cache(maxsize=256)
def _to_add(place: str, argument: str) -> Advice:
    """Many tasks share it."""
    return Advice(f"Add to {place}", f"pre_execute=preflight_hook({argument}),", "preflight_hook")


def _guarding(mine: list[str], others: list[str], task: Any) -> Iterator[Advice]:
    place = f"Add as {LAST}"
    if mine:
        yield Advice(place, GUARD, "guard")
    for each in others:
        yield Advice(
            f"{place}, where dag is the DAG", f"guard(dag.get_task({_text(task.task_id)}), {_text(each)})", "guard"
        )


def _text(value: str) -> str:
    return json.dumps(value, ensure_ascii=False)


def is_made_by_decorator(task: Any) -> bool:
    return "DecoratedOperator" in class_names(task)


def is_function(task: Any) -> bool:
    """Whether ``@task`` has made it, of a function that runs in the task itself."""
    return is_made_by_decorator(task) and not runs_elsewhere(task) and function_of(task) is not None
