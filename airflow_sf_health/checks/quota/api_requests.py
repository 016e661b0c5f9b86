"""The org has API requests left for what the task is going to do.

All programs that use an org share one number of API requests, counted over the last 24 hours. When it is spent each of them is refused, in
the middle of an import too. The number comes with a reply that was needed anyway, so to read it costs nothing; it is approximate.

It is a warning from 80% on. It fails a task only when the records that the task requires cannot fit in what is left, by the cheapest way that
Salesforce has: query pages of 2,000 rows, composite calls with 5 collections of 200 records each, or one job of Bulk API 2.0, which takes
3 calls for any number of rows. A client that asks for states and results, or sends smaller portions, needs more.

Paid orgs in use may go over their limit for a while, up to a cap that Salesforce does not tell; sandboxes and trials are cut exactly. An org
that is over its limit and still answers is therefore a warning. There is no hour at which the count starts anew: requests pass again as
those of the day before drop out of it.
"""

from __future__ import annotations

from collections.abc import Iterator

from airflow_sf_health.checks._check import Check, refused
from airflow_sf_health.checks._volume import arithmetic, steps
from airflow_sf_health.checks._words import counted, sentences
from airflow_sf_health.evidence.evidence import Evidence, Unavailable
from airflow_sf_health.evidence.needs import API, ORG_STATE, ORGANIZATION, REQUIREMENTS
from airflow_sf_health.org.errors import Refusal
from airflow_sf_health.report.finding import Finding, Level

WARN_AT = 0.80
"""The share of the allowed requests from which on it is worth a warning."""
USED_UP = "request_limit"
APPROXIMATE = (
    "The number is Salesforce's own for the last 24 hours, and approximate. It has no hour at which it starts anew"
)
SOFT = "A paid org in use may go over its limit for a while, up to a cap that Salesforce does not tell"
SHARP = "A sandbox or a trial is cut exactly at its limit"


def evaluate(evidence: Evidence) -> Iterator[Finding]:
    """One finding: the share that is used, and whether what the task requires fits in the rest."""
    api = evidence[API]
    if api.refusal is not None:
        yield _refused(api.refusal)
    elif api.used is None or not api.allowed:
        yield Finding(level=Level.UNKNOWN, summary="no reply told how many of the org's API requests are used")
    else:
        yield _judged(evidence, api.used, api.allowed)


def _refused(refusal: Refusal) -> Finding:
    """A refusal for this very limit is the answer; any other only hides it."""
    finding = refused(refusal, f"the org's API requests are used up: {refusal.said}")
    if finding.cause == USED_UP:
        return finding
    raise Unavailable(API, refusal)


def _judged(evidence: Evidence, used: int, allowed: int) -> Finding:
    done, left = steps(evidence[REQUIREMENTS]), max(allowed - used, 0)
    share = f"about {used * 100 // allowed}% of {allowed:,} daily API requests used"
    needed = f"the task needs {arithmetic(done)}" if done else ""
    saw = f"Sforce-Limit-Info: api-usage={used}/{allowed}"
    is_cut = _is_cut_exactly(evidence)
    limit = SHARP if is_cut else SOFT
    if sum(step.calls for step in done) > left and (is_cut or used <= allowed):
        rest = f"about {counted(left, 'daily API request')} of {allowed:,} left"
        summary = f"the records do not fit in what is left: {needed}, and {rest}"
        hint = sentences(
            summary, "No cheaper way exists", f"{APPROXIMATE}: try again later", limit, "" if is_cut else _leave_out()
        )
        return Finding(level=Level.FAILED, summary=summary, cause=USED_UP, saw=saw, hint=hint)
    if used > allowed and not is_cut:
        share = f"{share}, and Salesforce still answers"
    summary = "; ".join(part for part in (share, needed) if part)
    if used < allowed * WARN_AT:
        return Finding(level=Level.OK, summary=summary)
    return Finding(
        level=Level.WARNING, summary=summary, cause=USED_UP, saw=saw, hint=sentences(summary, APPROXIMATE, limit)
    )


def _is_cut_exactly(evidence: Evidence) -> bool:
    """Whether the org is a sandbox or a trial; one whose own record cannot be read is taken for a paid one."""
    org, state = evidence.get(ORGANIZATION) or {}, evidence.get(ORG_STATE) or {}
    return bool(org.get("IsSandbox") or state.get("TrialExpirationDate"))


def _leave_out() -> str:
    return "Where that is relied on, leave this check out: checks=['-quota.api_requests']"


CHECK = Check(
    id="quota.api_requests",
    title="Daily API requests left",
    needs=(API, ORGANIZATION, ORG_STATE, REQUIREMENTS),
    evaluate=evaluate,
)
