"""The fields that the task names are there, and the user may read or write each as the task does.

A query for all of them that reads no row proves that the user sees them; a describe says which of them take a value in new and in
existing records. Where the two differ the query counts, and an answer "not modified" to the describe proves nothing. A field that is
hidden from the user looks like one that was deleted or renamed: what was seen earlier, in a snapshot or a lock file, says which is
likelier, and the nearest name that is there is told.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from airflow_sf_health.checks._absence import absence
from airflow_sf_health.checks._check import Check, not_asked, refused
from airflow_sf_health.checks._columns import bad_column, reason, seen_shortly
from airflow_sf_health.checks._field_rights import Missing, Unwriteable, missing, unwriteable
from airflow_sf_health.checks._gone import HIDDEN, NEEDS, TELL, Why
from airflow_sf_health.checks._mapping import advice
from airflow_sf_health.checks._schemas import schema_of
from airflow_sf_health.checks._uses import describe_of, is_about_the_asked, nothing_told, rights_of
from airflow_sf_health.checks._words import counted, listed, sentences
from airflow_sf_health.evidence.evidence import Evidence
from airflow_sf_health.evidence.facts import Described
from airflow_sf_health.evidence.needs import REQUIREMENTS, Need
from airflow_sf_health.org.errors import Refusal
from airflow_sf_health.report.finding import Finding, Level
from airflow_sf_health.requirements import ObjectUse, Requirements

MOST_REASONS = 3
"""Sentences on why a field may be missing, of a finding that has many."""


def evaluate(evidence: Evidence) -> Iterator[Finding]:
    """One finding for all objects whose fields are as they should be, and one for each other."""
    uses = _with_fields(evidence[REQUIREMENTS])
    if not uses:
        yield Finding(level=Level.NOT_APPLICABLE, summary="the task names no fields")
        return
    if (silence := nothing_told(evidence, _asked(uses))) is not None:
        yield not_asked(silence)
        return
    found = [(use, _judge(use, evidence)) for use in uses]
    yield from (finding for _, finding in found if finding is not None)
    good = [use for use, finding in found if finding is None]
    if good:
        number = counted(sum(len(use.fields) for use in good), "field")
        yield Finding(level=Level.OK, summary=f"{number} as required, of {listed([use.name for use in good])}")


def _judge(use: ObjectUse, evidence: Evidence) -> Finding | None:
    """None where all is well."""
    described, queries = evidence.get(describe_of(use)), rights_of(use)
    refusals = [each for need in queries if (each := evidence.refusal(need)) is not None]
    if (gone := absence(evidence, use)) is not None:
        return _unknown(f"{use.name}: no such object for this user, so none of its fields could be looked at", gone)
    schema = schema_of(evidence, use)
    lost = list(missing(schema, refusals, evidence))
    barred = list(unwriteable(use, described.shape)) if described else []
    if lost or barred:
        mapping = advice(evidence, schema, [*(each.name for each in lost), *(each.name for each in barred)])
        return _failed(use, lost, barred, refusals, [*_behind(use, lost, described, refusals), *mapping])
    word = next((each for each in refusals if each.code == "INVALID_FIELD" and bad_column(each) is None), None)
    if word is not None:
        return refused(
            word, f"{use.name}: the query for its {counted(len(use.fields), 'field')} is refused: {reason(word)}"
        )
    return _unproven(use, described, refusals, evidence)


def _behind(use: ObjectUse, lost: list[Missing], described: Described | None, refusals: list[Refusal]) -> Iterator[str]:
    """What nobody has proven: a refused query names one column, and a describe shows no field of another object."""
    told = {each.name for each in lost}
    behind = [each for each in use.fields if refusals and each not in told and (described is None or "." in each)]
    if behind:
        yield f"Salesforce names one column at a time, so nothing is known yet of {listed(behind)}"


def _failed(
    use: ObjectUse, lost: list[Missing], barred: list[Unwriteable], refusals: list[Refusal], more: list[str]
) -> Finding:
    """``more``: sentences for the end of the hint."""
    summary = f"{use.name}: {'; '.join(_said(use, lost, barred))}"
    proof = next((each.why for each in lost if each.why.is_proof), None)
    cause = _commonest(lost, proof) if lost else _cause_of(barred)
    main = next((each.why for each in lost if each.why.cause == cause), None)
    return Finding(
        level=Level.FAILED,
        summary=summary,
        cause=cause,
        saw=" · ".join(_saw(use, lost, barred, refusals)),
        certain=main is None,
        candidates=main.candidates if main else (),
        hint=sentences(summary, *_hints(lost, barred), *more),
    )


def _said(use: ObjectUse, lost: list[Missing], barred: list[Unwriteable]) -> Iterator[str]:
    if lost:
        names = [f"{each.name} (nearest: {each.why.near})" if each.why.near else each.name for each in lost]
        verb = "is" if len(lost) == 1 else "are"
        yield f"{len(lost)} of {counted(len(use.fields), 'field')} {verb} not there for this user: {listed(names)}"
    if barred:
        yield f"{len(barred)} may not be written by this user: {listed([each.said for each in barred])}"


def _commonest(lost: list[Missing], proof: Why | None) -> str:
    """What went at the same time as a field that can only have been hidden was likely hidden too."""
    return proof.cause if proof else Counter(each.why.cause for each in lost).most_common(1)[0][0]


def _saw(use: ObjectUse, lost: list[Missing], barred: list[Unwriteable], refusals: list[Refusal]) -> Iterator[str]:
    told = [each for each in refusals if is_about_the_asked(each)]
    if lost and told:
        yield seen_shortly(told[0])
    elif lost:
        yield f"describe of {use.name}: no {listed([each.name for each in lost])}"
    if barred:
        flags = [f"{each.shape.name}.{each.lacking}" for each in barred]
        yield f"describe of {use.name}: {listed(flags)} = false"


def _hints(lost: list[Missing], barred: list[Unwriteable]) -> Iterator[str]:
    reasons: dict[str, list[str]] = {}
    for each in lost:
        reasons.setdefault(each.why.said, []).append(each.name)
    for why, names in list(reasons.items())[:MOST_REASONS]:
        yield why if len(reasons) == 1 else f"{listed(names)}: {why[0].lower()}{why[1:]}"
    if any(each.why.is_open for each in lost):
        yield TELL
    calculated = [each.name for each in barred if each.shape.calculated]
    if calculated:
        yield f"Nobody can write what is calculated: take {listed(calculated)} out of the mapping"
    if any(each.is_audit for each in barred):
        yield "Fields that Salesforce fills itself take a permission: require audit_fields, and check access.audit_fields tells more"


def _cause_of(barred: Sequence[Unwriteable]) -> str:
    if all(each.is_audit for each in barred):
        return "audit_field_permission"
    return "query_error" if all(each.shape.calculated for each in barred) else HIDDEN


def _unproven(
    use: ObjectUse, described: Described | None, refusals: list[Refusal], evidence: Evidence
) -> Finding | None:
    """What was asked and not answered; None where one answer is enough."""
    fields = counted(len(use.fields), "field")
    if described is None:
        refusal = evidence.refusal(describe_of(use))
        assert refusal is not None
        if refusals or not rights_of(use):
            return _unknown(
                f"{use.name}: {fields} could not be looked at: {refusals[0].said if refusals else refusal.said}",
                refusal,
            )
        if _writes_fields(use):
            return _unknown(
                f"{use.name}: the user sees all {fields}; whether it may write them was not told: {refusal.said}",
                refusal,
            )
        return None
    if refusals and described.unchanged:
        why = "that the object is unchanged proves no rights"
        return _unknown(
            f"{use.name}: whether the user sees its {fields} was not told: {refusals[0].said}; {why}", refusals[0]
        )
    return None


def _unknown(summary: str, refusal: Refusal) -> Finding:
    return Finding(level=Level.UNKNOWN, summary=summary, saw=seen_shortly(refusal))


def _writes_fields(use: ObjectUse) -> bool:
    return any((use.insert, use.update, use.upsert))


def _with_fields(requirements: Requirements) -> list[ObjectUse]:
    return [use for use in requirements.objects or () if use.fields]


def _asked(uses: Sequence[ObjectUse]) -> tuple[Need[Any], ...]:
    return tuple(need for use in uses for need in (describe_of(use), *rights_of(use)))


def _needs_for(requirements: Requirements) -> tuple[Need[Any], ...]:
    uses = _with_fields(requirements)
    return (*_asked(uses), *NEEDS) if uses else ()


CHECK = Check(
    id="access.fields",
    title="Fields",
    needs=(REQUIREMENTS,),
    needs_for=_needs_for,
    evaluate=evaluate,
)
