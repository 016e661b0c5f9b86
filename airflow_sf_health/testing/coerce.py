"""Values from outside (JSON, or text of a command line) made to fit the type of an attribute."""

from __future__ import annotations

import types
import typing
from datetime import UTC, datetime
from ipaddress import ip_address
from typing import Any

YES = ("true", "yes", "on", "1")
NO = ("false", "no", "off", "0")


Address = typing.NewType("Address", str)
"""The address of a machine, IPv4 or IPv6."""


class SettingError(ValueError):
    """A key or a value that does not fit; the text says which and why."""


def coerce(key: str, value: Any, hint: Any) -> Any:
    """The value as the type ``hint`` wants it: bool, int, float, str, an instant, a set, list or tuple of text, a span of hours
    (``9-17``), ranges of addresses (``203.0.113.1-203.0.113.9, …``), or ``None``.

    :raises SettingError: when it does not fit.
    """
    options = typing.get_args(hint) if isinstance(hint, types.UnionType) else (hint,)
    if type(None) in options and value in (None, "null", "none", ""):
        return None
    wanted = next(option for option in options if option is not type(None))
    kind = wanted if wanted in CONVERTERS else typing.get_origin(wanted) or wanted
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


def _instant(value: Any) -> datetime:
    moment = datetime.fromisoformat(_text(value))
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _hours(value: Any) -> tuple[int, int]:
    first, end = (int(_number(int, part)) for part in _ends(value))
    if not (0 <= first <= 24 and 0 <= end <= 24):
        raise ValueError(value)
    return first, end


def _ranges(value: Any) -> list[tuple[str, str]]:
    """Each range from and to an address; a single address is a range too."""
    parts = _texts(value) if isinstance(value, str) else value
    if not isinstance(parts, list):
        raise ValueError(value)
    return [_range(part) for part in parts]


def _range(value: Any) -> tuple[str, str]:
    first, last = _ends(value if isinstance(value, list) or "-" in str(value) else [value, value])
    ends = ip_address(_text(first)), ip_address(_text(last))
    if ends[0].version != ends[1].version or int(ends[0]) > int(ends[1]):
        raise ValueError(value)
    return str(ends[0]), str(ends[1])


def _ends(value: Any) -> list[Any]:
    """The two ends of a span, which is a list, or a text with a dash."""
    ends = [part.strip() for part in value.split("-")] if isinstance(value, str) else value
    if not isinstance(ends, list) or len(ends) != 2:
        raise ValueError(value)
    return ends


CONVERTERS: dict[Any, typing.Callable[[Any], Any]] = {
    bool: as_bool,
    int: lambda value: _number(int, value),
    float: lambda value: _number(float, value),
    str: _text,
    list: _texts,
    set: lambda value: set(_texts(value)),
    tuple: lambda value: tuple(_texts(value)),
    Address: lambda value: str(ip_address(_text(value))),
    datetime: _instant,
    tuple[int, int]: _hours,
    list[tuple[str, str]]: _ranges,
}
WORDS: dict[Any, str] = {
    bool: "true or false",
    int: "a whole number",
    float: "a number",
    str: "a text",
    **dict.fromkeys((list, set, tuple), "a list of texts"),
    Address: "an address as 203.0.113.10",
    datetime: "an instant as 2027-01-31T09:00:00Z",
    tuple[int, int]: "a span of hours as 9-17, or null",
    list[tuple[str, str]]: "ranges of addresses as 203.0.113.1-203.0.113.9",
}
