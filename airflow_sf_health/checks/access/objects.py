"""The objects that the task names are there, and the user may do with them what the task does.

Asked by a describe of each object as the user sees it, and by a query that reads no row. An object that the user may not see looks
like one that was deleted or renamed: what was seen earlier, in a snapshot or a lock file, says which is likelier, and profile and
permission sets as they were then. Upsert takes an external id that Salesforce can look up; deleting past the recycle bin takes the
permission "Bulk API Hard Delete"; a record type must be assigned to the user.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from airflow_sf_health.checks._absence import absence
from airflow_sf_health.checks._check import Check, not_asked
from airflow_sf_health.checks._columns import seen_shortly
from airflow_sf_health.checks._gone import NEEDS, TELL, why_object
from airflow_sf_health.checks._mapping import advice
from airflow_sf_health.checks._object_rights import Looked, look, operations
from airflow_sf_health.checks._schemas import schema_of
from airflow_sf_health.checks._uses import describe_of, describes, nothing_told, rights, rights_of
from airflow_sf_health.checks._words import counted, listed, sentences
from airflow_sf_health.evidence.evidence import Evidence
from airflow_sf_health.evidence.needs import REQUIREMENTS, Need
from airflow_sf_health.org.errors import Refusal
from airflow_sf_health.report.finding import Finding, Level
from airflow_sf_health.requirements import ObjectUse, Requirements


def evaluate(evidence: Evidence) -> Iterator[Finding]:
    """One finding for all objects that are as they should be, and one for each other."""
    required = evidence[REQUIREMENTS]
    uses = required.objects or ()
    if not uses:
        yield Finding(level=Level.NOT_APPLICABLE, summary="the task names no objects")
        return
    if (silence := nothing_told(evidence, (*describes(required), *rights(required)))) is not None:
        yield not_asked(silence)
        return
    found = [(use, _judge(use, evidence)) for use in uses]
    good = [_did(use) for use, finding in found if finding is None]
    yield from (finding for _, finding in found if finding is not None)
    if good:
        yield Finding(level=Level.OK, summary=f"{counted(len(good), 'object')} as required: {listed(good)}")


def _judge(use: ObjectUse, evidence: Evidence) -> Finding | None:
    """None where all is well."""
    described = evidence.get(describe_of(use))
    refusals = [each for need in (describe_of(use), *rights_of(use)) if (each := evidence.refusal(need)) is not None]
    if (gone := absence(evidence, use)) is not None:
        return _absent(use, gone, evidence)
    is_proven = all(evidence.refusal(each) is None for each in rights_of(use))
    if described is None or (described.unchanged and not is_proven):
        return _not_described(use, refusals, evidence)
    schema = schema_of(evidence, use)
    looked = look(schema, described.shape, evidence)
    looked.hints += advice(evidence, schema, [use.external_id] if use.external_id else [], of_object=True)
    return _finding(use, looked)


def _absent(use: ObjectUse, refusal: Refusal, evidence: Evidence) -> Finding:
    why, mapping = why_object(evidence, use.name), advice(evidence, schema_of(evidence, use), of_object=True)
    meant = f"; the nearest known name is {why.near}" if why.near else ""
    summary = f"there is no object {use.name} for this user{meant}"
    return Finding(
        level=Level.FAILED,
        summary=summary,
        cause=why.cause,
        saw=seen_shortly(refusal),
        certain=False,
        candidates=why.candidates,
        hint=sentences(summary, why.said, TELL if why.is_open else "", *mapping),
    )


def _not_described(use: ObjectUse, refusals: list[Refusal], evidence: Evidence) -> Finding | None:
    """A slow describe takes nothing from what the query has proven."""
    asked = rights_of(use)
    visible = bool(asked) and all(evidence.refusal(each) is None for each in asked)
    if visible and not use.writes:
        return None
    finding = not_asked(refusals[0])
    proven = "it can be queried, and whether the user may write it" if visible else "whether the user may use it"
    return Finding(
        level=Level.UNKNOWN, summary=f"{use.name}: {proven} was not told: {finding.summary}", saw=finding.saw
    )


def _finding(use: ObjectUse, looked: Looked) -> Finding | None:
    if not looked.wrong and not looked.unknown:
        return None
    summary = f"{use.name}: {'; '.join([*looked.wrong, *looked.unknown])}"
    if not looked.wrong:
        return Finding(level=Level.UNKNOWN, summary=summary)
    cause, candidates = next(iter(looked.causes.items()))
    return Finding(
        level=Level.FAILED,
        summary=summary,
        cause=cause,
        saw=" · ".join(dict.fromkeys(looked.saw)),
        certain=not candidates,
        candidates=candidates,
        hint=sentences(summary, *looked.hints),
    )


def _did(use: ObjectUse) -> str:
    """``Account (read, upsert by Number__c)``."""
    words = {"upsert": f"upsert by {use.external_id}", "hard_delete": "hard delete"}
    return f"{use.name} ({', '.join(words.get(each, each) for each in operations(use))})"


def _needs_for(requirements: Requirements) -> tuple[Need[Any], ...]:
    return (*describes(requirements), *rights(requirements), *NEEDS) if requirements.objects else ()


CHECK = Check(
    id="access.objects",
    title="Objects",
    needs=(REQUIREMENTS,),
    needs_for=_needs_for,
    evaluate=evaluate,
)
