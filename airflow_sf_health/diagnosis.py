"""From an error that was met to its cause: the public :func:`diagnose`."""

from __future__ import annotations

from collections.abc import Mapping

from airflow_sf_health import causes
from airflow_sf_health.causes import Diagnosis
from airflow_sf_health.org.errors import Refusal, read_refusal

__all__ = ["Diagnosis", "diagnose"]


def diagnose(error: object, context: Mapping[str, object] | None = None) -> Diagnosis:
    """Give the cause of an error, with other plausible causes where it is not certain. Never raises.

    :param error: a :class:`Refusal`, an exception of simple-salesforce or ``requests`` (its chain is followed), the raw bytes
        or the text of an error body.
    :param context: unused so far; room for what the caller knows.
    """
    return causes.diagnose(_refusal(error))


def _refusal(error: object) -> Refusal:
    if isinstance(error, Refusal):
        return error
    if isinstance(error, bytes | str):
        return read_refusal(400, {}, error.encode() if isinstance(error, str) else error)
    if isinstance(error, BaseException):
        from airflow_sf_health.org.exceptions import refusal_of_exception

        return refusal_of_exception(error)
    return read_refusal(400, {}, str(error).encode())
