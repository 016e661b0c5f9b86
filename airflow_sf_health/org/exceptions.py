"""Read an exception that some library raised as the :class:`Refusal` that lies behind it."""

from __future__ import annotations

import json

import requests

from airflow_sf_health.org.errors import LONGEST_MESSAGE, Refusal, Refused, Shape, read_refusal
from airflow_sf_health.org.failures import chain_of, refusal_of_failure


def refusal_of_exception(error: BaseException) -> Refusal:
    """Give the refusal of an exception or of what it wraps; never raises. An exception without one is read by its text."""
    for each in chain_of(error):
        if isinstance(each, Refused):
            return each.refusal
        if isinstance(each, requests.RequestException | TimeoutError | ConnectionError):
            return refusal_of_failure(each, host="")
        if hasattr(each, "auth_message"):
            return _refused_login(getattr(each, "code", None), str(each.auth_message or ""))
        status = getattr(each, "status", None)
        if isinstance(status, int) and hasattr(each, "content"):
            return read_refusal(status, {}, _body(each.content))
    return read_refusal(400, {}, str(error).encode())


def _refused_login(code: object, message: str) -> Refusal:
    """simple-salesforce gives the HTTP status in the code's place where it could not read the reply."""
    if isinstance(code, int):
        return read_refusal(code, {}, message.encode())
    return Refusal(shape=Shape.OAUTH, code=str(code or "") or None, message=message[:LONGEST_MESSAGE])


def _body(content: object) -> bytes:
    """simple-salesforce keeps a parsed JSON body where it could parse one, else text or bytes."""
    if isinstance(content, bytes):
        return content
    return content.encode() if isinstance(content, str) else json.dumps(content, default=str).encode()
