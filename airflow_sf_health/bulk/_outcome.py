"""What became of the rows of a bulk load: how many were written, and why the others were not."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from airflow_sf_health.causes import CAUSE_IDS, UNKNOWN, Diagnosis, Retry, cause
from airflow_sf_health.diagnosis import diagnose
from airflow_sf_health.org.errors import Refusal, Shape

if TYPE_CHECKING:
    from airflow_sf_health.bulk._load import Load

MOST_DIAGNOSES = 300
"""Texts that are looked at one by one. In 10,000 rows each may quote a value of its own; from here on the code decides."""
LONGEST_FORM = 400
"""Characters of a text that tell whether it says the same as another."""
NO_RESULT = "Salesforce gave no result for this row"
_CODE = re.compile(r"\b[A-Z]+(?:_[A-Z]+)+\b")


class UnreadableResults(ValueError):
    """What a task returned is not the results of rows; the message says what it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusedRow:
    """A row that was not written; ``number`` counts from 1 in the order in which the rows were sent. ``message`` is
    Salesforce's own and may quote the row's values.
    """

    number: int
    id: str | None
    code: str
    message: str
    fields: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """The rows that were refused for one cause."""

    diagnosis: Diagnosis
    rows: tuple[RefusedRow, ...]

    @property
    def cause(self) -> str:
        return self.diagnosis.cause

    @property
    def codes(self) -> tuple[str, ...]:
        """Salesforce's codes, the most frequent first."""
        return tuple(code for code, _ in Counter(row.code for row in self.rows if row.code).most_common())

    @property
    def no_retry_heals(self) -> bool:
        """As of a report: where the cause is not certain, each candidate must wait for a person as well."""
        found = self.diagnosis
        possible = {found.cause, *(() if found.certain else (each.cause for each in found.candidates))}
        return possible <= set(CAUSE_IDS) and all(cause(each).retry is Retry.NEVER for each in possible)


@dataclass(frozen=True, slots=True, kw_only=True)
class BulkOutcome:
    """The rows of one load, counted. ``groups`` are by cause, the largest first.

    ``gone`` are rows that were to be deleted and that an earlier try had deleted; ``created`` tells that at least one row was
    new. ``failed_rows`` is the file that has the refused rows, where one was asked for.
    """

    rows: int
    written: int
    gone: int = 0
    created: bool = False
    groups: tuple[Group, ...] = ()
    jobs: tuple[str, ...] = ()
    failed_rows: str | None = None

    @property
    def refused(self) -> int:
        return sum(len(group.rows) for group in self.groups)

    @property
    def counts(self) -> dict[str, int]:
        """Refused rows by the id of their cause."""
        return {group.cause: len(group.rows) for group in self.groups}

    @property
    def hopeless(self) -> int:
        """Refused rows that no retry heals, for certain."""
        return sum(len(group.rows) for group in self.groups if group.no_retry_heals)

    @property
    def unanswered(self) -> int:
        """Rows without a result: whether they were written is not known."""
        return sum(row.message == NO_RESULT for group in self.groups for row in group.rows)


def outcome_of(results: Any, load: Load) -> BulkOutcome:
    """Count the results, in the order in which the rows were sent, and diagnose those that were refused.

    :raises UnreadableResults: they are not the results of rows.
    """
    rows = _read(results)
    refused: dict[str, list[RefusedRow]] = {}
    found: dict[str, Diagnosis] = {}
    gone, memory = 0, _Memory()
    for number, result in enumerate(rows, 1):
        if result["success"]:
            continue
        row, diagnosis = _refused(number, result, load, memory)
        if row.code == "ENTITY_IS_DELETED" and load.deletes and load.try_number > 1:
            gone += 1
            continue
        refused.setdefault(diagnosis.cause, []).append(row)
        found.setdefault(diagnosis.cause, diagnosis)
    for row in _unanswered(len(rows), load):
        refused.setdefault(UNKNOWN, []).append(row)
        found.setdefault(UNKNOWN, Diagnosis(cause=UNKNOWN, certain=False))
    groups = [Group(diagnosis=found[each], rows=tuple(refused[each])) for each in refused]
    return BulkOutcome(
        rows=max(len(rows), len(load.payload or ())),
        written=sum(bool(result["success"]) for result in rows),
        gone=gone,
        created=any(bool(result["success"] and result.get("created")) for result in rows),
        groups=tuple(sorted(groups, key=lambda group: -len(group.rows))),
        jobs=load.jobs,
    )


def _read(results: Any) -> Sequence[Mapping[str, Any]]:
    if isinstance(results, str | bytes | Mapping) or not isinstance(results, Sequence):
        raise UnreadableResults(f"a value of type {type(results).__name__}")
    for result in results:
        if not isinstance(result, Mapping):
            raise UnreadableResults(f"a list with a value of type {type(result).__name__}")
        if "success" not in result:
            raise UnreadableResults("a list of something else than results of rows: there is no 'success' in it")
    return results


def _unanswered(answered: int, load: Load) -> Iterator[RefusedRow]:
    """With `batch_size="auto"`, simple-salesforce leaves out a last row that would be a batch of its own."""
    for number in range(answered + 1, len(load.payload or ()) + 1):
        yield RefusedRow(number=number, id=_id_of(number, {}, load), code="", message=NO_RESULT)


def _refused(number: int, result: Mapping[str, Any], load: Load, memory: _Memory) -> tuple[RefusedRow, Diagnosis]:
    """The row with the error that weighs most: one that no retry heals, else the first."""
    given = result.get("errors")
    listed = given if isinstance(given, list | tuple) else (given,)
    errors = [each for each in listed if isinstance(each, Mapping)]
    told = [(each, memory.diagnosis(_text(each, "statusCode"), _text(each, "message"))) for each in errors]
    waits = (each for each in told if cause(each[1].cause).retry is Retry.NEVER and each[1].certain)
    error, diagnosis = next(waits, told[0] if told else ({}, Diagnosis(cause=UNKNOWN, certain=False)))
    fields = error.get("fields")
    row = RefusedRow(
        number=number,
        id=_id_of(number, result, load),
        code=_text(error, "statusCode"),
        message=_text(error, "message"),
        fields=tuple(str(each) for each in fields) if isinstance(fields, list | tuple) else (),
    )
    return row, diagnosis


def _text(error: Mapping[str, Any], name: str) -> str:
    value = error.get(name) or (error.get("errorCode") if name == "statusCode" else None)
    return str(value) if value else ""


def _id_of(number: int, result: Mapping[str, Any], load: Load) -> str | None:
    """Salesforce's id of the record: from the result, else from the row, where it is changed or deleted."""
    sent = load.row(number) or {}
    found = result.get("id") or next((value for name, value in sent.items() if str(name).lower() == "id"), None)
    return str(found) if found else None


@dataclass(slots=True)
class _Memory:
    """Diagnoses by code and form of the text, so that each reason is looked up once and not each row."""

    known: dict[tuple[str, str], Diagnosis] = field(default_factory=dict)
    by_codes: dict[tuple[str, ...], Diagnosis] = field(default_factory=dict)

    def diagnosis(self, code: str, message: str) -> Diagnosis:
        key = (code, _form(message))
        found = self.known.get(key)
        if found is None:
            found = self.known[key] = self._look_up(code, message)
        return found

    def _look_up(self, code: str, message: str) -> Diagnosis:
        codes = (code, *sorted(set(_CODE.findall(message[:LONGEST_FORM]))))
        full = len(self.known) >= MOST_DIAGNOSES
        if full and len(self.by_codes) >= MOST_DIAGNOSES:
            codes = (code,)
        if full and codes in self.by_codes:
            return self.by_codes[codes]
        found = diagnose(Refusal(shape=Shape.REST, code=code or None, message=message))
        self.by_codes.setdefault(codes, found)
        return found


def _form(message: str) -> str:
    """The text without words that hold a digit (ids, numbers, dates) and addresses: what differs from row to row."""
    return " ".join(
        word for word in message[:LONGEST_FORM].split() if "@" not in word and not any(map(str.isdigit, word))
    )
