"""What must come of an examination in some state: what the report says, and what Airflow makes of the task."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from airflow_sf_health.report import Report, Verdict


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """``cause`` must lead the report (None: nothing does). ``masked``: Salesforce hides the reason, so that the cause is one
    of several named. ``ends`` says what becomes of the task: ``success``, ``final`` (fails, and no retry is spent) or ``retry``.
    """

    verdict: Verdict
    cause: str | None = None
    masked: bool = False
    ends: str = "success"

    def differences(self, report: Report) -> Iterator[str]:
        """Where a report is not as it must be."""
        if report.verdict is not self.verdict:
            yield f"is {report.verdict} and not {self.verdict}"
        main = report.main
        if self.cause is None:
            return
        if main is None or main.cause is None:
            yield f"names no cause, and it is {self.cause}"
            return
        possible = {main.cause, *(each.cause for each in main.candidates)}
        if self.masked and (main.certain or self.cause not in possible):
            yield f"says {'for sure ' if main.certain else ''}{sorted(possible)}, and it is {self.cause}, masked"
        if not self.masked and not (main.certain and main.cause == self.cause):
            yield f"says {'' if main.certain else 'perhaps '}{main.cause}, and it is {self.cause}, which shows"


PROCEEDS = (Verdict.HEALTHY, Verdict.DEGRADED)
HEALTHY = Outcome(verdict=Verdict.HEALTHY)
DEGRADED = Outcome(verdict=Verdict.DEGRADED)
UNASKED = Outcome(verdict=Verdict.UNDETERMINED, ends="retry")


def warns(cause: str) -> Outcome:
    """The task goes on, and the report leads with this warning."""
    return Outcome(verdict=Verdict.DEGRADED, cause=cause)


def fails(cause: str) -> Outcome:
    """It is certain, and only a person can mend it."""
    return Outcome(verdict=Verdict.UNHEALTHY, cause=cause, ends="final")


def for_now(cause: str) -> Outcome:
    """It is certain, and time can mend it."""
    return Outcome(verdict=Verdict.UNHEALTHY, cause=cause, ends="retry")


def masked(cause: str, ends: str = "retry") -> Outcome:
    """Salesforce says the same for other causes, and this one is named among them."""
    return Outcome(verdict=Verdict.UNHEALTHY, cause=cause, masked=True, ends=ends)
