"""What Salesforce said of a row, without the row's values."""

from __future__ import annotations

from typing import Any

import pytest

from airflow_sf_health.bulk._words import LONGEST_QUOTE, without_values


@pytest.mark.parametrize(
    ("message", "row", "told"),
    [
        (
            "Email: invalid email address: jane@home",
            {"Email": "jane@home", "Name": "x"},
            "Email: invalid email address: …",
        ),
        (
            "Last Name: data value too large: Mac Leod-Smythe (max length=3)",
            {"LastName": "Mac Leod-Smythe"},
            "Last Name: data value too large: … (max length=3)",
        ),
        (
            "Foreign key external ID: erp-100 not found for field ERP_Id__c in entity Account",
            {"Account": {"ERP_Id__c": "ERP-100"}},
            "Foreign key external ID: … not found for field ERP_Id__c in entity Account",
        ),
        ("Amount: value not of required type: 1970", {"Amount": 1970}, "Amount: value not of required type: …"),
        ("Salary 70000.0 or 70,000 or 7.0E4 is too much", {"Pay": "70000"}, "Salary … or … or … is too much"),
        ("Salary 70000 is too much", {"Pay": 70000.0}, "Salary … is too much"),
        ("too much: 5.0 (max length=5)", {"Pay": 5.0}, "too much: … (max length=5)"),
        ("known: O&#39;Brien &amp; Sons", {"Name": "O'Brien & Sons"}, "known: …"),
        ("known: O&#39;Brien", {"Name": "O&#39;Brien"}, "known: …"),
        (
            "Last Name: data value too large: Mac Leod (the 2nd), of Sky... (max length=80)",
            {"LastName": "Mac Leod (the 2nd), of Skye and the Isles"},
            "Last Name: data value too large: … (max length=80)",
        ),
        ("Last Name: data value too large: Mac Le", {"LastName": "Mac Leod"}, "Last Name: data value too large: …"),
        (
            "operation performed with inactive user [005Hs0000000002] as owner of account",
            {"OwnerId": "005Hs0000000002AAE", "Active": True, "None": None},
            "operation performed with inactive user [005Hs0000000002] as owner of account",
        ),
        ("Names of Newton are refused", {"Name": "Newt"}, "Names of Newton are refused"),
        ("Required fields are missing: [Name]", {"Rating": "Hot"}, "Required fields are missing: [Name]"),
    ],
)
def test_values_of_the_row_are_left_out(message: str, row: dict[str, Any], told: str) -> None:
    """Texts, numbers and those of related rows; what leads to a record or a user stays."""
    assert without_values(message, row) == told


@pytest.mark.parametrize(
    ("message", "told"),
    [
        ("Email: invalid email address: jane@home", "Email: invalid email address: …"),
        ("Last Name: data value too large: Smythe (max length=3)", "Last Name: data value too large: …"),
        ("cannot read 'Jane' or \"Jane\"", "cannot read … or …"),
        (
            "operation performed with inactive user [005Hs0000000002] as owner of account",
            "operation performed with inactive user [005Hs0000000002] as owner of account",
        ),
    ],
)
def test_of_an_unknown_row_what_may_be_a_value_is_left_out(message: str, told: str) -> None:
    """Where the task does not tell what it sent, quotes and the end behind the last colon go."""
    assert without_values(message, None) == told


@pytest.mark.parametrize(
    "message",
    [
        "x" * 100_000,
        "'" * 10_000,
        ": " * 10_000,
        "a@" * 10_000,
        "word " * 10_000,
        "1," * 50_000,
        "data value too large: " * 5_000,
    ],
)
def test_any_length_becomes_a_line(message: str) -> None:
    """A text that fills a log is cut, and looked at in no time."""
    told = without_values(message, {"Name": "word", "Pay": 1234})
    assert len(told) <= LONGEST_QUOTE
    assert "\n" not in told
