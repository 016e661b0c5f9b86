"""The whole result of one examination."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from airflow_sf_health.causes import CAUSE_IDS, Retry, cause
from airflow_sf_health.report.finding import Finding, Level

if TYPE_CHECKING:
    import pendulum


class Verdict(StrEnum):
    """``undetermined``: a check marked essential could not be asked, and nothing else is known to be wrong."""

    HEALTHY = "healthy"
    DEGRADED = "degraded"
    UNHEALTHY = "unhealthy"
    UNDETERMINED = "undetermined"


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Whose connection it is, as far as it became known: a refused login tells neither org nor user id. Then it is what was known
    ``as_of`` the last good look, where that is remembered.
    """

    username: str | None = None
    user_id: str | None = None
    org_id: str | None = None
    org_name: str | None = None
    host: str | None = None
    is_sandbox: bool | None = None
    profile_id: str | None = None
    instance_name: str | None = None
    as_of: pendulum.DateTime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """The login that proves user, IP, hours, app and credential: when and by which flow. Not fresh: a token's answer only.
    ``shared``: it was made before this look, by whichever task, and short enough ago.
    """

    at: pendulum.DateTime
    flow: str
    fresh: bool
    shared: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Reused:
    """A report that another task's examination came to: when it was taken over, and whose it was (``dag.task``)."""

    at: pendulum.DateTime
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What the examination consumed, and the org's API requests of the last 24 hours (used, allowed; approximate)."""

    http_requests: int = 0
    api_calls: int = 0
    logins: int = 0
    connections: int = 0
    seconds: float = 0.0
    api_used: int | None = None
    api_allowed: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """Findings + identity + cost + verdict of one examination of one connection.

    ``flow`` and ``login_host`` say which door was used; ``ignored_fields`` which of the connection's fields it did not read.
    ``repairs`` says what was mended on the way, a sentence each; ``second_opinion`` what came of asking a second user, in one;
    ``trust`` what Salesforce's status page said of the org's instance, where it was asked; ``memory`` how far what is remembered
    reaches, or why nothing is. ``next_login``: when the refused login is really tried again, where it is not before. ``proven_at``: when
    the oldest of the logins was made, or refused, on which this rests; it may be another task's. ``clock_ahead``: seconds by which the
    clock of the examining machine is ahead of Salesforce's, where that is enough for a login to fail. ``reused``: of a report that is
    another task's.
    """

    conn_id: str
    examined_at: pendulum.DateTime
    findings: tuple[Finding, ...]
    flow: str | None = None
    login_host: str | None = None
    identity: Identity = Identity()
    proof: Proof | None = None
    cost: Cost = Cost()
    repairs: tuple[str, ...] = ()
    ignored_fields: tuple[str, ...] = ()
    contact: str | None = None
    runbook: str | None = None
    severity: str | None = None
    version: str | None = None
    second_opinion: str = ""
    trust: str = ""
    memory: str = ""
    next_login: pendulum.DateTime | None = None
    proven_at: pendulum.DateTime | None = None
    clock_ahead: float | None = None
    reused: Reused | None = None

    @property
    def verdict(self) -> Verdict:
        """Bad goes before not-known, since one sure fault is enough to stop; not-known before mere warnings."""
        levels = {finding.level for finding in self.findings}
        if Level.FAILED in levels:
            return Verdict.UNHEALTHY
        if any(finding.level is Level.UNKNOWN and finding.essential for finding in self.findings):
            return Verdict.UNDETERMINED
        return Verdict.DEGRADED if Level.WARNING in levels else Verdict.HEALTHY

    @property
    def may_proceed(self) -> bool:
        """Whether the guarded task can do its work: healthy, or with warnings only."""
        return self.verdict in (Verdict.HEALTHY, Verdict.DEGRADED)

    @property
    def main(self) -> Finding | None:
        """The finding that decides the verdict: the first failure with a named cause, else the first of its level."""
        level = {
            Verdict.UNHEALTHY: Level.FAILED,
            Verdict.UNDETERMINED: Level.UNKNOWN,
            Verdict.DEGRADED: Level.WARNING,
        }.get(self.verdict)
        found = [each for each in self.findings if each.level is level]
        if level is Level.UNKNOWN:
            found = [each for each in found if each.essential]
        return next((each for each in found if each.cause not in (None, "unknown")), found[0] if found else None)

    @property
    def no_retry_heals(self) -> bool:
        """Whether it is certain that only a person can mend what decides the verdict: of an uncertain cause, that each candidate
        is known and waits for a person as well.
        """
        main = self.main
        if main is None or main.level is not Level.FAILED or main.cause is None:
            return False
        possible = {main.cause, *(() if main.certain else (each.cause for each in main.candidates))}
        return possible <= set(CAUSE_IDS) and all(cause(each).retry is Retry.NEVER for each in possible)

    @property
    def asked(self) -> tuple[int, int]:
        """Coverage: how many of the checks that apply got an answer, and how many apply."""
        applying = [finding for finding in self.findings if finding.level is not Level.NOT_APPLICABLE]
        checks = {finding.check for finding in applying}
        unasked = {finding.check for finding in applying if finding.level is Level.UNKNOWN}
        return len(checks - unasked), len(checks)
