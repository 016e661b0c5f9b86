"""Results of rows, as Bulk API 1.0 and simple-salesforce give them, become counts by cause."""

from __future__ import annotations

from typing import Any

import pytest

from airflow_sf_health.bulk._load import Load
from airflow_sf_health.bulk._outcome import MOST_DIAGNOSES, BulkOutcome, UnreadableResults, outcome_of
from airflow_sf_health.diagnosis import Diagnosis, diagnose

OWNER = ("INACTIVE_OWNER_OR_USER", "operation performed with inactive user [005Hs0000000002] as owner of account")
LOCK = ("UNABLE_TO_LOCK_ROW", "unable to obtain exclusive access to this record or 1 records: 001Hs00000abcdef")
GOOD = {"success": True, "created": True, "id": "001Hs00000abcdefAAA", "errors": []}


def bad(*errors: tuple[str, str], fields: list[str] | None = None) -> dict[str, Any]:
    told = [
        {"statusCode": code, "message": text, "fields": fields or [], "extendedErrorDetails": None}
        for code, text in errors
    ]
    return {"success": False, "created": False, "id": None, "errors": told}


def counted(*results: dict[str, Any], **load: Any) -> BulkOutcome:
    return outcome_of(list(results), Load(**load))


@pytest.mark.parametrize(
    ("code", "message", "cause"),
    [
        (*OWNER, "owner_inactive"),
        (*LOCK, "lock_contention"),
        ("REQUIRED_FIELD_MISSING", "Required fields are missing: [Name]", "data_error"),
        ("FIELD_CUSTOM_VALIDATION_EXCEPTION", "A customer needs a number", "data_error"),
        ("STRING_TOO_LONG", "Account Number: data value too large: 0123 (max length=3)", "data_error"),
        ("DUPLICATE_VALUE", "duplicate value found: ERP_Id__c duplicates value on record with id: 001Hs", "data_error"),
        ("STORAGE_LIMIT_EXCEEDED", "storage limit exceeded", "storage_limit"),
        ("INSUFFICIENT_ACCESS_OR_READONLY", "insufficient access rights on object id", "object_or_field_access"),
        ("SOME_CODE_OF_TOMORROW", "never heard of", "unknown"),
    ],
)
def test_a_code_leads_to_its_cause(code: str, message: str, cause: str) -> None:
    """Rows are diagnosed by the one classification that everything else uses."""
    assert counted(GOOD, bad((code, message))).counts == {cause: 1}


def test_counts_by_cause_the_largest_first() -> None:
    """Rows are counted, numbered from 1 in the order in which they were sent, and grouped."""
    outcome = counted(bad(LOCK), GOOD, bad(OWNER), bad(OWNER), GOOD)
    assert (outcome.rows, outcome.written, outcome.refused) == (5, 2, 3)
    assert list(outcome.counts.items()) == [("owner_inactive", 2), ("lock_contention", 1)]
    assert [row.number for row in outcome.groups[0].rows] == [3, 4]
    assert outcome.hopeless == 2


def test_of_several_errors_the_one_that_no_retry_heals_counts() -> None:
    """A row that met a lock and is wrong as well stays wrong."""
    assert counted(bad(LOCK, OWNER)).counts == {"owner_inactive": 1}


def test_a_row_without_an_error_is_refused_all_the_same() -> None:
    """success=false is what counts."""
    outcome = counted({"success": False, "created": False, "id": None, "errors": []}, {"success": False})
    assert outcome.counts == {"unknown": 2}


def test_an_error_of_the_collections_resource_reads_the_same() -> None:
    """It has the same form; some clients name the code errorCode."""
    result = {"success": False, "errors": [{"errorCode": OWNER[0], "message": OWNER[1]}]}
    assert counted(result).counts == {"owner_inactive": 1}


def test_the_id_comes_from_the_row_where_the_result_has_none() -> None:
    """A refused update names its record in the row that was sent."""
    outcome = counted(bad(OWNER), payload=({"id": "001Hs00000zzzzzAAA", "Name": "x"},))
    assert outcome.groups[0].rows[0].id == "001Hs00000zzzzzAAA"


def test_a_row_without_a_result_is_not_written() -> None:
    """Fewer results than rows: what is missing is missing at the end."""
    outcome = counted(GOOD, payload=({"Name": "a"}, {"Name": "b"}))
    assert (outcome.rows, outcome.written, outcome.unanswered, outcome.counts) == (2, 1, 1, {"unknown": 1})


def test_deleted_already_counts_only_from_the_second_try_of_a_delete() -> None:
    """On the first try it means that the ids are stale, which is worth a word."""
    gone = bad(("ENTITY_IS_DELETED", "entity is deleted"))
    first, second = (counted(gone, operation="delete", try_number=number) for number in (1, 2))
    update = counted(gone, operation="update", try_number=2)
    assert (first.refused, second.refused, second.gone, update.refused) == (1, 0, 1, 1)


@pytest.mark.parametrize(
    "strange",
    [
        "a text",
        {"success": True},
        7,
        [1],
        ["success"],
        [{"numberRecordsFailed": 1, "numberRecordsProcessed": 2, "numberRecordsTotal": 2, "job_id": "750"}],
        [{"bypass_results": True, "job_id": "750"}],
    ],
)
def test_what_is_no_result_of_rows_is_said_and_not_taken_for_good(strange: Any) -> None:
    """A summary of Bulk API 2.0 or anything else that does not tell of each row."""
    with pytest.raises(UnreadableResults):
        outcome_of(strange, Load())


def test_ten_thousand_rows_are_few_diagnoses(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each reason is looked up once, however many rows have it, also where each text quotes a value of its own."""
    asked: list[object] = []

    def counting(error: object) -> Diagnosis:
        asked.append(error)
        return diagnose(error)

    monkeypatch.setattr("airflow_sf_health.bulk._outcome.diagnose", counting)
    same = [bad((OWNER[0], OWNER[1].replace("0002", f"{number:04}"))) for number in range(10_000)]
    assert counted(*same).counts == {"owner_inactive": 10_000}
    assert len(asked) == 1
    words = ["".join(chr(97 + int(digit)) for digit in str(number)) for number in range(10_000)]
    quoting = [bad(("STRING_TOO_LONG", f"Name: data value too large: {word} (max length=3)")) for word in words]
    assert counted(*quoting).counts == {"data_error": 10_000}
    assert len(asked) <= 2 + MOST_DIAGNOSES
    codes = [bad((f"CODE_{word.upper()}", f"TEXT_{word.upper()}")) for word in words[:2_000]]
    assert counted(*codes).counts == {"unknown": 2_000}
