"""Read a frozen value with named fields from a plain dict, and the dict from a text, with errors that help."""

from __future__ import annotations

import difflib
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import Any, TypeVar

from airflow_sf_health.errors import ConfigurationError

T = TypeVar("T")
TEMPLATE_MARKS = ("{{", "{%", "{#")
"""What a text that Airflow has yet to render has in it."""


class RepeatedKeyError(ValueError):
    """A mapping has a key twice. Its last value would hide the others, of which nobody would hear."""

    def __init__(self, key: object, where: str = "") -> None:
        super().__init__(f"'{key}' stands twice in one mapping{where}")


def from_json(text: str) -> Any:
    """The value of a text in JSON.

    :raises ValueError: it is none; a :class:`RepeatedKeyError` where it says two things of one key.
    """
    try:
        return json.loads(text, object_pairs_hook=_each_key_once)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    except json.JSONDecodeError as error:
        raise ValueError(f"it is no JSON: {error}") from error


def _each_key_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        [(key, _)] = Counter(name for name, _ in pairs).most_common(1)
        raise RepeatedKeyError(key)
    return found


def read(kind: type[T], value: object, error: type[ConfigurationError]) -> T:
    """Give ``value`` as a ``kind`` (a frozen dataclass): itself, built from a mapping of its fields, or from None empty.

    :raises error: no mapping, or an unknown key; names the nearest right one. What ``kind`` itself refuses is its own error.
    """
    if isinstance(value, kind):
        return value
    name = kind.__name__
    if value is not None and not isinstance(value, Mapping):
        raise error(f"{name} must be a {name} or a dict, and is of type {type(value).__name__}.")
    refuse_unknown(name, value or {}, [each.name for each in fields(kind)], error)  # type: ignore[arg-type]
    return kind(**dict(value or {}))


def refuse_unknown(name: str, value: Mapping[Any, Any], known: Sequence[str], error: type[ConfigurationError]) -> None:
    """Refuse a key that is none of the known ones; names the nearest right one.

    :param name: what the keys belong to, as the message begins.
    :param known: in lower case.
    """
    for key in value:
        if key not in known:
            near = difflib.get_close_matches(str(key).lower(), known, n=1)
            hint = f"Did you mean '{near[0]}'?" if near else f"Known are {', '.join(known)}."
            raise error(f"{name}: there is no '{key}'. {hint}")


def dump(value: object) -> dict[str, Any]:
    """The fields of a frozen value that are set (not None), JSON-ready; :func:`read` reads it back."""
    named = ((each.name, getattr(value, each.name)) for each in fields(value))  # type: ignore[arg-type]
    return {name: each for name, each in named if each is not None}
