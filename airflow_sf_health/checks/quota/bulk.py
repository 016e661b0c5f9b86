"""The org has Bulk API batches left for the records that the task writes.

Salesforce counts the batches of all loads of the last 24 hours, those of Bulk API 2.0 too, and takes 15,000 of them. A load that begins with
too few left stops half-way: some of its rows are written, the others wait for tomorrow.

It is asked only where the requirements say how many records are written: that costs one API call, and the user needs "View Setup and
Configuration". A batch takes 10,000 rows at most, so the number is the least that a load needs. It fails a task of more than 2,000 records, from where on
Salesforce advises Bulk API, and one that deletes past the recycle bin, for which there is no other way. Fewer records go through
sObject collections just as well: that is a warning. Salesforce's numbers are right within five minutes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from airflow_sf_health.checks._check import Check, not_asked
from airflow_sf_health.checks._volume import ROWS_PER_BATCH, Step, steps
from airflow_sf_health.checks._words import counted, sentences
from airflow_sf_health.evidence.evidence import Evidence
from airflow_sf_health.evidence.facts import Limit
from airflow_sf_health.evidence.needs import ORG_LIMITS, REQUIREMENTS, Need
from airflow_sf_health.org.errors import Refusal
from airflow_sf_health.report.finding import Finding, Level
from airflow_sf_health.requirements import Requirements

WARN_AT = 0.80
"""The share of the allowed batches from which on it is worth a warning."""
FEW = 2_000
"""Records up to which Salesforce advises the other APIs."""
NAMES = ("DailyBulkApiBatches", "DailyBulkApiRequests")
"""How ``/limits`` names the batches; the second until version 48."""
USED_UP = "bulk_limit"
ROLLING = "The count looks at the last 24 hours and has no hour at which it starts anew"


def evaluate(evidence: Evidence) -> Iterator[Finding]:
    """One finding: the share that is used, and whether the load fits in the rest."""
    loads = _loads(evidence[REQUIREMENTS])
    refusal = evidence.refusal(ORG_LIMITS) if loads else None
    if not loads:
        yield Finding(level=Level.NOT_APPLICABLE, summary="the task names no number of records to write")
    elif refusal is not None:
        yield _not_told(refusal)
    elif (limit := _batches(evidence[ORG_LIMITS])) is None:
        yield Finding(level=Level.UNKNOWN, summary="the org's limits name no Bulk API batches")
    else:
        yield _judged(loads, limit)


def _loads(requirements: Requirements) -> tuple[Step, ...]:
    return tuple(step for step in steps(requirements) if step.batches)


def _batches(limits: Mapping[str, Limit]) -> Limit | None:
    return next((limits[name] for name in NAMES if name in limits), None)


def _not_told(refusal: Refusal) -> Finding:
    """Never a failure: most integration users may not ask."""
    finding = not_asked(refusal)
    if refusal.status != 403:
        return finding
    return replace(finding, summary=f"{finding.summary} (it takes 'View Setup and Configuration')")


def _judged(loads: Sequence[Step], limit: Limit) -> Finding:
    needed = sum(step.batches for step in loads)
    share = f"{limit.used * 100 // limit.most if limit.most else 100}% of {limit.most:,} daily Bulk API batches used"
    load = f"the task needs at least {needed:,} ({_arithmetic(loads)})"
    summary = f"{share}; {load}"
    saw = f"/limits: {NAMES[0]} Max {limit.most}, Remaining {limit.remaining}"
    if needed > limit.remaining:
        return _too_many(
            loads, limit, f"{max(limit.remaining, 0):,} of {limit.most:,} daily Bulk API batches left, and {load}", saw
        )
    if limit.used < limit.most * WARN_AT:
        return Finding(level=Level.OK, summary=summary)
    return Finding(level=Level.WARNING, summary=summary, cause=USED_UP, saw=saw, hint=sentences(summary, ROLLING))


def _too_many(loads: Sequence[Step], limit: Limit, summary: str, saw: str) -> Finding:
    """Where few records have another way, they are not stopped."""
    calls = sum(step.calls_by_rest for step in loads)
    other = f"sObject collections need no batch and {counted(calls, 'API call')}"
    bulk_only = sum(step.batches for step in loads if step.bulk_only)
    if loads[0].rows <= FEW and bulk_only <= limit.remaining:
        level, ways = Level.WARNING, other
    elif bulk_only:
        level, ways = Level.FAILED, "Only Bulk API deletes past the recycle bin"
    else:
        level, ways = Level.FAILED, f"{other}: a task that writes so may leave this check out, checks=['-quota.bulk']"
    return Finding(
        level=level,
        summary=summary,
        cause=USED_UP,
        saw=saw,
        hint=sentences(summary, ways, f"{ROLLING}: try again later"),
    )


def _arithmetic(loads: Sequence[Step]) -> str:
    names = ", ".join(step.name for step in loads)
    each = f"{loads[0].rows:,} / {ROWS_PER_BATCH:,}"
    return f"{each} for {names}" if len(loads) == 1 else f"{each} for each of {names}"


def _needs_for(requirements: Requirements) -> tuple[Need[Any], ...]:
    return (ORG_LIMITS,) if _loads(requirements) else ()


CHECK = Check(
    id="quota.bulk", title="Bulk API batches left", needs=(REQUIREMENTS,), needs_for=_needs_for, evaluate=evaluate
)
