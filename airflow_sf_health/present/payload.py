"""A report as JSON, and back: for XCom, events and files. Versioned; it holds no secret, since a report holds none."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, fields
from datetime import datetime
from typing import Any, TypeVar

import pendulum

from airflow_sf_health.report import Cost, Finding, Identity, Level, Proof, Report, Reused
from airflow_sf_health.report.finding import Candidate

T = TypeVar("T")

FORMAT = 1
"""Grows when a reader of the old format would misread the new one; new optional keys do not count."""


class PayloadError(ValueError):
    """The value is no report in a format that this version reads."""


def dump(report: Report) -> dict[str, Any]:
    """Give the report as JSON values. ``verdict``, ``cause`` and ``summary`` are there for readers; :func:`load` derives them."""
    main, as_of = report.main, report.identity.as_of
    plain = asdict(report)
    return {
        **plain,
        "format": FORMAT,
        "verdict": str(report.verdict),
        "cause": main.cause if main else None,
        "summary": main.summary if main else "healthy",
        "examined_at": report.examined_at.to_iso8601_string(),
        "identity": {**plain["identity"], "as_of": _written(as_of)},
        "proof": {**plain["proof"], "at": report.proof.at.to_iso8601_string()} if report.proof else None,
        "flow": str(report.flow) if report.flow else None,
        "findings": [_plain_finding(finding) for finding in plain["findings"]],
        "repairs": list(report.repairs),
        "ignored_fields": list(report.ignored_fields),
        "next_login": _written(report.next_login),
        "proven_at": _written(report.proven_at),
        "reused": {**plain["reused"], "at": _written(report.reused.at)} if report.reused else None,
    }


def load(payload: Any) -> Report:
    """Read a report back: ``load(dump(report)) == report``.

    :raises PayloadError: not a report, or of a newer format.
    """
    found = payload.get("format") if isinstance(payload, Mapping) else None
    if found != FORMAT:
        raise PayloadError(
            f"This is no report of format {FORMAT} (its format is {found!r}). A newer airflow-sf-health may have written it: "
            "use one version on all machines."
        )
    try:
        return _load(payload)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise PayloadError(f"This report cannot be read: {type(error).__name__} at {error}.") from None


def _load(payload: Mapping[str, Any]) -> Report:
    proof, identity = payload["proof"], payload["identity"]
    as_of, reused = identity.get("as_of"), payload.get("reused")
    return _read(
        Report,
        payload,
        examined_at=_instant(payload["examined_at"]),
        findings=tuple(_finding(each) for each in payload["findings"]),
        identity=_read(Identity, identity, as_of=_instant_or_none(as_of)),
        proof=_read(Proof, proof, at=_instant(proof["at"])) if proof else None,
        cost=_read(Cost, payload["cost"]),
        repairs=tuple(payload["repairs"]),
        ignored_fields=tuple(payload["ignored_fields"]),
        next_login=_instant_or_none(payload.get("next_login")),
        proven_at=_instant_or_none(payload.get("proven_at")),
        reused=_read(Reused, reused, at=_instant(reused["at"])) if reused else None,
    )


def _plain_finding(plain: Mapping[str, Any]) -> dict[str, Any]:
    return {**plain, "level": str(plain["level"]), "candidates": [dict(each) for each in plain["candidates"]]}


def _finding(plain: Mapping[str, Any]) -> Finding:
    candidates = tuple(_read(Candidate, each) for each in plain["candidates"])
    return _read(Finding, plain, level=Level(plain["level"]), candidates=candidates)


def _read(kind: type[T], plain: Mapping[str, Any], **given: Any) -> T:
    """The frozen value of these keys; keys that this version does not know yet are passed over."""
    known = {each.name: plain[each.name] for each in fields(kind) if each.name in plain}  # type: ignore[arg-type]
    return kind(**{**known, **given})


def _written(instant: pendulum.DateTime | None) -> str | None:
    return instant.to_iso8601_string() if instant else None


def _instant_or_none(text: str | None) -> pendulum.DateTime | None:
    return _instant(text) if text else None


def _instant(text: str) -> pendulum.DateTime:
    # Not pendulum.parse(): it takes "10:00" for today, by a clock.
    return pendulum.instance(datetime.fromisoformat(text))
