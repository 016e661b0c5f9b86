"""Values from outside (JSON, or text of a command line) made to fit the type of an attribute."""

from __future__ import annotations

import types
import typing
from typing import Any

YES = ("true", "yes", "on", "1")
NO = ("false", "no", "off", "0")


class SettingError(ValueError):
    """A key or a value that does not fit; the text says which and why."""


def coerce(key: str, value: Any, hint: Any) -> Any:
    """The value as the type ``hint`` wants it: bool, int, float, str, a set, list or tuple of text, or ``None``.

    :raises SettingError: when it does not fit.
    """
    options = typing.get_args(hint) if isinstance(hint, types.UnionType) else (hint,)
    if type(None) in options and value in (None, "null", "none", ""):
        return None
    wanted = next(option for option in options if option is not type(None))
    kind = typing.get_origin(wanted) or wanted
    try:
        return CONVERTERS[kind](value)
    except KeyError:
        raise SettingError(f"{key!r} cannot be set as a whole.") from None
    except ValueError:
        raise SettingError(f"{key!r} must be {WORDS[kind]}, not {value!r}.") from None


def as_bool(value: Any) -> bool:
    text = str(value).lower()
    if text not in YES + NO:
        raise ValueError(value)
    return text in YES


def _text(value: Any) -> str:
    if isinstance(value, (list, dict)) or value is None:
        raise ValueError(value)
    return str(value)


def _number(kind: type[int | float], value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        raise ValueError(value)
    return kind(value)


def _texts(value: Any) -> list[str]:
    if isinstance(value, str):
        return [part.strip() for part in value.split(",") if part.strip()]
    if not isinstance(value, list):
        raise ValueError(value)
    return [_text(each) for each in value]


CONVERTERS: dict[Any, typing.Callable[[Any], Any]] = {
    bool: as_bool,
    int: lambda value: _number(int, value),
    float: lambda value: _number(float, value),
    str: _text,
    list: _texts,
    set: lambda value: set(_texts(value)),
    tuple: lambda value: tuple(_texts(value)),
}
WORDS: dict[Any, str] = {
    bool: "true or false",
    int: "a whole number",
    float: "a number",
    str: "a text",
    **dict.fromkeys((list, set, tuple), "a list of texts"),
}
