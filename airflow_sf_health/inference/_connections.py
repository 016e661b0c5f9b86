"""Which connections a task uses."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Any

from airflow_sf_health.inference._arguments import (
    class_of,
    connections_taken,
    constructed,
    default_given,
    defaults_of,
    expand_value,
    given,
    given_names,
    is_anything,
    is_late,
    is_mapped,
    over,
    takes,
)
from airflow_sf_health.inference._functions import WRAPPED, function_arguments, function_of
from airflow_sf_health.inference._unreadable import UNREADABLE

CONN_ID = "salesforce_conn_id"
MARK = "__sf_health_preflight__"
"""The attribute by which a callable that examines says so; its value is the hook that does it."""
Found = tuple[tuple[str, ...], bool]


class Mark:
    """What our hook is, by which it is known without being imported."""

    __slots__ = ()


def mark_of(task: Any) -> Any:
    """The first of :func:`marks_of`; None where there is none."""
    return next(marks_of(task), None)


def marks_of(task: Any) -> Iterator[Any]:
    """The hooks by which a task examines in its own process, in the order in which they run: by `pre_execute`, then around its callable."""
    yield from hooks_of(task)
    yield from decorators_of(task)


def hooks_of(task: Any) -> Iterator[Any]:
    """Those by `pre_execute`, each of which runs the next one."""
    hook = of_instances(task, "pre_execute") if is_mapped(task) else getattr(task, "_pre_execute_hook", None)
    while (mark := _mark(hook)) is not None:
        yield mark
        hook = mark.then


def decorators_of(task: Any) -> Iterator[Any]:
    """Those around its callable, the outermost first."""
    function = function_of(task)
    for _ in range(WRAPPED):
        if function is None:
            return
        if (mark := _mark(function)) is not None:
            yield mark
        function = getattr(function, "__wrapped__", None)


def _mark(function: Any) -> Any:
    """Our hook that examines before a function runs; None where none does. Of an object that has an attribute of whatever name it is
    asked for, it is somebody else's thing.
    """
    found = getattr(function, MARK, None)
    return found if isinstance(found, Mark) else None


def of_instances(task: Any, name: str) -> Any:
    """An argument that is none of the class's own, as each instance of a mapped task will have it."""
    return task.partial_kwargs[name] if name in task.partial_kwargs else defaults_of(task).get(name)


def names_connection(task: Any) -> bool:
    """Whether it has the argument `salesforce_conn_id`, or its class has where nothing was given for it."""
    return _conn_id(task) is not None or _over(task) is not None


def names(task: Any, conn_id: str) -> bool:
    """Whether this id stands in the argument `salesforce_conn_id`, of all instances of a mapped task, so that it is one of its own ones.
    False does not say that it is not.
    """
    value = _conn_id(task)
    return isinstance(value, str) and value == conn_id and not is_late(value)


def connections_of(task: Any, needs: Any, connections: Collection[str], *, rendered: bool) -> Found:
    """The ids that are known, each once, and whether one is known only when the task runs."""
    hooked = [each.conn_id for each in marks_of(task)]
    taught_id = named_in(needs)
    own, each_has = _conn_id(task, rendered=rendered), _over(task)
    if not hooked and taught_id is None and each_has is None and not connections and isinstance(own, str) and own:
        return ((str.__str__(own),), False) if rendered or not is_late(own) else ((), True)
    candidates = [each for each in (taught_id, own) if each is not None]
    if not (rendered and candidates):  # a hook for the task's own connections leaves those of the others to them
        candidates += [each for each in hooked if each is not None]
    if not (candidates or connections or each_has is not None):
        return (), False
    late = each_has is not None
    found = []
    for each in (*candidates, *each_has) if isinstance(each_has, (list, tuple)) else candidates:
        if each is UNREADABLE or (not rendered and is_late(each)):
            late = True
        elif isinstance(each, str) and each:
            found.append(each)
    if connections:
        found += [each for each in _conn_ids(task) if isinstance(each, str) and each in connections]
    # A member of an Enum of texts would be formatted as `Org.CRM`.
    return tuple(dict.fromkeys(map(str.__str__, found))), late


def named_in(needs: Any) -> Any:
    """The connection that stands among what a site has taught of a task, if anything."""
    return needs.get(CONN_ID) if needs and isinstance(needs, Mapping) else None


def late_connections(task: Any) -> tuple[Any, ...]:
    """What stands in a task's arguments for connections that are known only when it runs: templates, and outputs of other tasks."""
    each_has = _over(task)
    values = (_conn_id(task), *(each_has if isinstance(each_has, list | tuple) else (each_has,)))
    return tuple(each for each in values if each is not None and is_late(each))


def _conn_id(task: Any, *, rendered: bool = False) -> Any:
    """The argument of an operator, or of the function that it calls."""
    value = given(task, CONN_ID, rendered=rendered)
    return function_arguments(task).get(CONN_ID) if value is None else value


def _over(task: Any) -> Any:
    """The connections that a task is mapped over: a list, or what stands for one; None where it is not."""
    if not is_mapped(task):
        return None
    every = expand_value(task)
    if is_anything(every):
        known = CONN_ID in task.partial_kwargs or not takes(class_of(task), CONN_ID)
        return None if known else every
    return _each_has(task, every, CONN_ID)


def _each_has(task: Any, every: Any, name: str) -> Any:
    """What the instances have of one argument, if they do not all have the same."""
    found = over(every, name)
    if found is not None and isinstance(every, (list, tuple)) and len(found) < len(every):
        return [*found, default_given(task, name)]  # dicts, some of which have none
    return found


def _conn_ids(task: Any) -> Iterable[Any]:
    """The values of all arguments that name a connection."""
    found = _of_mapped(task) if is_mapped(task) else _of_plain(task)
    function = function_arguments(task)
    return [*found, *(value for name, value in function.items() if name.endswith("conn_id"))] if function else found


def _of_plain(task: Any) -> list[Any]:
    """As attributes, and as the constructor was given them where it keeps them under other names."""
    attributes = vars(task)
    names = _conn_names(tuple(attributes))
    others = [*_conn_names(tuple(given_names(task))), *connections_taken(type(task))]
    missing = [name for name in others if name not in names]
    return [*map(attributes.__getitem__, names), *(constructed(task, name) for name in missing)]


def _of_mapped(task: Any) -> Iterator[Any]:
    """As all instances have them, and as each of them has."""
    every = expand_value(task)
    for name in dict.fromkeys((*task.partial_kwargs, *_names_in(every), *connections_taken(class_of(task)))):
        if name.endswith("conn_id"):
            each_has = _each_has(task, every, name)
            yield from each_has if isinstance(each_has, (list, tuple)) else (given(task, name),)


def _names_in(every: Any) -> Iterator[str]:
    """The arguments that instances have ones of their own of."""
    for each in every if isinstance(every, (list, tuple)) else (every,):
        if isinstance(each, Mapping):
            own = each.get("op_kwargs")
            yield from (*each, *(own if isinstance(own, Mapping) else ()))


@lru_cache(maxsize=512)
def _conn_names(names: tuple[str, ...]) -> tuple[str, ...]:
    """Tasks of a class have the same names, and as many of them as would make this the slowest part."""
    return tuple(name for name in names if name.endswith("conn_id"))
