"""What a task does with each object in all."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from shapes import UNTIMED

from airflow_sf_health import Requirements
from airflow_sf_health.schema.uses import use_of, uses


@pytest.mark.parametrize(
    ("objects", "queries", "found"),
    [
        ({"Account": ["Id"]}, [], {"Account": {"read": ["Id"]}}),
        (
            {"Account": ["Id"]},
            ["SELECT id, AnnualRevenue FROM account", "SELECT a.Owner.Name FROM Account a"],
            {"Account": {"read": ["Id", "AnnualRevenue", "Owner.Name"]}},
        ),
        (
            {"Account": {"insert": ["Name"]}},
            ["SELECT Name FROM Account WHERE Phone = 'FROM Contact'"],
            {"Account": {"read": ["Name"], "insert": ["Name"]}},
        ),
        (
            {"Account": {"delete": True}},
            ["SELECT Id FROM Lead", "SELECT Email FROM lead"],
            {"Account": {"delete": True}, "Lead": {"read": ["Id", "Email"]}},
        ),
        ({}, ["SELECT COUNT() FROM Lead", "SELECT Id, (SELECT Id FROM Contacts) FROM Account"], {}),
        ({}, ["SELECT QualifiedApiName FROM EntityDefinition", "SELECT Größe FROM Läden"], {}),
    ],
)
def test_uses(objects: dict[str, Any], queries: list[str], found: dict[str, Any]) -> None:
    """Fields that simple queries select are read; what only the server can make out adds nothing."""
    required = Requirements.of({"objects": objects, "queries": queries})
    assert {use.name: use.as_dict() for use in uses(required)} == found


def test_use_of() -> None:
    """One object is found by its name in any case, be it named or queried."""
    required = Requirements.of({"objects": {"Account": ["Id"]}, "queries": ["SELECT Email FROM Lead"]})
    assert [use and use.read for use in (use_of(required, "ACCOUNT"), use_of(required, "LEAD"))] == [
        ("Id",),
        ("Email",),
    ]
    assert use_of(required, "Case") is None


@UNTIMED
@given(st.lists(st.text(max_size=30).map(lambda text: f"SELECT {text} FROM {text}"), max_size=3))
def test_any_query(queries: list[str]) -> None:
    """No text of a query is too odd to be passed over."""
    uses(Requirements.of({"queries": queries}))
