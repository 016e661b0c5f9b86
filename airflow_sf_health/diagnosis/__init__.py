"""From an error that was met, of whatever library or tool, to its cause: the public :func:`diagnose`."""

from __future__ import annotations

import logging
from collections.abc import Mapping

from airflow_sf_health import causes
from airflow_sf_health.causes import UNKNOWN, Candidate, Diagnosis
from airflow_sf_health.diagnosis._sightings import sightings_of
from airflow_sf_health.diagnosis._verdict import verdict
from airflow_sf_health.org.failures import chain_of
from airflow_sf_health.report.finding import Finding

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
        return diagnosed(error, context)
    except Exception:
        # The advice is an extra: an error in finding it must never stand in place of the error that was met.
        logging.getLogger(__name__).exception("An error could not be diagnosed.")
        return Diagnosis(cause=UNKNOWN, certain=False)


def diagnosed(error: object, context: Mapping[str, object] | None = None) -> Diagnosis:
    """The same without the last safety net, for the tests that look for what it would catch."""
    return _found_before(error) or verdict(sightings_of(error, context or {}))


def _found_before(error: object) -> Diagnosis | None:
    """What an examination of ours found, when one of its errors (they carry ``report`` and ``cause``) lies behind this one."""
    for each in chain_of(error) if isinstance(error, BaseException) else ():
        cause = getattr(each, "cause", None)
        if not (isinstance(cause, str) and hasattr(each, "report")):
            continue
        finding = getattr(each.report, "main", None)
        if not isinstance(finding, Finding) or finding.cause is None:
            return Diagnosis(cause=cause, certain=False) if cause in causes.CAUSE_IDS else None
        candidates = tuple(Candidate(cause=other.cause, tell=other.tell) for other in finding.candidates)
        return Diagnosis(cause=finding.cause, certain=finding.certain, candidates=candidates, hint=finding.hint)
    return None
