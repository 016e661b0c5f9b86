"""What is to be read in an error: which parts of an exception, of a reply or of a text say why."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from airflow_sf_health.causes import book, match, of_records
from airflow_sf_health.diagnosis._json import read_json, sightings_in
from airflow_sf_health.diagnosis._sighting import Sighting
from airflow_sf_health.diagnosis._text import END, bounded, shared_out, sightings_in_text
from airflow_sf_health.org.errors import Refusal, Shape, read_refusal
from airflow_sf_health.org.exceptions import parts_of
from airflow_sf_health.org.flows import LoginFlow

_BODY = ("body", "content", "text", "data")
_STATUS = ("status", "status_code", "statusCode", "httpStatusCode", "code")


def sightings_of(error: object, context: Mapping[str, object]) -> list[Sighting]:
    """Give all that is said in an error, in the order in which it counts."""
    return [_with_context(each, context) for each in _of(error, _status(context))]


def _of(error: object, status: int | None) -> Iterator[Sighting]:
    if isinstance(error, Refusal):
        yield from _of_refusal(error)
    elif isinstance(error, BaseException):
        yield from _of_exception(error)
    elif isinstance(error, str | bytes | bytearray | memoryview):
        yield from _of_body(_text(error), status)
    elif hasattr(error, "status_code") and not isinstance(error, Mapping):
        yield from _of_response(error)
    elif isinstance(error, Mapping) and (body := _reply(error)) is not None:
        yield from _of_reply(body, _status(error) or status)
    elif isinstance(error, Mapping | list | tuple):
        yield from _of_json(error, status)
    elif error is not None:
        yield from sightings_in_text(_text(error), status)


def _of_exception(error: BaseException) -> Iterator[Sighting]:
    parts = list(parts_of(error))
    texts = shared_out([each for each in parts if isinstance(each, str)])
    for part in parts:
        if isinstance(part, Refusal):
            yield from _of_refusal(part)
        elif isinstance(part, tuple):
            yield from _of_reply(part[1], part[0])
        else:
            yield from _of_body(next(texts), None)


def _of_response(response: Any) -> Iterator[Sighting]:
    body = getattr(response, "content", None)
    status = response.status_code
    yield from _of_reply(
        getattr(response, "text", "") if body is None else body, status if isinstance(status, int) else None
    )


def _reply(given: Mapping[Any, Any]) -> object:
    """The body of a mapping that describes an HTTP reply; None when it is something else, as a parsed JSON body is."""
    if _status(given) is None and "headers" not in given:
        return None
    return next((given[name] for name in _BODY if name in given), None)


def _of_reply(body: object, status: int | None) -> Iterator[Sighting]:
    if isinstance(body, Mapping | list | tuple):
        found = list(_of_json(body, status))
        yield from found
        if not found and status is not None:
            yield Sighting(refusal=Refusal(shape=Shape.UNREADABLE, status=status), prose=True)
    else:
        yield from _of_body(_text(body), status)


def _of_body(text: str, status: int | None) -> Iterator[Sighting]:
    """A body or a line of a log: JSON as a whole where it is that, markup as Salesforce sends it, else a text."""
    start = text.lstrip("\ufeff \t\r\n")[:1]
    if not start:
        if status is not None:
            yield Sighting(refusal=read_refusal(status, {}, b""), prose=True)
        return
    if start in "[{" and (value := read_json(text)) is not None:
        yield from _of_reply(value, status)
        return
    if start == "<":
        yield from _of_refusal(read_refusal(status or 0, {}, text.encode("utf-8", "replace")), status)
    yield from sightings_in_text(text, status)


def _of_json(value: object, status: int | None) -> Iterator[Sighting]:
    for each in sightings_in(value, status, sightings_in_text, book().opaque | book().quoting):
        if each.entry is not None:
            yield each
            continue
        for inner in _of_refusal(each.refusal):
            yield replace(inner, row=each.row, count=each.count)


def _of_refusal(refusal: Refusal, status: int | None = None) -> Iterator[Sighting]:
    """A refusal as it is, and what stands in its words where its code says no more than that something failed."""
    if refusal.status == 0:
        refusal = replace(refusal, status=status)
    entry = match(refusal, book())
    if entry is not None:
        known = (refusal.code or "").casefold() in book().entries
        yield Sighting(
            refusal=refusal, prose=entry.recogniser.code is None and not (refusal.code and known), entry=entry
        )
    if entry is None or entry.recogniser.general or refusal.shape is Shape.TEXT:
        of_data = (refusal.code or "").casefold() in book().of_data
        for each in sightings_in_text(refusal.message):
            inner = each.entry or match(each.refusal, book())
            if not of_data or (inner is not None and of_records(inner)):
                yield each


def _with_context(sighting: Sighting, context: Mapping[str, object]) -> Sighting:
    flow = context.get("login_flow")
    where = LoginFlow(flow).request_label if isinstance(flow, str) and flow in set(LoginFlow) else ""
    if not where and not context.get("fresh_token"):
        return sighting
    refusal = sighting.refusal
    refusal = replace(
        refusal, where=refusal.where or where, fresh_token=refusal.fresh_token or bool(context.get("fresh_token"))
    )
    return replace(sighting, refusal=refusal, entry=None if refusal.fresh_token else sighting.entry)


def _status(given: Mapping[Any, Any]) -> int | None:
    return next((given[name] for name in _STATUS if type(given.get(name)) is int and 100 <= given[name] < 600), None)


def _text(given: object) -> str:
    if isinstance(given, bytes | bytearray | memoryview):
        given = bytes(given[:END]) + (b"\n" + bytes(given[-END:]) if len(given) > 2 * END else bytes(given[END:]))
        return given.decode("utf-8", errors="replace")
    return bounded(given if isinstance(given, str) else str(given))
