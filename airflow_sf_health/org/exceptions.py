"""Read an exception that some library raised: the refusals that lie behind it, and what it only says in words."""

from __future__ import annotations

import http.client
import json
import socket
import ssl
import urllib.error
from collections.abc import Iterator

import requests
import urllib3.exceptions

from airflow_sf_health.org.errors import LONGEST_MESSAGE, Refusal, Refused, Shape, read_refusal
from airflow_sf_health.org.failures import chain_of, refusal_of_failure

Part = Refusal | tuple[int | None, object] | str
"""A refusal; the status and body of a reply; or a text."""

NO_ANSWER = (
    requests.RequestException,
    urllib3.exceptions.HTTPError,
    http.client.HTTPException,
    urllib.error.URLError,
    TimeoutError,
    ConnectionError,
    socket.gaierror,
    ssl.SSLError,
)
"""What is raised when no reply came; a reply that one of them carries goes before."""


def parts_of(error: BaseException) -> Iterator[Part]:
    """Give what an exception and all that it wraps has to say, the innermost first. Never raises."""
    for each in reversed(chain_of(error)):
        yield from _parts(each)


def refusal_of_exception(error: BaseException) -> Refusal:
    """Give the one refusal that an exception stands for, from without to within; never raises. One without is read by its text."""
    for each in chain_of(error):
        for part in _parts(each):
            if isinstance(part, Refusal):
                return part
            if isinstance(part, tuple):
                return read_refusal(part[0] or 400, {}, _bytes(part[1]))
    return read_refusal(400, {}, _text(error).encode("utf-8", "replace"))


def _parts(error: BaseException) -> Iterator[Part]:
    if isinstance(error, Refused):
        yield error.refusal
        return
    if hasattr(error, "auth_message"):
        yield _refused_login(getattr(error, "code", None), str(error.auth_message or ""))
        return
    reply = _reply(error)
    if reply is not None:
        yield reply
    elif isinstance(error, NO_ANSWER):
        yield refusal_of_failure(error, host="")
    if reply is None or reply[1] in (None, "", b""):
        yield f"{type(error).__name__}: {_text(error)}"
        yield from _attached(error)


def _reply(error: BaseException) -> tuple[int | None, object] | None:
    """The reply that an error carries: simple-salesforce's own, or a response as requests, httpx and others attach it."""
    status = getattr(error, "status", None)
    if isinstance(status, int) and hasattr(error, "content"):
        return status, error.content
    response = getattr(error, "response", None)
    status = getattr(response, "status_code", None)
    if isinstance(status, int):
        return status, getattr(response, "content", None) or getattr(response, "text", "")
    return None


def _attached(error: BaseException) -> Iterator[str]:
    """Output of a command that failed, notes, and the faults of SOAP clients."""
    for name in ("stderr", "stdout", "output", "body", "message", "fault", "detail", "reason"):
        value = getattr(error, name, None)
        if isinstance(value, bytes):
            value = value.decode("utf-8", "replace")
        if isinstance(value, str) and value and value not in _text(error):
            yield value
    yield from (each for each in getattr(error, "__notes__", ()) if isinstance(each, str))


def _refused_login(code: object, message: str) -> Refusal:
    """simple-salesforce gives the HTTP status in the code's place where it could not read the reply."""
    if isinstance(code, int):
        return read_refusal(code, {}, message.encode())
    return Refusal(shape=Shape.OAUTH, code=str(code or "") or None, message=message[:LONGEST_MESSAGE])


def _text(error: BaseException) -> str:
    try:
        return str(error)
    except Exception:  # noqa: BLE001 - a foreign class may do anything here
        return ""


def _bytes(content: object) -> bytes:
    """simple-salesforce keeps a parsed JSON body where it could parse one, else text or bytes."""
    if isinstance(content, bytes):
        return content
    return content.encode("utf-8", "replace") if isinstance(content, str) else json.dumps(content, default=str).encode()
