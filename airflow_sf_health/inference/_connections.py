"""Which connections a task uses."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import lru_cache
from typing import Any

from airflow_sf_health.inference._arguments import (
    class_of,
    default_of,
    expand_value,
    given,
    is_anything,
    is_late,
    is_mapped,
    over,
    takes,
)

CONN_ID = "salesforce_conn_id"
MARK = "__sf_health_preflight__"
"""The attribute by which a callable that examines says so; its value is the hook that does it."""
Found = tuple[tuple[str, ...], bool]
_NOTHING: Mapping[str, Any] = {}


def mark_of(task: Any) -> Any:
    """The hook by which a task examines in its own process, by `pre_execute` or around its callable; None where it has none."""
    if is_mapped(task):
        hook = task.partial_kwargs.get("pre_execute")
        function = _mapped_function(task)
    else:
        hook, function = getattr(task, "_pre_execute_hook", None), getattr(task, "python_callable", None)
    found = None if hook is None else getattr(hook, MARK, None)
    return found if found is not None or function is None else getattr(function, MARK, None)


def _mapped_function(task: Any) -> Any:
    found = getattr(task, "python_callable", None) or task.partial_kwargs.get("python_callable")
    return given(task, "python_callable") if found is None and takes(class_of(task), "python_callable") else found


def names_connection(task: Any) -> bool:
    """Whether it has the argument `salesforce_conn_id`, or its class has where nothing was given for it."""
    return _conn_id(task) is not None or _over(task) is not None


def connections_of(task: Any, needs: Any, connections: Collection[str], *, rendered: bool) -> Found:
    """The ids that are known, each once, and whether one is known only when the task runs."""
    mark, taught_id = mark_of(task), needs.get(CONN_ID) if needs and isinstance(needs, Mapping) else None
    own, each_has = _conn_id(task), _over(task)
    candidates = [each for each in (taught_id, own, mark and mark.conn_id) if each is not None]
    if not (candidates or connections or each_has is not None):
        return (), False
    late = each_has is not None
    found = []
    for each in (*candidates, *each_has) if isinstance(each_has, (list, tuple)) else candidates:
        if not rendered and is_late(each):
            late = True
        elif isinstance(each, str) and each:
            found.append(each)
    if connections:
        found += [each for each in _conn_ids(task) if isinstance(each, str) and each in connections]
    return tuple(dict.fromkeys(found)), late


def late_connections(task: Any) -> tuple[Any, ...]:
    """What stands in a task's arguments for connections that are known only when it runs: templates, and outputs of other tasks."""
    each_has = _over(task)
    values = (_conn_id(task), *(each_has if isinstance(each_has, list | tuple) else (each_has,)))
    return tuple(each for each in values if each is not None and is_late(each))


def _conn_id(task: Any) -> Any:
    """The argument of an operator, or of the function that it calls."""
    value = given(task, CONN_ID)
    return _function_arguments(task).get(CONN_ID) if value is None else value


def _over(task: Any) -> Any:
    """The connections that a task is mapped over: a list, or what stands for one; None where it is not."""
    if not is_mapped(task):
        return None
    every = expand_value(task)
    if is_anything(every):
        known = CONN_ID in task.partial_kwargs or not takes(class_of(task), CONN_ID)
        return None if known else every
    found = over(every, CONN_ID)
    if found is not None and isinstance(every, (list, tuple)) and len(found) < len(every):
        return [*found, default_of(class_of(task), CONN_ID)]  # dicts, some of which have none
    return found


def _function_arguments(task: Any) -> Mapping[str, Any]:
    arguments = task.partial_kwargs.get("op_kwargs") if is_mapped(task) else getattr(task, "op_kwargs", None)
    return arguments if arguments and isinstance(arguments, Mapping) else _NOTHING


def _conn_ids(task: Any) -> list[Any]:
    """The values of all arguments that name a connection."""
    arguments = task.partial_kwargs if is_mapped(task) else vars(task)
    found = [arguments[name] for name in _conn_names(tuple(arguments))]
    function = _function_arguments(task)
    return [*found, *(value for name, value in function.items() if name.endswith("conn_id"))] if function else found


@lru_cache(maxsize=512)
def _conn_names(names: tuple[str, ...]) -> tuple[str, ...]:
    """Tasks of a class have the same names, and as many of them as would make this the slowest part."""
    return tuple(name for name in names if name.endswith("conn_id"))
