"""Arguments as templates leave them.

Jinja gives text, so that `{"sandbox": "{{ params.sandbox }}"}` arrives as `'False'`; with `render_template_as_native_obj` it
arrives as it is meant. Here the one is read as the other. What cannot be meant stays as it is, for the error that names it.
"""

from __future__ import annotations

import ast
import json
from collections.abc import Mapping
from dataclasses import fields
from typing import Any

_NOTHING = ("", "none", "null")
_SWITCH = {"true": True, "false": False}


def rendered(value: Any, kind: type) -> Any:
    """Give an argument that stands for a ``kind`` with its texts read: ``'false'`` as a bool where the field is one, and
    ``''`` and ``'None'``, which a variable that is not set renders to, as nothing.
    """
    value = _literal(value)
    if not isinstance(value, Mapping):
        return value
    switches = {each.name for each in fields(kind) if str(each.type).startswith("bool")}
    return {name: _meant(each, switch=name in switches) for name, each in value.items()}


def rendered_list(value: Any) -> Any:
    """Give a list with what renders to nothing left out."""
    value = _literal(value)
    if not isinstance(value, list | tuple):
        return value
    return [each for each in value if _meant(each, switch=False) is not None]


def _meant(value: Any, *, switch: bool) -> Any:
    if not isinstance(value, str):
        return value
    word = value.strip().lower()
    if word in _NOTHING:
        return None
    return _SWITCH.get(word, value) if switch else value


def _literal(value: Any) -> Any:
    """The dict or list that a template for the whole argument has written as text, by JSON or by Python's repr."""
    if not isinstance(value, str):
        return value
    if value.strip().lower() in _NOTHING:
        return None
    for read in (json.loads, ast.literal_eval):
        try:
            found = read(value)
        except (ValueError, SyntaxError, MemoryError, RecursionError):
            continue
        if isinstance(found, dict | list | tuple):
            return found
    return value
