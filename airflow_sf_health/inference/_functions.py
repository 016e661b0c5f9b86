"""The connections among the arguments of the function that a task calls."""

from __future__ import annotations

from collections.abc import Mapping
from types import FunctionType
from typing import Any

from airflow_sf_health.inference._arguments import class_of, expand_value, given, is_anything, is_mapped, over, takes
from airflow_sf_health.inference._unreadable import attribute

_NOTHING: Mapping[str, Any] = {}
WRAPPED = 10
"""So many decorators deep a function is looked for."""


def function_of(task: Any) -> Any:
    """The function that a task calls; None where it calls none."""
    found = attribute(task, "python_callable")
    if found is not None or not is_mapped(task):
        return found
    found = task.partial_kwargs.get("python_callable")
    return given(task, "python_callable") if found is None and takes(class_of(task), "python_callable") else found


def function_arguments(task: Any) -> Mapping[str, Any]:
    """What a function is given by name, and of the rest what is called ``…conn_id``."""
    mapped = is_mapped(task)
    keywords = task.partial_kwargs.get("op_kwargs") if mapped else attribute(task, "op_kwargs")
    keywords = keywords if keywords and isinstance(keywords, Mapping) else _NOTHING
    function = _plain(function_of(task))
    if function is None:
        return keywords
    unnamed = _unnamed(function, task.partial_kwargs.get("op_args") if mapped else attribute(task, "op_args"))
    every = expand_value(task) if unnamed and mapped else None
    if is_anything(every) or (every is not None and over(every, "op_args") is not None):
        return keywords
    more = {name: value for name, value in unnamed.items() if every is None or over(every, name) is None}
    return {**more, **keywords} if more else keywords


def _plain(function: Any) -> FunctionType | None:
    """The function within its decorators; None where it is no plain one, whose arguments are not read by their place."""
    for _ in range(WRAPPED):
        inner = vars(function).get("__wrapped__") if isinstance(function, FunctionType) else None
        if inner is None:
            break
        function = inner
    return function if isinstance(function, FunctionType) else None


def _unnamed(function: FunctionType, args: Any) -> dict[str, Any]:
    """Arguments ``…conn_id`` that are given by their place, or by the function's own default."""
    code = function.__code__
    names = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
    places = [(place, name) for place, name in enumerate(names) if name.endswith("conn_id")]
    if not places or not (args is None or isinstance(args, (list, tuple))):
        return {}
    listed, positional = list(args or ()), names[: code.co_argcount]
    defaults = dict(zip(reversed(positional), reversed(function.__defaults__ or ()), strict=False))
    defaults |= function.__kwdefaults__ or {}
    by_place = {name: listed[place] for place, name in places if place < min(len(listed), code.co_argcount)}
    return {**{name: defaults[name] for _, name in places if name in defaults}, **by_place}
