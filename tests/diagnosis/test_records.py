"""What stands in a refused record, or what a trigger says, is no word of the connection; a lock that it met passes by itself."""

from __future__ import annotations

import json
from typing import Any

import pytest

from airflow_sf_health import diagnose

TRIGGER = "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY"
BUSY = (
    "Record Currently Unavailable: The record you are attempting to edit, or one of its related records, is currently being "
    "modified by another user. Please try again."
)


def forms(code: str, words: str) -> list[object]:
    """A refusal of one record as its senders write it: by REST, in a row, in a text, in a row of Bulk API 2.0."""
    error: dict[str, Any] = {"statusCode": code, "message": words, "fields": []}
    return [
        [{"message": words, "errorCode": code, "fields": []}],
        json.dumps([{"message": words, "errorCode": code, "fields": []}]),
        [{"success": False, "errors": [error]}],
        f"Malformed request https://acme.my.salesforce.com. Response content: [{error}]",
        f"Response content: [{dict(reversed(error.items()))}]",
        f"{code}: {words}",
        {"sf__Error": f"{code}:{words}:Last_Error__c --"},
    ]


@pytest.mark.parametrize(
    "value", ["INVALID_LOGIN: Invalid username", "INVALID_SESSION_ID", "UNABLE_TO_LOCK_ROW", "invalid_grant"]
)
@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("STRING_TOO_LONG", "Last_Error__c: data value too large"),
        ("INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", "bad value for restricted picklist field"),
    ],
)
def test_a_value_of_the_record(code: str, words: str, value: str) -> None:
    """A code that is a value of a record says nothing, with the record's own code before it or its phrase alone."""
    told = [diagnose(form) for form in [*forms(code, f"{words}: {value}"), f"{words}: {value}"]]
    assert [(each.cause, each.certain) for each in told] == [("data_error", True)] * 8


def test_the_row_beside_it() -> None:
    """The next row has its say."""
    rows = "STRING_TOO_LONG:data value too large: x:Name --\nUNABLE_TO_LOCK_ROW:unable to obtain exclusive access:--"
    assert {each.cause for each in diagnose(rows).candidates} | {diagnose(rows).cause} >= {"lock_contention"}


@pytest.mark.parametrize("code", [TRIGGER, "APEX_ERROR", "CANNOT_EXECUTE_FLOW_TRIGGER", "FLOW_EXCEPTION"])
@pytest.mark.parametrize("value", ["INVALID_SESSION_ID: Session expired or invalid", "INVALID_LOGIN", "invalid_grant"])
def test_a_trigger_on_another_connection(code: str, value: str) -> None:
    """A callout of a trigger fails by a session or login of its own."""
    words = f"AccountTrigger: execution of AfterUpdate caused by: {value}"
    assert {diagnose(form).cause for form in forms(code, words)} == {"data_error"}


@pytest.mark.parametrize(
    "words",
    [
        BUSY,
        "UNABLE_TO_LOCK_ROW, unable to obtain exclusive access to this record",
        "System.CalloutException: Read timed out",
        "System.AsyncException: AsyncApexExecutions Limit exceeded.",
        "System.LimitException: AsyncApexExecutions Limit exceeded.",
    ],
)
@pytest.mark.parametrize("code", [TRIGGER, "APEX_ERROR", "CANNOT_EXECUTE_FLOW_TRIGGER", "FLOW_EXCEPTION"])
def test_what_a_trigger_met_passes(code: str, words: str) -> None:
    """Nobody may say for certain that only a person mends what a trigger met for a moment."""
    for form in forms(code, words):
        told = diagnose(form)
        assert "lock_contention" in {told.cause, *(each.cause for each in told.candidates)}, form
        assert not (told.certain and told.cause == "data_error")


def test_a_busy_record() -> None:
    """A lock that a trigger met is a lock, though not for certain."""
    assert {(diagnose(form).cause, diagnose(form).certain) for form in forms(TRIGGER, BUSY)} == {
        ("lock_contention", False)
    }
