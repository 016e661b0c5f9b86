"""What is asked of the org about the objects that a task uses; several checks judge the same answers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from airflow_sf_health.evidence.evidence import Evidence
from airflow_sf_health.evidence.needs import Describe, Need, Query
from airflow_sf_health.org.errors import Refusal, Shape
from airflow_sf_health.requirements import ObjectUse, Requirements
from airflow_sf_health.schema.uses import uses

LONGEST_LIST = 6_000
"""Characters of one list of fields. A part of a composite call is a GET, and its address may have 16,384 bytes, percent-encoded."""
WAITS = ("QUERY_TIMEOUT", "PROCESSING_HALTED")
"""Codes with HTTP 400 that say nothing of what was asked."""
EVENT = "__e"
"""How platform events end; they are published and never queried."""


def describes(requirements: Requirements) -> tuple[Describe, ...]:
    """One describe for each object that the task uses, be it only in a query."""
    return tuple(describe_of(use) for use in uses(requirements))


def rights(requirements: Requirements) -> tuple[Query, ...]:
    """The queries that prove that the user sees each field that is named; they read no row. Of what the task's own queries select these
    are the proof themselves.
    """
    return tuple(query for use in requirements.objects or () for query in rights_of(use))


def describe_of(use: ObjectUse) -> Describe:
    """The describe of this object."""
    return Describe(f"describe_{use.name}", use.name)


def rights_of(use: ObjectUse) -> tuple[Query, ...]:
    """The queries for this object; none of one that nobody can query."""
    if use.name.casefold().endswith(EVENT):
        return ()
    # What names the parent's object too, "Owner:User.Number__c", is a form of Bulk API's and no SOQL.
    asked = [each for each in use.fields if ":" not in each]
    lists = list(_lists(asked or ["Id"]))
    names = [f"rights_{use.name}{f'_{n}' if n > 1 else ''}" for n in range(1, len(lists) + 1)]
    return tuple(
        Query(name, f"SELECT {listed} FROM {use.name} LIMIT 0", late=True)  # noqa: S608 - the names are checked: letters, digits, dots
        for name, listed in zip(names, lists, strict=True)
    )


def _lists(fields: Sequence[str]) -> Iterator[str]:
    """The fields in lists that are short enough for one request."""
    listed = ""
    for field in fields:
        longer = f"{listed}, {field}" if listed else field
        if listed and len(longer) > LONGEST_LIST:
            yield listed
            longer = field
        listed = longer
    yield listed


def nothing_told(evidence: Evidence, needs: Sequence[Need[Any]]) -> Refusal | None:
    """The refusal by which none of these questions was answered, where it speaks of the login or the line, not of what was asked."""
    refusals = [evidence.refusal(need) for need in needs]
    first = refusals[0] if refusals else None
    if first is None or any(each is None or is_about_the_asked(each) for each in refusals):
        return None
    return first


def is_about_the_asked(refusal: Refusal) -> bool:
    """Whether Salesforce's word is about the object, field or query itself, as it gives it with HTTP 400 or 404."""
    return refusal.shape is Shape.REST and refusal.status in (400, 404) and refusal.code not in WAITS
