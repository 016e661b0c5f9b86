"""``/composite``: up to 25 parts in one API call, each of which may refer to what earlier parts answered."""

from __future__ import annotations

import copy
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from airflow_sf_health.testing.call import Call, Reply, not_found
from airflow_sf_health.testing.errors import ApiError

PARTS = 25
QUERIES = 5
"""Salesforce's own cap on query and collection parts (documented)."""

REFERENCE = re.compile(r"@\{([^}]*)\}")
REFERENCE_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_]*")
PART_PATH = re.compile(r"/services/data/v(\d+\.0)/(.*)")
COUNTED = re.compile(r"(query|queryAll|composite/sobjects)(/|$)")
PART_HEADERS = ("ETag", "Last-Modified", "Location")
"""Headers that show in a part (recorded: ETag, Last-Modified, documented: Location)."""

ILLEGAL_ID = (
    "Provided referenceId ('{name}') must start with a letter or a number, and it can contain only letters, numbers "
    "and underscores ('_')."
)
"""Captured."""

ROLLED_BACK = "The transaction was rolled back since another operation in the same transaction failed."
"""Documented."""

Dispatch = Callable[[Call], Reply]
Part = dict[str, Any]


def composite(call: Call, dispatch: Dispatch) -> Reply:
    """All parts in order; the reply is 200 whatever becomes of them.

    :raises ApiError: 400 where the request as a whole is not acceptable.
    """
    request = call.json_object()
    parts = _checked(request.get("compositeRequest"))
    all_or_none = bool(request.get("allOrNone"))
    before = copy.deepcopy((call.state.records, call.state.deleted)) if all_or_none else None
    replies: dict[str, Any] = {}
    results = []
    for part in parts:
        result = _run(call, part, replies, dispatch)
        replies[part["referenceId"]] = result["body"]
        results.append(result)
    if before and any(result["httpStatusCode"] >= 400 for result in results):
        call.state.records, call.state.deleted = before
        results = [_halted(result) for result in results]
    return Reply(body={"compositeResponse": results})


def part_paths(call: Call) -> list[str]:
    """The paths of the parts of a composite request, for the time that it takes."""
    try:
        parts = call.json_object().get("compositeRequest")
    except ApiError:
        return []
    return [_below(part) for part in parts if isinstance(part, dict)] if isinstance(parts, list) else []


def _checked(parts: Any) -> list[Part]:
    """The codes and texts are vague where no source tells them."""
    if not isinstance(parts, list) or not parts:
        raise ApiError(400, "JSON_PARSER_ERROR", "compositeRequest is missing or empty")  # inferred
    if len(parts) > PARTS:
        raise ApiError(400, "LIMIT_EXCEEDED", f"at most {PARTS} subrequests")  # documented limit, text inferred
    if sum(bool(COUNTED.match(_below(part))) for part in parts) > QUERIES:
        raise ApiError(400, "LIMIT_EXCEEDED", f"at most {QUERIES} query subrequests")  # the same
    names = [str(part.get("referenceId") or "") for part in parts]
    for name in names:
        if not REFERENCE_ID.fullmatch(name):
            raise ApiError(400, "JSON_PARSER_ERROR", ILLEGAL_ID.format(name=name))
    if len(set(names)) < len(names):
        raise ApiError(400, "JSON_PARSER_ERROR", "referenceId is not unique")  # inferred
    return parts


def _below(part: Part) -> str:
    """The path of a part below its version."""
    found = PART_PATH.match(str(part.get("url") or ""))
    return found[2].split("?")[0] if found else ""


def _run(call: Call, part: Part, replies: dict[str, Any], dispatch: Dispatch) -> Part:
    try:
        reply = dispatch(_call(call, part, replies))
    except ApiError as error:
        reply = Reply(error.status, error.body)
    headers = {name: value for name, value in reply.headers.items() if name in PART_HEADERS}
    body = None if reply.empty else reply.body
    return {
        "body": body,
        "httpHeaders": headers,
        "httpStatusCode": reply.status,
        "referenceId": part["referenceId"],
    }


def _call(call: Call, part: Part, replies: dict[str, Any]) -> Call:
    url = urlsplit(str(_resolved(part.get("url") or "", replies)))
    found = PART_PATH.fullmatch(unquote(url.path))
    if found is None or found[2].rstrip("/") == "composite":
        raise not_found()
    headers = {str(name).lower(): str(value) for name, value in (part.get("httpHeaders") or {}).items()}
    body = _resolved(part.get("body"), replies)
    query = dict(parse_qsl(url.query, keep_blank_values=True))
    method = str(part.get("method") or "GET").upper()
    return Call(call.state, call.user, found[1], method, found[2].rstrip("/"), query, headers, body)


def _resolved(value: Any, replies: dict[str, Any]) -> Any:
    """The value with each ``@{ref.field}`` in it replaced; one that stands alone keeps the type of what it names."""
    if isinstance(value, dict):
        return {key: _resolved(item, replies) for key, item in value.items()}
    if isinstance(value, list):
        return [_resolved(item, replies) for item in value]
    if not isinstance(value, str):
        return value
    if whole := REFERENCE.fullmatch(value):
        return _looked_up(whole[1], replies)
    return REFERENCE.sub(lambda found: str(_looked_up(found[1], replies)), value)


def _looked_up(expression: str, replies: dict[str, Any]) -> Any:
    """What ``ref.records[0].Id`` names in the replies so far.

    :raises ApiError: 400 PROCESSING_HALTED where there is no value, as after a part that failed (documented).
    """
    name, *steps = re.findall(r"[^.\[\]]+", expression) or [""]
    value = replies.get(name)
    for step in steps:
        if isinstance(value, dict):
            value = value.get(step)
        elif isinstance(value, list) and step.isdigit() and int(step) < len(value):
            value = value[int(step)]
        else:
            value = None
    if value is None:
        message = f"Invalid reference specified. No value for {expression} found in {name}. "
        raise ApiError(400, "PROCESSING_HALTED", message + ILLEGAL_ID.format(name=expression), code_first=True)
    return value


def _halted(result: Part) -> Part:
    """A part that was rolled back because of another (documented)."""
    if result["httpStatusCode"] >= 400:
        return result
    body = ApiError(400, "PROCESSING_HALTED", ROLLED_BACK, code_first=True).body
    return {**result, "body": body, "httpHeaders": {}, "httpStatusCode": 400}
