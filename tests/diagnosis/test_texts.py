"""Texts out of the logs of many tools lead to their cause, and so do the same texts wrapped, escaped and cut."""

from __future__ import annotations

import json

import pytest
from diagnosis.texts import TEXTS

from airflow_sf_health import diagnose

EACH = [(cause, text) for cause, texts in TEXTS.items() for text in texts]


@pytest.mark.parametrize(("cause", "text"), EACH)
def test_text(cause: str, text: str) -> None:
    """A text as it stands in a log."""
    assert diagnose(text).cause == cause


@pytest.mark.parametrize(("cause", "text"), EACH)
def test_wrapped(cause: str, text: str) -> None:
    """What wraps a text changes nothing: another exception, a line of a log, JSON in JSON."""
    prefix = "[2026-01-01, 02:00:13 UTC] {taskinstance.py:1824} ERROR - "
    forms: list[object] = [
        RuntimeError(text),
        f"{prefix}Task failed with exception\n{text}\n[2026-01-01, 02:00:14 UTC] INFO - Marking task as UP_FOR_RETRY",
        json.dumps({"level": "ERROR", "message": text}),
        {"log": json.dumps({"error": {"message": text}})},
    ]
    assert [diagnose(form).cause for form in forms] == [cause] * len(forms)


@pytest.mark.parametrize(("cause", "text"), [(cause, texts[0]) for cause, texts in TEXTS.items() if cause != "unknown"])
def test_in_a_long_log(cause: str, text: str) -> None:
    """A text at the head or at the tail of a long log is found."""
    noise = "[2026-01-01, 02:00:13 UTC] INFO - read 2000 records of Account\n" * 10_000
    assert diagnose(f"{text}\n{noise}").cause == cause
    assert diagnose(f"{noise}\n{text}").cause == cause


CONNECTION_WORDS = (
    "the user is inactive",
    "inactive user",
    "Session expired or invalid",
    "INVALID_SESSION_ID",
    "invalid_grant: authentication failure",
    "your password has expired",
    "User is frozen",
    "connection timed out",
    "HTTP 503 Service Unavailable",
    "TotalRequests Limit exceeded.",
)


@pytest.mark.parametrize("words", [each for each in CONNECTION_WORDS if not each.startswith(("INVALID_", "invalid_"))])
def test_words_of_a_trigger(words: str) -> None:
    """So may whoever writes a trigger or flow; only a code in its words says more."""
    code = "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY"
    said = f"AccountTrigger: execution of BeforeInsert caused by: System.CalloutException: {words}"
    forms: list[object] = [
        [{"message": said, "errorCode": code, "fields": []}],
        json.dumps([{"message": said, "errorCode": code, "fields": []}]),
        f"{code}:{said}:--",
        [{"success": False, "errors": [{"statusCode": code, "message": said, "fields": []}]}],
        RuntimeError(f"first error: {code}, {said}: []"),
    ]
    assert {diagnose(form).cause for form in forms} == {"data_error"}


@pytest.mark.parametrize("words", CONNECTION_WORDS)
def test_words_of_a_validation_rule(words: str) -> None:
    """An administrator may write anything into a validation rule; it stays a matter of the data."""
    code = "FIELD_CUSTOM_VALIDATION_EXCEPTION"
    forms: list[object] = [
        [{"message": words, "errorCode": code, "fields": []}],
        json.dumps([{"message": words, "errorCode": code, "fields": []}]),
        json.dumps([{"errorCode": code, "message": words}]),
        f"Response content: [{{'message': '{words}', 'errorCode': '{code}', 'fields': []}}]",
        f"Insert failed. First exception on row 0; first error: {code}, {words}: []",
        f"{code}:{words}:--",
        [{"success": False, "errors": [{"statusCode": code, "message": words, "fields": []}]}],
        RuntimeError(f"{code}: {words}"),
    ]
    assert {diagnose(form).cause for form in forms} == {"data_error"}


@pytest.mark.parametrize(
    ("text", "cause", "rivals"),
    [
        ("INVALID_SESSION_ID: Session expired or invalid\ninvalid_grant: inactive user", "user_inactive", set()),
        ("Read timed out. Retrying\nINVALID_LOGIN: Invalid username", "bad_credentials", set()),
        ("UNABLE_TO_LOCK_ROW: x\nREQUEST_LIMIT_EXCEEDED: TotalRequests Limit exceeded.", "request_limit", set()),
        ("STRING_TOO_LONG:x:--\nINVALID_SESSION_ID", "session_expired", set()),
        (
            "invalid_grant: inactive user\ninvalid_client: invalid client credentials",
            "user_inactive",
            {"bad_credentials"},
        ),
        ("CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY, first error: UNABLE_TO_LOCK_ROW, x", "lock_contention", set()),
    ],
)
def test_several_errors(text: str, cause: str, rivals: set[str]) -> None:
    """Of several errors the root decides; what was said as firmly is named beside it, and makes it uncertain."""
    diagnosis = diagnose(text)
    assert diagnosis.cause == cause
    assert {each.cause for each in diagnosis.candidates} >= rivals
    assert not (rivals and diagnosis.certain)
