"""Which questions are asked when, and each once. How they are cut into calls: ``test_gather.py`` and ``test_late_plan.py``."""

from __future__ import annotations

from airflow_sf_health.evidence.calls import is_late, with_parents
from airflow_sf_health.evidence.needs import OWN_LICENSE, OWN_PERMISSIONS, RUNNING_USER, Describe, Query


def describes(number: int) -> list[Describe]:
    return [Describe(f"describe_{n}", f"Thing{n}__c") for n in range(number)]


def queries(number: int) -> list[Query]:
    return [Query(f"query_{n}", f"SELECT Id FROM Thing{n}__c LIMIT 0", late=True) for n in range(number)]


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
