"""The arguments of a task as far as they are known: of a plain one, of a mapped one, and of one that runs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any
from weakref import WeakKeyDictionary

from airflow_sf_health.inference._unreadable import UNREADABLE, attribute
from airflow_sf_health.plain import TEMPLATE_MARKS

_CONSTRUCTED = "_BaseOperator__init_kwargs"
"""Where Airflow keeps what the constructor was given, defaults of the DAG and of base classes among it; to map it, so as it was written."""
_MISSING = object()
_NONE: Mapping[str, Any] = MappingProxyType({})
_WITH_DEFAULTS = ("dag", "task_group")
_MAPPINGS = (dict, Mapping)
_KNOWN = (dict, list, tuple, Mapping)
"""To ask for the plain one first is a tenth of the time, and it is asked of each mapped task of each DAG."""


class Arguments:
    """A task whose arguments are None where they are not known yet, for the functions that infer.

    Any attribute of the task can be asked for, so that a site's function reads it as it reads the task itself.
    """

    def __init__(self, task: Any, *, rendered: bool = False) -> None:
        self._task, self._rendered = task, rendered
        self.class_name = class_of(task).__name__

    def __getattr__(self, name: str) -> Any:
        value = given(self._task, name, rendered=self._rendered)
        return value if value is not UNREADABLE and (self._rendered or not is_late(value)) else None


def given(task: Any, name: str, *, rendered: bool = False) -> Any:
    """An argument as it was written; None where there is none, or where each mapped instance has one of its own.

    :param rendered: the task runs. An argument that its class keeps under another name is as it was written even then, so of a
        template nothing is known.
    """
    if not is_mapped(task):
        value = attribute(task, name, _MISSING)
        if value is not _MISSING and value is not UNREADABLE:
            return value
        found = constructed(task, name, rendered=rendered)
        return UNREADABLE if found is None and value is UNREADABLE else found
    if not isinstance(task.partial_kwargs, _MAPPINGS):
        return None
    if name in task.partial_kwargs:
        return task.partial_kwargs[name]
    value = expand_value(task)
    if over(value, name) is not None or is_anything(value):
        return None
    return default_given(task, name)


def constructed(task: Any, name: str, *, rendered: bool = False) -> Any:
    """What the constructor of a plain task was given, whatever it has made of it."""
    arguments = given_names(task)
    value = arguments[name] if name in arguments else default_of(type(task), name)
    return UNREADABLE if rendered and is_late(value) else value


def given_names(task: Any) -> Mapping[str, Any]:
    """All that the constructor of a plain task was given, by name."""
    found = getattr(task, _CONSTRUCTED, None)
    return found if isinstance(found, dict) else {}


def default_given(task: Any, name: str) -> Any:
    """What an instance of a mapped task gets that is given nothing."""
    defaults = defaults_of(task)
    taken, default = _parameter(task.operator_class, name)
    return defaults[name] if taken and name in defaults else default


def defaults_of(task: Any) -> Mapping[str, Any]:
    """The ``default_args`` of the DAG and the group of a mapped task. Its instances take what it was not given from there; some
    arguments are in its own ones already, which differ between the versions of Airflow.
    """
    found: Mapping[str, Any] = _NONE
    own = task.partial_kwargs
    for name in _WITH_DEFAULTS:
        every = getattr(own.get(name) or getattr(task, name, None), "default_args", None)
        if every and isinstance(every, _MAPPINGS):
            found = {**found, **every}
    return found


def over(value: Any, name: str) -> Any:
    """What each instance of a task that is mapped over this value has one of, as it was written; of dicts that are known the values.
    None where they have none.
    """
    if isinstance(value, _MAPPINGS):
        own = value.get("op_kwargs")
        return own[name] if isinstance(own, _MAPPINGS) and name in own else value.get(name)
    if not isinstance(value, (list, tuple)):
        return None
    return [each[name] for each in value if isinstance(each, _MAPPINGS) and name in each] or None


def is_anything(value: Any) -> bool:
    """Whether each instance of a task that is mapped over this value has whatever another task's output gives it (``expand_kwargs``)."""
    return value is not None and not isinstance(value, _KNOWN)


def expand_value(task: Any) -> Any:
    """What a mapped task is mapped over, as it was written."""
    name = getattr(task, "_expand_input_attr", None)  # a function of ``@task`` has it under a name of its own
    return getattr(getattr(task, name if isinstance(name, str) else "expand_input", None), "value", None)


def is_mapped(task: Any) -> bool:
    """Whether it is the plan of many tasks, which has no arguments as attributes."""
    return hasattr(task, "partial_kwargs") and hasattr(task, "operator_class")


def class_of(task: Any) -> Any:
    """The operator's class; of a mapped task that of its instances."""
    return task.operator_class if is_mapped(task) else type(task)


def is_late(value: object) -> bool:
    """Whether Airflow puts the value in when the task runs: a template, a file of one, or the output of another task."""
    if isinstance(value, str):
        return ("{" in value and any(each in value for each in TEMPLATE_MARKS)) or value.endswith((".sql", ".soql"))
    return hasattr(value, "resolve") and hasattr(value, "iter_references")


def takes(kind: Any, name: str) -> bool:
    """Whether the constructor of a class has an argument of that name."""
    return _parameter(kind, name)[0]


def default_of(kind: Any, name: str) -> Any:
    """What the constructor takes where nothing is given; Airflow keeps only what was."""
    return _parameter(kind, name)[1]


def connections_taken(kind: Any) -> tuple[str, ...]:
    """The arguments of a class's constructor, and of those that it hands them on to, that are called ``…conn_id``."""
    found = _CONNECTIONS.get(kind)
    if found is None:
        found = _CONNECTIONS[kind] = tuple(sorted({name for name in _all_parameters(kind) if name.endswith("conn_id")}))
    return found


_CONNECTIONS: WeakKeyDictionary[Any, tuple[str, ...]] = WeakKeyDictionary()


def _all_parameters(kind: Any) -> Iterator[str]:
    from inspect import signature

    for each in getattr(kind, "__mro__", ()):
        if "__init__" in vars(each) and each is not object:
            yield from signature(each.__init__).parameters


_PARAMETERS: WeakKeyDictionary[Any, dict[str, tuple[bool, Any]]] = WeakKeyDictionary()
"""To read a signature takes longer than all else; a DAG has many tasks of few classes."""


def _parameter(kind: Any, name: str) -> tuple[bool, Any]:
    known = _PARAMETERS.setdefault(kind, {})
    if name not in known:
        known[name] = _read_parameter(kind, name)
    return known[name]


def _read_parameter(kind: Any, name: str) -> tuple[bool, Any]:
    from inspect import Parameter, signature

    for each in getattr(kind, "__mro__", ()):
        has_one = "__init__" in vars(each) and each is not object  # whose signature is the slowest to read
        parameter = signature(each.__init__).parameters.get(name) if has_one else None
        if parameter is not None:
            default = parameter.default
            return True, None if default is Parameter.empty else default
    value = getattr(kind, name, None)
    return False, value if isinstance(value, str) else None
