"""A report that is left to other tasks: as it is sealed, and for how long it counts."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from pendulum import now

from airflow_sf_health.org.cleared import TOGETHER
from airflow_sf_health.present.payload import dump, load

if TYPE_CHECKING:
    from pendulum import DateTime

    from airflow_sf_health.report import Report

LONGEST_UNHEALTHY = 15.0
"""Seconds for which a verdict that stops a task is shared at most: who has mended the org need not wait for longer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SharedReport:
    """A report that is shared: who examined, since when, whether an uncertain failure was seen a second time, and whether it was a task
    that somebody has cleared.
    """

    report: Report
    by: str
    began: datetime
    twice: bool
    cleared: bool

    @classmethod
    def read(cls, text: bytes) -> SharedReport:
        plain = json.loads(text)
        return cls(
            report=load(plain["report"]),
            by=str(plain["by"]),
            began=datetime.fromisoformat(plain["began"]),
            twice=bool(plain["twice"]),
            cleared=bool(plain["cleared"]),
        )

    def counts_for_cleared(self) -> bool:
        """Whether a cleared task has met this, by a login of a moment ago."""
        met = min(self.began, self.report.proven_at or self.began)
        return self.cleared and 0 <= (datetime.now(UTC) - met).total_seconds() < TOGETHER

    def written(self) -> bytes:
        plain = {
            "report": dump(self.report),
            "by": self.by,
            "began": self.began.isoformat(),
            "twice": self.twice,
            "cleared": self.cleared,
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
