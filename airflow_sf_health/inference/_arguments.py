"""The arguments of a task as far as they are known: of a plain one, of a mapped one, and of one that runs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_TEMPLATES = ("{{", "{%", "{#")


class Arguments:
    """A task whose arguments are None where they are not known yet, for the functions that infer.

    Any attribute of the task can be asked for, so that a site's function reads it as it reads the task itself.
    """

    def __init__(self, task: Any, *, rendered: bool = False) -> None:
        self._task, self._rendered = task, rendered
        self.class_name = (task.operator_class if is_mapped(task) else type(task)).__name__

    def __getattr__(self, name: str) -> Any:
        value = given(self._task, name)
        return value if self._rendered or not is_late(value) else None


def given(task: Any, name: str) -> Any:
    """An argument as it was written; None where there is none, or where each mapped instance has one of its own."""
    if not is_mapped(task):
        return getattr(task, name, None)
    if name in expanded(task) or not isinstance(task.partial_kwargs, Mapping):
        return None
    if name in task.partial_kwargs:
        return task.partial_kwargs[name]
    defaults = defaults_of(task)
    return defaults[name] if name in defaults else _default(task.operator_class, name)


def defaults_of(task: Any) -> dict[str, Any]:
    """The ``default_args`` of the DAG and the group of a mapped task. Its instances take what it was not given from there; some
    arguments are in its own ones already, which differ between the versions of Airflow.
    """
    owners = (task.partial_kwargs.get(name) or getattr(task, name, None) for name in ("dag", "task_group"))
    every = (getattr(each, "default_args", None) for each in owners)
    return {name: value for each in every if isinstance(each, Mapping) for name, value in each.items()}


def expanded(task: Any) -> Mapping[str, Any]:
    """The arguments that a task is mapped over, as they were written; empty where they come in dicts."""
    value = getattr(getattr(task, "expand_input", None), "value", None)
    own = (value or {}).get("op_kwargs") if isinstance(value, Mapping) else None
    return {} if not isinstance(value, Mapping) else {**value, **(own if isinstance(own, Mapping) else {})}


def is_mapped(task: Any) -> bool:
    """Whether it is the plan of many tasks, which has no arguments as attributes."""
    return hasattr(task, "partial_kwargs") and hasattr(task, "operator_class")


def is_late(value: object) -> bool:
    """Whether Airflow puts the value in when the task runs: a template, a file of one, or the output of another task."""
    if isinstance(value, str):
        return any(each in value for each in _TEMPLATES) or value.endswith((".sql", ".soql"))
    return hasattr(value, "resolve") and hasattr(value, "iter_references")


def _default(kind: Any, name: str) -> Any:
    """What the constructor takes where nothing is given; Airflow keeps only what was."""
    from inspect import Parameter, signature

    for each in getattr(kind, "__mro__", ()):
        parameter = signature(each.__init__).parameters.get(name) if "__init__" in vars(each) else None
        if parameter is not None:
            default = parameter.default
            return None if default is Parameter.empty else default
    value = getattr(kind, name, None)
    return value if isinstance(value, str) else None
