"""What stands in a refused record, or what a trigger says, is no word of the connection; a lock that it met passes by itself."""

from __future__ import annotations

import json
from typing import Any

import pendulum
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


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("INVALID_QUERY_LOCATOR", "invalid query locator"),
        ("INVALID_LOCATOR", "invalid query locator"),
        ("TXN_SECURITY_METERING_ERROR", "enabled transaction security policies took too long to complete"),
        ("INVALIDJOBSTATE", "Aborted"),
        ("EXTERNAL_OBJECT_EXCEPTION", "The external system did not answer: Read timed out"),
    ],
)
def test_what_another_run_may_heal(code: str, words: str) -> None:
    """A cursor that was let go, an aborted job, a policy or a foreign system that was slow: a retry is among the answers."""
    for form in [*forms(code, words)[:2], f"{code}: {words}"]:
        told = diagnose(form)
        assert not told.certain
        assert {each.cause for each in told.candidates} & {"query_timeout", "lock_contention"}


def test_a_deleted_record() -> None:
    """A request for a record that is gone is refused like one for an unknown object."""
    told = diagnose([{"errorCode": "NOT_FOUND", "message": "The requested resource does not exist"}])
    assert (told.cause, told.certain) == ("schema_changed", False)
    assert "data_error" in {each.cause for each in told.candidates}


def test_many_long_texts() -> None:
    """However many texts an error carries, no more is read of them all than of one; the last one is read too."""
    long = [f"{number} " + "Account: row, read; 'x' " * 6_000 for number in range(200)]
    error = RuntimeError("failed")
    error.__notes__ = [*long, "INVALID_LOGIN: Invalid username"]
    for each in (error, {"errors": [*long[:198], "INVALID_LOGIN: Invalid username"]}):
        began = pendulum.now()
        assert diagnose(each).cause == "bad_credentials"
        assert (pendulum.now() - began).total_seconds() < 4
