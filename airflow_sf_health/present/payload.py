"""A report as JSON, and back: for XCom, events and files. Versioned; it holds no secret, since a report holds none."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, fields
from typing import Any

import pendulum

from airflow_sf_health.report import Cost, Finding, Identity, Level, Proof, Report
from airflow_sf_health.report.finding import Candidate

FORMAT = 1
"""Grows when a reader of the old format would misread the new one; new optional keys do not count."""


class PayloadError(ValueError):
    """The value is no report in a format that this version reads."""


def dump(report: Report) -> dict[str, Any]:
    """Give the report as JSON values. ``verdict``, ``cause`` and ``summary`` are there for readers; :func:`load` derives them."""
    main = report.main
    plain = asdict(report)
    return {
        **plain,
        "format": FORMAT,
        "verdict": str(report.verdict),
        "cause": main.cause if main else None,
        "summary": main.summary if main else "healthy",
        "examined_at": report.examined_at.to_iso8601_string(),
        "proof": {**plain["proof"], "at": report.proof.at.to_iso8601_string()} if report.proof else None,
        "flow": str(report.flow) if report.flow else None,
        "findings": [_plain_finding(finding) for finding in plain["findings"]],
        "repairs": list(report.repairs),
        "ignored_fields": list(report.ignored_fields),
    }


def load(payload: Mapping[str, Any]) -> Report:
    """Read a report back: ``load(dump(report)) == report``.

    :raises PayloadError: not a report, or of a newer format.
    """
    if payload.get("format") != FORMAT:
        raise PayloadError(
            f"This is no report of format {FORMAT} (its format is {payload.get('format')!r}). A newer airflow-sf-health may "
            "have written it: use one version on all machines."
        )
    try:
        return _load(payload)
    except (KeyError, TypeError, ValueError) as error:
        raise PayloadError(f"This report cannot be read: {type(error).__name__} at {error}.") from None


def _load(payload: Mapping[str, Any]) -> Report:
    plain = {each.name: payload[each.name] for each in fields(Report) if each.name in payload}
    proof = plain["proof"]
    return Report(
        **{
            **plain,
            "examined_at": _instant(plain["examined_at"]),
            "findings": tuple(_finding(each) for each in plain["findings"]),
            "identity": Identity(**plain["identity"]),
            "proof": Proof(**{**proof, "at": _instant(proof["at"])}) if proof else None,
            "cost": Cost(**plain["cost"]),
            "repairs": tuple(plain["repairs"]),
            "ignored_fields": tuple(plain["ignored_fields"]),
        }
    )


def _plain_finding(plain: Mapping[str, Any]) -> dict[str, Any]:
    return {**plain, "level": str(plain["level"]), "candidates": [dict(each) for each in plain["candidates"]]}


def _finding(plain: Mapping[str, Any]) -> Finding:
    candidates = tuple(Candidate(**each) for each in plain["candidates"])
    return Finding(**{**plain, "level": Level(plain["level"]), "candidates": candidates})


def _instant(text: str) -> pendulum.DateTime:
    instant = pendulum.parse(text)
    if not isinstance(instant, pendulum.DateTime):
        raise PayloadError(f"'{text}' is no instant.")
    return instant
