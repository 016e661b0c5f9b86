"""Of all that was seen of one error, what decides: the root cause and not what followed from it.

What Salesforce says by a code goes before words in prose, and both before what only says that something failed. Then what
shuts the whole connection goes before what a new token heals, that before what passes by itself, and that before a refused
record or query, since each of these is a likely consequence of those before it. Then the first that was said decides; of
rows, the code that most of them have.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from airflow_sf_health.causes import UNKNOWN, Candidate, Cause, Diagnosis, Entry, Kind, book, judge, match, of_records
from airflow_sf_health.diagnosis._sighting import Sighting


@dataclass(frozen=True, slots=True)
class _Found:
    sighting: Sighting
    entry: Entry
    order: int

    @property
    def rank(self) -> tuple[bool, bool, int, int]:
        general = self.entry.recogniser.general
        return general, self.sighting.prose, 0 if general else _weight(self.entry.cause), self.order

    @property
    def row_rank(self) -> tuple[bool, int, bool, int, int]:
        return self.entry.recogniser.general, -self.sighting.count, *self.rank[1:]


def verdict(sightings: Iterable[Sighting]) -> Diagnosis:
    """Give the diagnosis of everything that was seen of one error."""
    known = book()
    found = [
        _Found(each, entry, order)
        for order, each in enumerate(sightings)
        if (entry := each.entry or match(each.refusal, known)) is not None
    ]
    if not found:
        return Diagnosis(cause=UNKNOWN, certain=False)
    if any((each.sighting.refusal.code or "").casefold() in known.of_data for each in found):
        # Triggers and rules write what they like around the code of a refused record.
        found = [each for each in found if not each.sighting.prose or of_records(each.entry)]
    rows = any(each.sighting.row for each in found)
    found.sort(key=lambda each: each.row_rank if rows else each.rank)
    first = found[0]
    diagnosis = judge(first.sighting.refusal, first.entry)
    return _with_rivals(diagnosis, first, found)


def _weight(cause: Cause) -> int:
    if cause.kind in (Kind.DATA, Kind.BUG):
        return 3
    if cause.reauth:
        return 1
    return 2 if cause.kind is Kind.TRANSIENT else 0


def _with_rivals(diagnosis: Diagnosis, first: _Found, found: list[_Found]) -> Diagnosis:
    """Name the other causes that were said as firmly as the first; they make it uncertain."""
    named = {diagnosis.cause}
    rivals = []
    for each in found:
        level = each.rank[:3] if not each.sighting.row else first.rank[:3]
        if level <= first.rank[:3] and each.entry.cause.id not in named and not each.entry.recogniser.general:
            named.add(each.entry.cause.id)
            rivals.append(Candidate(cause=each.entry.cause.id, tell=_said_too(each)))
    if not rivals:
        return diagnosis
    others = tuple(each for each in diagnosis.candidates if each.cause not in named)
    return replace(diagnosis, certain=False, candidates=(*rivals, *others))


def _said_too(each: _Found) -> str:
    what = each.entry.recogniser.code or each.entry.recogniser.message or each.entry.recogniser.message_has or ""
    if each.sighting.row:
        return f'{each.sighting.count} of the refused rows say "{what}".'
    return f'The same error also says "{what}".'
