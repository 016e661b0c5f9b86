"""Arguments as templates leave them.

Jinja gives text, so that `{"sandbox": "{{ params.sandbox }}"}` arrives as `'False'`; with `render_template_as_native_obj` it
arrives as it is meant. Here the one is read as the other, at any depth. What cannot be meant stays as it is, for the error that
names it.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import fields
from typing import Any

from airflow_sf_health.plain import RepeatedKeyError, from_json
from airflow_sf_health.requirements import ObjectUse

_NOTHING = ("", "none", "null")
_SWITCH = {"true": True, "false": False}


def rendered(value: Any, kind: type) -> Any:
    """Give an argument that stands for a ``kind`` with its texts read: ``'false'`` as a bool where the field is one, ``'100'`` as
    a number, ``"['Id']"`` as a list, and ``''`` and ``'None'``, which a variable that is not set renders to, as nothing.
    """
    value = literal(value)
    if not isinstance(value, Mapping):
        return value
    kinds = {each.name: str(each.type) for each in fields(kind)}
    return {name: _meant(each, kinds.get(name, "")) for name, each in value.items()}


def rendered_list(value: Any) -> Any:
    """Give a list with what renders to nothing left out."""
    value = literal(value)
    if not isinstance(value, list | tuple):
        return value
    return [each for each in value if not is_nothing(each)]


def literal(value: Any) -> Any:
    """The dict or list that a template for the whole argument has written as text, by JSON or by Python's repr. JSON that has a
    key twice stays a text.
    """
    if not isinstance(value, str):
        return value
    if is_nothing(value):
        return None
    for read in (from_json, ast.literal_eval):
        try:
            found = read(value)
        except RepeatedKeyError:
            return value
        except (ValueError, SyntaxError, MemoryError, RecursionError):
            continue
        if isinstance(found, dict | list | tuple):
            return found
    return value


def is_nothing(value: object) -> bool:
    """Whether it is None, or a text that a variable renders to which is not set."""
    return value is None or (isinstance(value, str) and value.strip().lower() in _NOTHING)


def _meant(value: Any, kind: str) -> Any:
    """:param kind: the annotation of the field that the value is for."""
    if is_nothing(value):
        return None
    if kind.startswith("tuple[ObjectUse"):
        return _uses(literal(value))
    if kind.startswith("tuple"):
        return rendered_list(value)
    if not isinstance(value, str):
        return value
    if kind.startswith("bool"):
        return _switched(value)
    return _number(value, int if kind.startswith("int") else float) if kind.startswith(("int", "float")) else value


def _uses(value: Any) -> Any:
    """The objects of requirements: by name, a dict of what is done with one, or a list of fields."""
    if not isinstance(value, Mapping):
        return value
    return {name: _use(literal(each)) for name, each in value.items()}


def _use(value: Any) -> Any:
    """A list of fields may be ``True`` as well, for an operation that names none."""
    if not isinstance(value, Mapping):
        return rendered_list(value)
    return {name: _switched(each) for name, each in rendered(value, ObjectUse).items()}


def _switched(value: Any) -> Any:
    return _SWITCH.get(value.strip().lower(), value) if isinstance(value, str) else value


def _number(text: str, read: Callable[[str], float]) -> Any:
    with suppress(ValueError):
        return read(text.strip())
    return text
