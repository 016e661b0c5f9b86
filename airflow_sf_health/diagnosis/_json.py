"""Find what refuses in a parsed JSON body of any shape: arrays of errors, OAuth objects, composite answers, rows of results."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from airflow_sf_health.diagnosis._sighting import Sighting
from airflow_sf_health.diagnosis._text import shared_out
from airflow_sf_health.org.errors import LONGEST_MESSAGE, Refusal, Shape

MOST_PARTS = 50_000
"""Objects and lists of a body that are looked at."""
MOST_KINDS = 200
"""Different refusals that are kept of a body; rows beyond that say nothing new."""

_CODE = (
    "errorCode",
    "statusCode",
    "exceptionCode",
    "error_code",
    "errorcode",
    "faultcode",
    "error",
    "code",
    "name",
    "type",
)
_WORDS = (
    "message", "error_description", "exceptionMessage", "errorMessage", "stateMessage", "sf__Error", "faultstring",
    "errorDescription", "description", "detail", "details", "title", "reason", "msg", "stack", "error", "errors", "body",
    "content", "text", "log", "cause", "exception", "fault", "response", "data", "stdout", "stderr", "output", "Error", "ERROR",
)  # fmt: skip
_STATUS = ("httpStatusCode", "statusCode", "status_code", "status")

Texts = Callable[[str, int | None], Iterator[Sighting]]


def read_json(text: str) -> Any:
    """The value of a JSON text; None when it is none or too deep."""
    try:
        value = json.loads(text.strip("\ufeff \t\r\n"))
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict | list) else None


def sightings_in(value: object, status: int | None, texts: Texts, opaque: frozenset[str]) -> Iterator[Sighting]:
    """Give what refuses in a JSON value; ``texts`` reads what only stands there as words, but not beside an ``opaque`` code."""
    seen: Counter[tuple[Refusal, bool]] = Counter()
    words: dict[str, int | None] = {}
    for part, of_row, its_status in _objects(value, status):
        refusal = _refusal(part, its_status)
        if refusal is not None and (len(seen) < MOST_KINDS or (refusal, of_row) in seen):
            seen[refusal, of_row] += 1
        if refusal is not None and (refusal.code or "").casefold() in opaque:
            continue
        for each in _said(part, refusal):
            if len(words) < MOST_KINDS:
                words.setdefault(each, its_status)
    for (refusal, of_row), count in seen.items():
        yield Sighting(refusal=refusal, row=of_row, count=count)
    for each, its_status in zip(shared_out(words), words.values(), strict=True):
        yield from texts(each, its_status)


def _objects(value: object, status: int | None) -> Iterator[tuple[Mapping[Any, Any], bool, int | None]]:
    """Every object in the order in which it stands, whether it belongs to a refused row, and the HTTP status over it."""
    waiting: list[tuple[object, bool, int | None]] = [(value, False, status)]
    for _ in range(MOST_PARTS):
        if not waiting:
            return
        part, of_row, its_status = waiting.pop()
        if isinstance(part, Mapping):
            success = part.get("success")
            of_row = of_row or success in (False, "false", "False") or "sf__Error" in part
            own = next((part[each] for each in _STATUS if type(part.get(each)) is int), None)
            its_status = own if own is not None and 100 <= own < 600 else its_status
            yield part, of_row, its_status
            inner: list[object] = list(part.values())
        else:
            inner = list(part) if isinstance(part, list | tuple) else []
        waiting += [(each, of_row, its_status) for each in reversed(inner) if isinstance(each, Mapping | list | tuple)]


def _refusal(part: Mapping[Any, Any], status: int | None) -> Refusal | None:
    code = next((part[each] for each in _CODE if isinstance(part.get(each), str) and _is_code(part[each])), None)
    if code is None:
        return None
    given = (part.get(each) for each in _WORDS)
    message = next((each for each in given if isinstance(each, str) and each != code), "")
    shape = Shape.OAUTH if part.get("error") == code else Shape.REST
    return Refusal(shape=shape, status=status, code=code, message=" ".join(message[: 2 * LONGEST_MESSAGE].split()))


def _is_code(text: str) -> bool:
    text = text.rpartition(":")[2]
    return 3 < len(text) < 80 and text.replace("_", "a").isalnum() and (text.islower() <= ("_" in text))


def _said(part: Mapping[Any, Any], refusal: Refusal | None) -> Iterator[str]:
    """Texts that are to be read by themselves: all words of an object without a code, long ones of an object with one."""
    for name in _WORDS:
        value = part.get(name)
        for each in value if isinstance(value, list) else [value]:
            if (
                isinstance(each, str)
                and each
                and (refusal is None or (name not in ("message", "error", "error_description")))
            ):
                yield each
