"""Which of the fields that a task uses are not there for its user."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from airflow_sf_health.checks._columns import Column, bad_column
from airflow_sf_health.checks._gone import HIDDEN, Why, why_field
from airflow_sf_health.checks._schemas import Schema, schema_named
from airflow_sf_health.checks._uses import rights_of
from airflow_sf_health.evidence.evidence import Evidence
from airflow_sf_health.evidence.needs import Query
from airflow_sf_health.requirements import ObjectUse
from airflow_sf_health.schema.shape import ObjectShape

NO_QUERY = "query_error"
OF_ANY_OWNER = (
    "Of an owner that may be a user or a queue, or of another parent of several kinds, a path reads the fields alone that Salesforce's "
    "object Name has for all of them, such as Name, Email and Type; TYPEOF in a query reads those of one kind."
)


@dataclass(frozen=True, slots=True)
class Missing:
    """A used field that is not there, by its name in the requirements."""

    name: str
    why: Why


def proven(evidence: Evidence, use: ObjectUse) -> frozenset[str]:
    """The fields and paths, in small letters, that a query has shown this user to see: no describe counts against that."""
    answered = (query for query in rights_of(use) if evidence.refusal(query) is None)
    return frozenset(name for query in answered for name in _selected(query))


def _selected(query: Query) -> list[str]:
    return query.soql.removeprefix("SELECT ").partition(" FROM ")[0].casefold().split(", ")


def missing(schema: Schema, evidence: Evidence) -> Iterator[Missing]:
    """Those that no query has proven and a describe of now lacks, and the one that the refusal of a query names."""
    use, described = schema.use, schema.described
    shape, seen = (
        (described.shape if described is not None and not described.unchanged else None),
        proven(evidence, use),
    )
    told = (
        []
        if shape is None
        else [each for each in use.fields if each.casefold() not in seen and not shape.field_of(each)]
    )
    for name in told:
        yield Missing(name, why_field(evidence, use.name, name, schema))
    for query in rights_of(use):
        refusal = evidence.refusal(query)
        column = bad_column(refusal) if refusal is not None else None
        if column is None or (column.is_of_any_owner and not column.among(use.read or (), use.name)):
            continue
        named = _meant(column, use, schema.now)
        if named not in told:
            told.append(named)
            yield Missing(named, _why_refused(schema, named, column, evidence))


def _meant(column: Column, use: ObjectUse, shape: ObjectShape | None) -> str:
    """What the requirements call it: of several paths to a column of the same name, one that leads to the object."""
    paths = column.among(use.fields, use.name)
    leads = (each for each in paths if shape is not None and _leads_to(column.sobject, each, shape))
    return next(leads, None) or next(iter(paths), column.name)


def _leads_to(sobject: str, path: str, shape: ObjectShape) -> bool:
    lookup = shape.field_of(path) if path.count(".") == 1 else None
    return lookup is not None and sobject.casefold() in (each.casefold() for each in lookup.reference_to)


def _why_refused(schema: Schema, named: str, column: Column, evidence: Evidence) -> Why:
    """Why the query was refused for a field that the describe shows, or of which there is no describe."""
    use, described = schema.use, schema.described
    if column.is_of_any_owner:
        return Why(NO_QUERY, OF_ANY_OWNER)
    if column.sobject.casefold() not in ("", use.name.casefold()):
        why = why_field(evidence, column.sobject, column.name, schema_named(evidence, column.sobject))
        before, dot, _ = named.rpartition(".")
        return replace(why, near=f"{before}{dot}{why.near}") if why.near else why
    if "." not in named and described is not None and not described.unchanged and described.shape.field_of(named):
        return Why(
            HIDDEN,
            f"The describe shows {named}, and the query for it is refused, which counts: the task's query would be too.",
        )
    return why_field(evidence, use.name, named if "." in named else column.name, schema)
