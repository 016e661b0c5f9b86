"""What is asked of the org about the objects that a task uses; several checks judge the same answers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from airflow_sf_health.evidence.needs import Describe, Query
from airflow_sf_health.requirements import ObjectUse, Requirements

LONGEST_LIST = 6_000
"""Characters of one list of fields. A part of a composite call is a GET, and its address may have 16,384 bytes, percent-encoded."""
EVENT = "__e"
"""How platform events end; they are published and never queried."""


def describes(requirements: Requirements) -> tuple[Describe, ...]:
    """One describe for each object that the task uses."""
    return tuple(describe_of(use) for use in requirements.objects or ())


def rights(requirements: Requirements) -> tuple[Query, ...]:
    """The queries that prove that the user sees each field that the task uses; they read no row."""
    return tuple(query for use in requirements.objects or () for query in rights_of(use))


def describe_of(use: ObjectUse) -> Describe:
    """The describe of this object."""
    return Describe(f"describe_{use.name}", use.name)


def rights_of(use: ObjectUse) -> tuple[Query, ...]:
    """The queries for this object; none of one that nobody can query."""
    if use.name.endswith(EVENT):
        return ()
    lists = list(_lists(use.fields or ("Id",)))
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
