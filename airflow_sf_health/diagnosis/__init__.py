"""From an error that was met, of whatever library or tool, to its cause: the public :func:`diagnose`."""

from __future__ import annotations

import logging
from collections.abc import Mapping

from airflow_sf_health.causes import UNKNOWN, Diagnosis
from airflow_sf_health.diagnosis._sightings import sightings_of
from airflow_sf_health.diagnosis._verdict import verdict

__all__ = ["Diagnosis", "diagnose"]


def diagnose(error: object, context: Mapping[str, object] | None = None) -> Diagnosis:
    """Give the cause of an error, with other plausible causes where it is not certain. Never raises.

    :param error: whatever was met: an exception of any library (its chain is followed), an HTTP reply (a ``requests.Response``,
        or a mapping with ``status``, ``headers`` and ``body``), a body as bytes, text or parsed JSON, the rows of a bulk result,
        a :class:`Refusal`, or a text out of the log of any tool. Of a text of any size the first and last 64 KiB are read.
    :param context: what the caller knows besides: ``status`` (HTTP), ``login_flow`` (a value of ``LoginFlow``; narrows what a
        refused login can hide), ``fresh_token`` (a login had given the token just before).
    """
    try:
        return verdict(sightings_of(error, context or {}))
    except Exception:
        # The advice is an extra: an error in finding it must never stand in place of the error that was met.
        logging.getLogger(__name__).exception("An error could not be diagnosed.")
        return Diagnosis(cause=UNKNOWN, certain=False)
