"""How questions are cut into calls."""

from __future__ import annotations

import pytest

from airflow_sf_health.evidence.calls import (
    DESCRIBES_PER_COMPOSITE,
    PARTS_PER_COMPOSITE,
    QUERIES_PER_COMPOSITE,
    Part,
    calls_apart,
    is_late,
    late_calls,
    with_parents,
)
from airflow_sf_health.evidence.needs import OWN_LICENSE, OWN_PERMISSIONS, RUNNING_USER, Describe, Query


def describes(number: int) -> list[Describe]:
    return [Describe(f"describe_{n}", f"Thing{n}__c") for n in range(number)]


def queries(number: int) -> list[Query]:
    return [Query(f"query_{n}", f"SELECT Id FROM Thing{n}__c LIMIT 0", late=True) for n in range(number)]


@pytest.mark.parametrize(
    ("objects", "asked", "calls"),
    [(0, 0, 0), (1, 0, 1), (0, 1, 1), (5, 5, 1), (6, 5, 2), (5, 6, 2), (25, 25, 5), (1, 25, 5), (25, 1, 5)],
)
def test_late_calls(objects: int, asked: int, calls: int) -> None:
    """Queries and describes fill the same calls, five of each at most; nothing is lost, nothing asked twice."""
    needs: list[Part] = [*queries(asked), *describes(objects)]
    cut = list(late_calls(needs))
    assert len(cut) == calls
    assert {each for call in cut for each in call} == set(needs)
    assert sum(len(call) for call in cut) == len(needs)
    for call in cut:
        assert len(call) <= PARTS_PER_COMPOSITE
        assert sum(isinstance(each, Query) for each in call) <= QUERIES_PER_COMPOSITE
        assert sum(isinstance(each, Describe) for each in call) <= DESCRIBES_PER_COMPOSITE


def test_an_object_is_described_where_its_rights_are_proven() -> None:
    """The query and the describe of one object stand in one call."""
    *_, last = late_calls([*queries(12), *describes(12)])
    assert [each.name for each in last] == ["query_10", "query_11", "describe_10", "describe_11"]


def test_calls_apart() -> None:
    """Asked again, the queries come first and together, and each describe alone."""
    cut = [[each.name for each in call] for call in calls_apart([*describes(2), *queries(6)])]
    assert cut == [[f"query_{n}" for n in range(5)], ["query_5"], ["describe_0"], ["describe_1"]]


def test_what_is_late() -> None:
    """Describes are, and queries that say so."""
    assert [is_late(each) for each in (*describes(1), *queries(1), OWN_PERMISSIONS, RUNNING_USER)] == [
        True,
        True,
        False,
        False,
    ]


def test_describes_are_needs_of_the_org() -> None:
    """A describe is asked once, however often it is named."""
    (one,) = describes(1)
    assert next(iter(with_parents([one, OWN_LICENSE, one]))) == one
    assert len(list(with_parents([one, one]))) == 1
