"""The SOQL that the task runs is accepted by the org, for this user.

Each query is tried without reading a row: with LIMIT 0, or where a query takes none by asking for its plan. Salesforce then names the
column or object that is not there, hidden, or misspelt. A query whose try is refused for a reason of the try itself is not known to
be wrong; one that is too long for a request by REST is told before.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from airflow_sf_health.checks._check import Check, not_asked, refused
from airflow_sf_health.checks._columns import bad_column, reason, seen_shortly
from airflow_sf_health.checks._gone import NEEDS, TELL, Why, why_field, why_object
from airflow_sf_health.checks._schemas import schema_named
from airflow_sf_health.checks._trials import LONGEST_ADDRESS, LONGEST_SOQL, address_length, is_of_the_query, trials
from airflow_sf_health.checks._uses import describes, nothing_told
from airflow_sf_health.checks._words import counted, sentences
from airflow_sf_health.evidence.evidence import Evidence
from airflow_sf_health.evidence.needs import REQUIREMENTS, Need, Query
from airflow_sf_health.org.errors import Refusal
from airflow_sf_health.report.finding import Finding, Level
from airflow_sf_health.requirements import Requirements

LONGEST_QUOTE = 80


def evaluate(evidence: Evidence) -> Iterator[Finding]:
    """One finding for all queries that are accepted, and one for each other."""
    tried = trials(evidence[REQUIREMENTS])
    if not tried:
        yield Finding(level=Level.NOT_APPLICABLE, summary="the task names no queries")
        return
    asked = [trial for _, trial in tried if trial is not None]
    if (silence := nothing_told(evidence, asked)) is not None:
        yield not_asked(silence)
        return
    for number, (soql, trial) in enumerate(tried, 1):
        name = f"query {number} ({_short(soql)})"
        if trial is None:
            yield _too_long(number, soql)
        elif (refusal := evidence.refusal(trial)) is not None:
            yield _refused(name, refusal, trial, evidence)
    accepted = [trial for trial in asked if evidence.refusal(trial) is None]
    if accepted:
        yield _accepted(accepted)


def _accepted(accepted: list[Query]) -> Finding:
    planned = sum(trial.explain for trial in accepted)
    how = f" ({planned} of them by plan only)" if planned else ""
    verb = "is" if len(accepted) == 1 else "are"
    return Finding(
        level=Level.OK, summary=f"{counted(len(accepted), 'query')} {verb} accepted, tried without reading a row{how}"
    )


def _too_long(number: int, soql: str) -> Finding:
    if len(soql) > LONGEST_SOQL:
        return Finding(
            level=Level.FAILED,
            summary=f"query {number} has {len(soql):,} characters, and SOQL may have {LONGEST_SOQL:,}",
            cause="query_error",
            saw=_short(soql),
            hint="Split it, for example a long list after IN into several queries.",
        )
    return Finding(
        level=Level.WARNING,
        summary=f"query {number} makes an address of {address_length(soql):,} bytes, and REST takes {LONGEST_ADDRESS:,}: it was not tried",
        saw=_short(soql),
        hint="By REST it is refused with HTTP 414 or 431; Bulk API takes it. Split it, for example a long list after IN.",
    )


def _refused(name: str, refusal: Refusal, trial: Query, evidence: Evidence) -> Finding:
    if not is_of_the_query(refusal, trial):
        finding = not_asked(refusal)
        how = "its plan" if trial.explain else "LIMIT 0"
        return replace(finding, summary=f"{name} could not be tried with {how}: {reason(refusal)}")
    summary, why = f"{name} is refused: {reason(refusal)}", _why(refusal, evidence)
    finding = replace(refused(refusal, summary), saw=seen_shortly(refusal))
    if why is None:
        return replace(finding, hint=sentences(summary, finding.hint))
    summary += f"; the nearest name there is {why.near}" if why.near else ""
    hint = sentences(summary, why.said, TELL if why.is_open else "")
    return replace(finding, summary=summary, cause=why.cause, candidates=why.candidates, certain=False, hint=hint)


def _why(refusal: Refusal, evidence: Evidence) -> Why | None:
    """Why the column or object that the refusal names is not there."""
    column = bad_column(refusal)
    if column is not None and column.sobject and refusal.code == "INVALID_FIELD":
        return why_field(evidence, column.sobject, column.name, schema_named(evidence, column.sobject))
    sobject = _unsupported(refusal)
    return why_object(evidence, sobject) if sobject else None


def _unsupported(refusal: Refusal) -> str | None:
    """The object that is not there, from "sObject type 'X' is not supported"."""
    _, found, after = refusal.message.partition("sObject type '")
    return after.partition("'")[0] if found and refusal.code == "INVALID_TYPE" else None


def _short(soql: str) -> str:
    line = " ".join(soql.split())
    return line if len(line) <= LONGEST_QUOTE else f"{line[: LONGEST_QUOTE - 1]}…"


def _needs_for(requirements: Requirements) -> tuple[Need[Any], ...]:
    if not requirements.queries:
        return ()
    asked = (trial for _, trial in trials(requirements) if trial is not None)
    return (*asked, *describes(requirements), *NEEDS)


CHECK = Check(
    id="access.queries",
    title="Queries",
    needs=(REQUIREMENTS,),
    needs_for=_needs_for,
    evaluate=evaluate,
)
