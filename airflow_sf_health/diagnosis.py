"""From an error that was met to its cause: the public :func:`diagnose`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

from airflow_sf_health import causes
from airflow_sf_health.causes import Diagnosis
from airflow_sf_health.org.errors import Refusal, Shape, read_refusal

__all__ = ["Diagnosis", "diagnose"]

_SAID = re.compile(
    r"(?:[\w.]{1,80}: )*?(?:HTTP (\d{3}) )?"
    r"(?!\w*(?:Error|Exception|Failed)\b)([a-z]+(?:_[a-z]+)+|[A-Z]+(?:_[A-Z]+)+|[A-Z][a-z]+(?:[A-Z][a-z]+)+): (.+)"
)
"""A code of Salesforce's and its words, behind whatever names the wrapping exceptions put before them."""


def diagnose(error: object, context: Mapping[str, object] | None = None) -> Diagnosis:
    """Give the cause of an error, with other plausible causes where it is not certain. Never raises.

    :param error: a :class:`Refusal`, an exception of simple-salesforce or ``requests`` (its chain is followed), the raw bytes
        or the text of an error body, or a line of a log that says ``code: message``.
    :param context: unused so far; room for what the caller knows.
    """
    return causes.diagnose(_as_said(_refusal(error)))


def _refusal(error: object) -> Refusal:
    if isinstance(error, Refusal):
        return error
    if isinstance(error, bytes | str):
        return read_refusal(400, {}, error.encode() if isinstance(error, str) else error)
    if isinstance(error, BaseException):
        from airflow_sf_health.org.exceptions import refusal_of_exception

        return refusal_of_exception(error)
    return read_refusal(400, {}, str(error).encode())


def _as_said(refusal: Refusal) -> Refusal:
    """Read a plain text as messages and logs say a refusal: ``HTTP 401 INVALID_SESSION_ID: Session expired or invalid``."""
    said = _SAID.match(refusal.message)
    if refusal.shape is not Shape.TEXT or said is None:
        return refusal
    status, code, message = said.groups()
    return replace(refusal, status=int(status) if status else refusal.status, code=code, message=message)
