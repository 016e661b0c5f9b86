"""How the fields are told that a task cannot read or write."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from airflow_sf_health.checks._columns import seen_shortly
from airflow_sf_health.checks._field_rights import Missing
from airflow_sf_health.checks._field_writes import Bar, Unwriteable
from airflow_sf_health.checks._gone import CHANGED, TELL
from airflow_sf_health.checks._parent_keys import NoKey
from airflow_sf_health.checks._rights import rights_since
from airflow_sf_health.checks._schemas import Schema
from airflow_sf_health.checks._uses import is_about_the_asked
from airflow_sf_health.checks._words import counted, listed, minute, sentences
from airflow_sf_health.evidence.evidence import Evidence
from airflow_sf_health.org.errors import Refusal
from airflow_sf_health.report.finding import Candidate, Finding, Level

MOST_REASONS = 3
"""Sentences on why a field may be missing, of a finding that has many."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Faults:
    """What is wrong with the fields of one object; ``refusals`` are of the queries that prove the rights."""

    schema: Schema
    lost: Sequence[Missing]
    barred: Sequence[Unwriteable]
    no_keys: Sequence[NoKey]
    refusals: Sequence[Refusal]

    def __bool__(self) -> bool:
        return bool(self.lost or self.barred or self.no_keys)

    @property
    def names(self) -> list[str]:
        return [*(each.name for each in self.lost), *(each.name for each in self.barred)]

    def by(self, *bars: Bar) -> list[Unwriteable]:
        return [each for each in self.barred if each.bar in bars]


def failed(faults: Faults, evidence: Evidence, more: Sequence[str]) -> Finding:
    """The finding; ``more`` are sentences for the end of the hint."""
    summary = f"{faults.schema.use.name}: {'; '.join(_said(faults))}"
    cause = _cause(faults)
    main = next((each.why for each in faults.lost if each.why.cause == cause), None)
    others = _candidates(faults, cause) if main is None else main.candidates
    return Finding(
        level=Level.FAILED,
        summary=summary,
        cause=cause,
        saw=" · ".join(_saw(faults)),
        certain=main is None and not others,
        candidates=others,
        hint=sentences(summary, *_hints(faults), *_since(faults, evidence), *more),
    )


def _said(faults: Faults) -> Iterator[str]:
    if lost := faults.lost:
        names = [f"{each.name} (nearest: {each.why.near})" if each.why.near else each.name for each in lost]
        verb = "is" if len(lost) == 1 else "are"
        number = counted(len(faults.schema.use.fields), "field")
        yield f"{len(lost)} of {number} {verb} not there for this user: {listed(names)}"
    for who, barred in (("the user may not", faults.by(Bar.RIGHTS, Bar.AUDIT)), ("nobody can", faults.by(Bar.NOBODY))):
        if barred:
            yield f"{who} write {listed([each.said for each in barred])}"
    for each in faults.no_keys:
        yield f"{each.path} finds no parent, since {each.field.name} is no external id of {each.parent.name}"


def _cause(faults: Faults) -> str:
    """What went at the same time as a field that can only have been hidden was likely hidden too."""
    if faults.lost:
        proof = next((each.why for each in faults.lost if each.why.is_proof), None)
        return proof.cause if proof else Counter(each.why.cause for each in faults.lost).most_common(1)[0][0]
    return next((bar.value for bar in Bar if faults.by(bar)), CHANGED)


def _candidates(faults: Faults, cause: str) -> tuple[Candidate, ...]:
    if not faults.barred:
        return next((each.earlier.candidates for each in faults.no_keys), ())
    return next((each.candidates for each in faults.barred if each.bar.value == cause and each.candidates), ())


def _saw(faults: Faults) -> Iterator[str]:
    name, told = faults.schema.use.name, [each for each in faults.refusals if is_about_the_asked(each)]
    if faults.lost and told:
        yield seen_shortly(told[0])
    elif faults.lost:
        yield f"describe of {name}: no {listed([each.name for each in faults.lost])}"
    if faults.barred:
        flags = [f"{each.shape.name}.{each.lacking}" for each in faults.barred]
        yield f"describe of {name}: {listed(flags)} = false"
    for each in faults.no_keys:
        yield f"describe of {each.parent.name}.{each.field.name}: idLookup = false, externalId = false"


def _hints(faults: Faults) -> Iterator[str]:
    reasons: dict[str, list[str]] = {}
    for each in faults.lost:
        reasons.setdefault(each.why.said, []).append(each.name)
    for why, names in list(reasons.items())[:MOST_REASONS]:
        yield why if len(reasons) == 1 else f"{listed(names)}: {why[0].lower()}{why[1:]}"
    if any(each.why.is_open for each in faults.lost):
        yield TELL
    nobody = faults.by(Bar.NOBODY)
    always = [each.name for each in nobody if not each.is_for_new_records]
    if always:
        yield f"Nobody can write what Salesforce fills itself: take {listed(always)} out of the mapping"
    if any(each.is_of_person for each in nobody):
        yield "Map FirstName and LastName in its place"
    later = [each.name for each in nobody if each.name not in always]
    if later:
        yield f"Only new records take {listed(later)}, and no permission changes that: take it out of the update"
    if audit := faults.by(Bar.AUDIT):
        settable = listed([each.name for each in audit])
        yield f"To set {settable} takes a permission: require audit_fields, and check access.audit_fields tells more"
    yield from dict.fromkeys(each.hint for each in faults.no_keys)


def _since(faults: Faults, evidence: Evidence) -> Iterator[str]:
    """When the user could still write, where a snapshot knows."""
    before = faults.schema.remembered
    if before is None:
        return
    held = [(each, before.shape.field_of(each.name)) for each in faults.by(Bar.RIGHTS)]
    could = [each.name for each, was in held if was is not None and getattr(was, each.lacking)]
    if could:
        since = rights_since(evidence, before)
        why = f", and {since.why}" if since.moved else ""
        yield f"The user could write {listed(could)} on {minute(before.confirmed_at)}{why}"
