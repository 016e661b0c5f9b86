"""The fields that the task names are there, and the user may read or write each as the task does.

A query for all of them that reads no row proves that the user sees them; a describe says which of them take a value in new and in
existing records. Where the two differ the query counts, and an answer "not modified" to the describe proves nothing. A field that is
hidden from the user looks like one that was deleted or renamed: what was seen earlier, in a snapshot or a lock file, says which is
likelier, and the nearest name that is there is told. A field that new records need and the task does not name is a warning where it
inserts, since the mapping may fill it all the same, and is only told where it upserts: all records may be there already. An upsert
writes its external id into new records: where the user may not, that is a warning for the same reason.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from airflow_sf_health.checks._absence import absence
from airflow_sf_health.checks._check import Check, not_asked, refused
from airflow_sf_health.checks._columns import bad_column, reason, seen_shortly
from airflow_sf_health.checks._field_rights import missing, proven
from airflow_sf_health.checks._field_words import Faults, failed
from airflow_sf_health.checks._field_writes import CREATES, kept, unfillable_key, unfilled, unwriteable
from airflow_sf_health.checks._gone import HIDDEN, NEEDS
from airflow_sf_health.checks._mapping import advice
from airflow_sf_health.checks._parent_keys import no_keys
from airflow_sf_health.checks._schemas import Schema, schema_of
from airflow_sf_health.checks._uses import describe_of, describes, nothing_told, rights_of
from airflow_sf_health.checks._words import counted, listed, sentences
from airflow_sf_health.evidence.evidence import Evidence
from airflow_sf_health.evidence.needs import REQUIREMENTS, Need
from airflow_sf_health.org.errors import Refusal
from airflow_sf_health.report.finding import Finding, Level
from airflow_sf_health.requirements import ObjectUse, Requirements
from airflow_sf_health.schema.shape import ObjectShape


def evaluate(evidence: Evidence) -> Iterator[Finding]:
    """One finding for all objects whose fields are as they should be, and one or more for each other."""
    uses = _with_fields(evidence[REQUIREMENTS])
    if not uses:
        yield Finding(level=Level.NOT_APPLICABLE, summary="the task names no fields")
        return
    if (silence := nothing_told(evidence, _asked(uses))) is not None:
        yield not_asked(silence)
        return
    good = []
    for use in uses:
        found = [*_judge(use, evidence)]
        yield from found
        if all(each.level is Level.INFO for each in found):
            good.append(use)
    if good:
        number = counted(sum(len(use.fields) for use in good), "field")
        yield Finding(level=Level.OK, summary=f"{number} as required, of {listed([use.name for use in good])}")


def _judge(use: ObjectUse, evidence: Evidence) -> Iterator[Finding]:
    """Nothing where all is well."""
    if (gone := absence(evidence, use)) is not None:
        yield _unknown(f"{use.name}: no such object for this user, so none of its fields could be looked at", gone)
        return
    schema = schema_of(evidence, use)
    refusals = [each for need in rights_of(use) if (each := evidence.refusal(need)) is not None]
    faults = _faults(use, schema, refusals, evidence)
    word = next((each for each in refusals if each.code == "INVALID_FIELD" and bad_column(each) is None), None)
    if faults:
        more = [*_behind(faults, evidence), *advice(evidence, schema, faults.names)]
        yield failed(faults, evidence, more)
    elif word is not None:
        fields = counted(len(use.fields), "field")
        yield refused(word, f"{use.name}: the query for its {fields} is refused: {reason(word)}")
    elif (unknown := _unproven(use, schema, refusals, evidence)) is not None:
        yield unknown
    if schema.now is not None:
        told = (_of_rows(use, schema.now), _of_key(use, schema.now))
        yield from (each for each in told if each is not None)


def _faults(use: ObjectUse, schema: Schema, refusals: Sequence[Refusal], evidence: Evidence) -> Faults:
    return Faults(
        schema=schema,
        lost=[*missing(schema, evidence)],
        barred=[*unwriteable(use, schema.now)] if schema.now is not None else [],
        no_keys=[*no_keys(schema, evidence)],
        refusals=refusals,
    )


def _behind(faults: Faults, evidence: Evidence) -> Iterator[str]:
    """What nobody has proven: a refused query names one column, and a describe shows no field of another object."""
    use, described = faults.schema.use, faults.schema.described
    known = {*(each.name.casefold() for each in faults.lost), *proven(evidence, use)}
    by_describe = described is not None and not described.unchanged
    behind = [each for each in use.fields if each.casefold() not in known and ("." in each or not by_describe)]
    if behind and faults.refusals:
        yield f"Salesforce names one column at a time, so nothing is known yet of {listed(behind)}"


def _of_rows(use: ObjectUse, shape: ObjectShape) -> Finding | None:
    """What would be refused row by row, as far as the lists of fields tell. An upsert may be meant for records that are there."""
    new_only, needed = [*kept(use, shape)], {each: unfilled(use, shape, each) for each in CREATES}
    names = list(dict.fromkeys(name for each in needed.values() for name in each))
    said, hints = [], []
    if names:
        whose = "new records" if needed["insert"] else "an upsert that makes new records"
        said.append(f"{whose} {'need' if needed['insert'] else 'needs'} {listed(names)}, which the task does not name")
        hints.append(
            "A new record without it is refused: map it, or name it in the requirements where the mapping fills it"
        )
    if new_only:
        said.append(f"only new records take {listed(new_only)}")
        hints.append(
            "The upsert is refused for each record that is there already, whatever the rights: send these fields by insert, or leave "
            "them out for records that exist"
        )
    if not said:
        return None
    summary, is_sure = f"{use.name}: {'; '.join(said)}", bool(needed["insert"] or new_only)
    return Finding(level=Level.WARNING if is_sure else Level.INFO, summary=summary, hint=sentences(summary, *hints))


def _of_key(use: ObjectUse, shape: ObjectShape) -> Finding | None:
    """Refused for each record that is not there yet. What Salesforce numbers is chosen as a key by who means the others alone."""
    key = unfillable_key(use, shape)
    if key is None:
        return None
    who = "nobody can" if key.is_generated else "the user may not"
    summary = f"{use.name}: {who} write {key.name}, so that an upsert by it makes no new records"
    if key.is_generated:
        return Finding(level=Level.INFO, summary=summary)
    hint = f"Unless all records are there already, have the user given edit access to {key.name}"
    return Finding(
        level=Level.WARNING,
        summary=summary,
        cause=HIDDEN,
        saw=f"describe of {shape.name}: {key.name}.createable = false",
        hint=sentences(summary, hint),
    )


def _unproven(use: ObjectUse, schema: Schema, refusals: Sequence[Refusal], evidence: Evidence) -> Finding | None:
    """What was asked and not answered; None where one answer is enough."""
    fields, described = counted(len(use.fields), "field"), schema.described
    if described is None:
        refusal = evidence.refusal(describe_of(use))
        assert refusal is not None
        if refusals or not rights_of(use):
            said = refusals[0].said if refusals else refusal.said
            return _unknown(f"{use.name}: {fields} could not be looked at: {said}", refusal)
        if _written(use):
            said = f"the user sees all {fields}; whether it may write them was not told: {refusal.said}"
            return _unknown(f"{use.name}: {said}", refusal)
        return None
    if refusals and described.unchanged:
        said = f"whether the user sees its {fields} was not told: {refusals[0].said}"
        return _unknown(f"{use.name}: {said}; that the object is unchanged proves no rights", refusals[0])
    unseen = [each for each in _written(use) if described.shape.field_of(each) is None]
    if unseen:
        said = f"the user sees {listed(unseen)}; whether it may write that was not told: the describe does not show it"
        return Finding(level=Level.UNKNOWN, summary=f"{use.name}: {said}")
    return None


def _unknown(summary: str, refusal: Refusal) -> Finding:
    return Finding(level=Level.UNKNOWN, summary=summary, saw=seen_shortly(refusal))


def _written(use: ObjectUse) -> list[str]:
    return list(dict.fromkeys(name for names in (use.insert, use.update, use.upsert) for name in names or ()))


def _with_fields(requirements: Requirements) -> list[ObjectUse]:
    return [use for use in requirements.objects or () if use.fields]


def _asked(uses: Sequence[ObjectUse]) -> tuple[Need[Any], ...]:
    return tuple(need for use in uses for need in (describe_of(use), *rights_of(use)))


def _needs_for(requirements: Requirements) -> tuple[Need[Any], ...]:
    """The other objects too, of which one may be a parent."""
    uses = _with_fields(requirements)
    return tuple(dict.fromkeys((*_asked(uses), *describes(requirements), *NEEDS))) if uses else ()


CHECK = Check(
    id="access.fields",
    title="Fields",
    needs=(REQUIREMENTS,),
    needs_for=_needs_for,
    evaluate=evaluate,
)
