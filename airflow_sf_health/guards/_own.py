"""What every task may have, plain or mapped: hooks, callbacks, a retry policy, a text."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from airflow_sf_health.inference import is_mapped, of_instances

_ATTRIBUTES = {"pre_execute": "_pre_execute_hook", "post_execute": "_post_execute_hook"}
"""Airflow keeps these two under other names than those by which it takes them, and has no other way to them."""


def own(task: Any, name: str) -> Any:
    """An argument as the task has it; of a mapped one as each of its instances will have it."""
    return of_instances(task, name) if is_mapped(task) else getattr(task, _ATTRIBUTES.get(name, name), None)


def give(task: Any, name: str, value: Any) -> None:
    """Put another one in its place."""
    if is_mapped(task):
        task.partial_kwargs[name] = value
    else:
        setattr(task, _ATTRIBUTES.get(name, name), value)


def is_mapped_over(task: Any, name: str) -> bool:
    """Whether each instance has an argument of its own, which Airflow refuses beside one for all of them."""
    if not is_mapped(task):
        return False
    value = getattr(getattr(task, "expand_input", None), "value", None)
    if isinstance(value, dict):
        return name in value
    dicts = [value] if isinstance(value, Mapping) else value if isinstance(value, (list, tuple)) else []
    return any(isinstance(each, Mapping) and name in each for each in dicts)
