"""What records take at least."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airflow_sf_health.checks._volume import Step, arithmetic, steps
from airflow_sf_health.requirements import Requirements

OPERATIONS = ("read", "insert", "update", "upsert", "delete", "hard delete")
operations = st.sampled_from(OPERATIONS)
rows = st.integers(min_value=1, max_value=10**9)


def step(operation: str, number: int) -> Step:
    return Step(operation=operation, object="Account", rows=number)


@pytest.mark.parametrize(
    ("operation", "number", "calls", "by_rest", "batches"),
    [
        ("read", 1, 1, 1, 0),
        ("read", 2_000, 1, 1, 0),
        ("read", 2_001, 2, 2, 0),
        ("read", 1_000_000, 3, 500, 0),
        ("insert", 1, 1, 1, 1),
        ("upsert", 1_000, 1, 5, 1),
        ("upsert", 1_001, 2, 6, 1),
        ("update", 10_000, 3, 50, 1),
        ("update", 10_001, 3, 51, 2),
        ("delete", 25_000, 3, 125, 3),
        ("hard delete", 1, 3, 3, 1),
    ],
)
def test_numbers(operation: str, number: int, calls: int, by_rest: int, batches: int) -> None:
    """The cheapest way, the way by records, and the batches, at their edges."""
    one = step(operation, number)
    assert (one.calls, one.calls_by_rest, one.batches) == (calls, by_rest, batches)


@given(operations, rows, rows)
def test_more_rows_never_cost_less(operation: str, one: int, other: int) -> None:
    """Calls and batches only grow with the rows."""
    few, many = (step(operation, each) for each in sorted((one, other)))
    assert few.calls <= many.calls
    assert few.calls_by_rest <= many.calls_by_rest
    assert few.batches <= many.batches


@given(operations, rows)
def test_cheapest_is_cheapest(operation: str, number: int) -> None:
    """It is never dearer than the usual way, costs something, and a job is its most."""
    one = step(operation, number)
    assert 1 <= one.calls <= one.calls_by_rest
    assert one.calls <= 3
    assert one.batches == 0 if operation == "read" else one.batches * 10_000 >= number


@pytest.mark.parametrize(
    ("required", "names"),
    [
        ({}, []),
        ({"records": 0, "objects": {"Account": {"delete": True}}}, []),
        ({"objects": {"Account": {"delete": True}}}, []),
        ({"records": 5}, ["write"]),
        ({"records": 5, "writes": False}, ["read"]),
        ({"records": 5, "writes": False, "objects": {"Account": None}}, ["read Account"]),
        (
            {
                "records": 5,
                "objects": {"Account": {"read": True, "upsert": ["Name"], "external_id": "X__c"}, "Lead": ["Name"]},
            },
            ["read Account", "upsert Account", "read Lead"],
        ),
        ({"records": 5, "objects": {"Lead": {"delete": True, "hard_delete": True}}}, ["hard delete Lead"]),
        (
            {"records": 5, "objects": {"Lead": {"insert": True, "update": True, "delete": True}}},
            ["insert Lead", "update Lead", "delete Lead"],
        ),
    ],
)
def test_steps(required: dict[str, object], names: list[str]) -> None:
    """Each operation on each object, by all the records; nothing where no number is named."""
    found = steps(Requirements.of(required))
    assert [each.name for each in found] == names
    assert {each.rows for each in found} <= {5}


def test_arithmetic_is_shown() -> None:
    """The sum, the records, and each operation with its way."""
    assert arithmetic([step("read", 3_000), step("insert", 3_000), step("hard delete", 3_000)]) == (
        "at least 8 API calls for 3,000 records (read Account: 2, by query pages of 2,000; insert Account: 3, by one job of "
        "Bulk API 2.0; hard delete Account: 3, by one job of Bulk API 2.0)"
    )
    assert arithmetic([step("insert", 1)]) == (
        "at least 1 API call for 1 record (insert Account: 1, by 5 collections of 200 records in each composite call)"
    )
