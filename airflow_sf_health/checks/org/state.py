"""The org is open for work: not in maintenance, not read-only, not at the end of its trial.

During a read-only maintenance every read succeeds and every write is refused, so an import fails half-way that a login check
called healthy. A trial or scratch org stops at its last day. Both stand in the organization's own record.
"""

from __future__ import annotations

from collections.abc import Iterator

from airflow_sf_health.checks._check import Check, refused
from airflow_sf_health.checks._dates import WARN_DAYS, days_until, in_days
from airflow_sf_health.evidence.evidence import Evidence, Unavailable
from airflow_sf_health.evidence.needs import API, LOGIN, NOW, ORG_STATE, REQUIREMENTS, Row
from airflow_sf_health.org.errors import Refusal
from airflow_sf_health.report.finding import Finding, Level

READ_ONLY, ENDED, AWAY = "org_read_only", "org_inactive_or_expired", "org_maintenance_or_unavailable"


def evaluate(evidence: Evidence) -> Iterator[Finding]:
    """One finding for each thing that stands against work, or one that nothing does."""
    refusal = evidence[LOGIN].refusal or evidence[API].refusal
    if refusal is not None:
        yield _refused(refusal)
        return
    org = evidence[ORG_STATE]
    found = [*_read_only(evidence, org), *_trial(evidence, org)]
    yield from found or [Finding(level=Level.OK, summary=f"open for reading and writing{_term(evidence, org)}")]


def _refused(refusal: Refusal) -> Finding:
    """A refusal that speaks of the org is the answer; any other only hides it."""
    finding = refused(refusal, f"the org is not open: {refusal.said}")
    if finding.cause in (READ_ONLY, ENDED, AWAY):
        return finding
    raise Unavailable(ORG_STATE, refusal)


def _read_only(evidence: Evidence, org: Row) -> Iterator[Finding]:
    if not org.get("IsReadOnly"):
        return
    reads = evidence[REQUIREMENTS].writes is False
    aside = ", which this task does not mind: it writes nothing" if reads else ": each write will be refused"
    yield Finding(
        level=Level.WARNING if reads else Level.FAILED,
        summary=f"the org is read-only{aside}",
        cause=READ_ONLY,
        saw="Organization.IsReadOnly = true",
    )


def _trial(evidence: Evidence, org: Row) -> Iterator[Finding]:
    """The end of a trial, which a paid org has not. Whoever could log in after it is in the grace period still."""
    end = org.get("TrialExpirationDate")
    if not end or (days := days_until(end, evidence[NOW])) > WARN_DAYS:
        return
    level, by_when = Level.WARNING, "now"
    if days >= 0:
        summary, by_when = f"the org's trial ends {in_days(days, end)}: nobody can log in after it", "before that"
    elif evidence[LOGIN].fresh:
        summary = f"the org's trial ended on {end[:10]}: logins still succeed, and may stop any day"
    else:
        summary, level = f"the org's trial ended on {end[:10]}", Level.FAILED
    yield Finding(
        level=level,
        summary=summary,
        cause=ENDED,
        saw=f"Organization.TrialExpirationDate = {end}",
        hint=f"Have the Salesforce account executive convert or extend the org {by_when}, or move the connection to another org.",
    )


def _term(evidence: Evidence, org: Row) -> str:
    end = org.get("TrialExpirationDate")
    return f", trial ends {in_days(days_until(end, evidence[NOW]), end)}" if end else ""


CHECK = Check(
    id="org.state", title="State of the org", needs=(LOGIN, API, ORG_STATE, NOW, REQUIREMENTS), evaluate=evaluate
)
