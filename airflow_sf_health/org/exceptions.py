"""Read an exception that some library raised as the :class:`Refusal` that lies behind it."""

from __future__ import annotations

import json

import requests

from airflow_sf_health.org.errors import Refusal, Refused, Shape, read_refusal
from airflow_sf_health.org.failures import chain_of, refusal_of_failure


def refusal_of_exception(error: BaseException) -> Refusal:
    """Give the refusal of an exception or of what it wraps; never raises. An exception without one is read by its text."""
    for each in chain_of(error):
        if isinstance(each, Refused):
            return each.refusal
        if isinstance(each, requests.RequestException | TimeoutError | ConnectionError):
            return refusal_of_failure(each, host="")
        if hasattr(each, "auth_message"):
            return Refusal(shape=Shape.OAUTH, code=_text(each, "code"), message=_text(each, "auth_message")[:600])
        status = getattr(each, "status", None)
        if isinstance(status, int) and hasattr(each, "content"):
            return read_refusal(status, {}, _body(each.content))
    return read_refusal(400, {}, str(error).encode())


def _text(error: BaseException, name: str) -> str:
    return str(getattr(error, name, None) or "")


def _body(content: object) -> bytes:
    """simple-salesforce keeps a parsed JSON body where it could parse one, else text or bytes."""
    if isinstance(content, bytes):
        return content
    return content.encode() if isinstance(content, str) else json.dumps(content, default=str).encode()
