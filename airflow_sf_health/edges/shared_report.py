"""A report that is left to other tasks: as it is sealed, and for how long it counts."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from pendulum import now

from airflow_sf_health.present.payload import dump, load

if TYPE_CHECKING:
    from pendulum import DateTime

    from airflow_sf_health.report import Report

LONGEST_UNHEALTHY = 15.0
"""Seconds for which a verdict that stops a task is shared at most: who has mended the org need not wait for longer."""


@dataclass(frozen=True, slots=True)
class SharedReport:
    """A report that is shared: who examined, since when, and whether an uncertain failure was seen a second time."""

    report: Report
    by: str
    began: datetime
    twice: bool

    @classmethod
    def read(cls, text: bytes) -> SharedReport:
        plain = json.loads(text)
        return cls(
            load(plain["report"]), str(plain["by"]), datetime.fromisoformat(plain["began"]), bool(plain["twice"])
        )

    def written(self) -> bytes:
        plain = {
            "report": dump(self.report),
            "by": self.by,
            "began": self.began.isoformat(),
            "twice": self.twice,
        }
        return json.dumps(plain).encode()


def counts_until(report: Report, ttl: float, kept_at: DateTime | None = None) -> DateTime:
    """Until when a report counts. A good one as long as the oldest login that proves it. A bad one from when it is kept, since it may
    have taken its time, and others have waited for it; one on a refused login until that is tried again.

    :param kept_at: now, unless said otherwise.
    """
    if not report.may_proceed:
        until = (kept_at or now("UTC")).add(seconds=min(LONGEST_UNHEALTHY, ttl))
        return min(until, report.next_login) if report.next_login is not None else until
    proof = report.proof
    proven = proof.at if proof is not None and proof.fresh else report.examined_at
    return min(proven, report.proven_at or proven).add(seconds=ttl)
