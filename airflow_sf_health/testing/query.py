"""Runs SOQL over what one user sees: names to fields, conditions to rows, rows to the JSON that Salesforce sends."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from airflow_sf_health.testing import soql
from airflow_sf_health.testing.compare import matches, order_key, typed
from airflow_sf_health.testing.errors import ApiError
from airflow_sf_health.testing.schema import FieldSpec, ObjectSpec
from airflow_sf_health.testing.sight import Sight
from airflow_sf_health.testing.state import Row

UNKNOWN_TYPE = (
    "sObject type '{name}' is not supported. If you are attempting to use a custom object, be sure to append the "
    "'__c' after the entity name. Please reference your WSDL or the describe call for the appropriate names."
)
"""Recorded, and the same for an object that is hidden."""

UNKNOWN_COLUMN = (
    "No such column '{name}' on entity '{entity}'. If you are attempting to use a custom field, be sure to append "
    "the '__c' after the custom field name. Please reference your WSDL or the describe call for the appropriate names."
)
"""Captured, and the same for a field that is hidden."""

UNKNOWN_RELATIONSHIP = (
    "Didn't understand relationship '{name}' in field path. If you are attempting to use a custom relationship, be "
    "sure to append the '__r' after the custom relationship name. Please reference your WSDL or the describe call "
    "for the appropriate names."
)
"""Reported."""


UNFILTERABLE = "field '{name}' can not be filtered in a query call"
"""Reported; LoginHistory's columns for it are documented."""


@dataclass(frozen=True, slots=True)
class Column:
    """A field path, resolved: the reference fields on the way with the object each leads to, then the field itself."""

    steps: tuple[tuple[FieldSpec, ObjectSpec], ...]
    field: FieldSpec


@dataclass(frozen=True, slots=True)
class Answer:
    """What a query gives: ``total`` may exceed ``rows`` for ``COUNT()``, which gives no rows."""

    total: int
    rows: list[Row]


@dataclass(frozen=True, slots=True)
class Run:
    """One query of one user, against one version of the API."""

    sight: Sight
    text: str
    base: str
    """Path that record URLs start with: ``/services/data/v62.0``."""

    def answer(self) -> Answer:
        """:raises ApiError: 400 MALFORMED_QUERY, INVALID_TYPE or INVALID_FIELD."""
        query = soql.parse(self.text)
        spec = self._object(query)
        columns = [
            item if isinstance(item, soql.Aggregate) else self._column(spec, query, item) for item in query.items
        ]
        rows = self._rows(spec, query)
        if any(isinstance(column, soql.Aggregate) for column in columns):
            return self._aggregated(spec, query, rows)
        plain = [column for column in columns if isinstance(column, Column)]
        records = [self._rendered(spec, row, plain) for row in rows]
        return Answer(len(records), records)

    def source(self) -> ObjectSpec:
        """The object that the query reads.

        :raises ApiError: 400 MALFORMED_QUERY or INVALID_TYPE.
        """
        return self._object(soql.parse(self.text))

    def holds(self, row: Row) -> bool:
        """Whether the conditions of the query hold for this row, which need not exist."""
        query = soql.parse(self.text)
        return self._test(self._object(query), query, query.where)(row)

    def _object(self, query: soql.Query) -> ObjectSpec:
        spec = self.sight.object(query.source)
        if spec is None:
            message = soql.mark(self.text, query.source_at) + UNKNOWN_TYPE.format(name=query.source)
            raise ApiError(400, "INVALID_TYPE", message)
        return spec

    def _column(self, spec: ObjectSpec, query: soql.Query, path: soql.Path) -> Column:
        names = path.names
        if len(names) > 1 and names[0].lower() in (spec.name.lower(), (query.alias or "").lower()):
            names = names[1:]
        steps: list[tuple[FieldSpec, ObjectSpec]] = []
        for name in names[:-1]:
            step = self._relationship(spec, name)
            if step is None:
                raise self._invalid_field(path, UNKNOWN_RELATIONSHIP.format(name=name))
            steps.append(step)
            spec = step[1]
        field = self.sight.field(spec, names[-1])
        if field is None:
            raise self._invalid_field(path, UNKNOWN_COLUMN.format(name=names[-1], entity=spec.name))
        return Column(tuple(steps), field)

    def _filterable(self, spec: ObjectSpec, query: soql.Query, path: soql.Path) -> Column:
        column = self._column(spec, query, path)
        if not column.field.filterable:
            raise self._invalid_field(path, UNFILTERABLE.format(name=column.field.name))
        return column

    def _relationship(self, spec: ObjectSpec, name: str) -> tuple[FieldSpec, ObjectSpec] | None:
        for field in self.sight.fields(spec).values():
            if (field.relationship_name or "").lower() == name.lower():
                target = self.sight.object(field.reference_to[0])
                return (field, target) if target else None
        return None

    def _invalid_field(self, path: soql.Path, message: str) -> ApiError:
        return ApiError(400, "INVALID_FIELD", soql.mark(self.text, path.at) + message)

    def _rows(self, spec: ObjectSpec, query: soql.Query) -> list[Row]:
        keep = self._test(spec, query, query.where)
        rows = [row for row in self.sight.rows(spec) if keep(row)]
        for ordering in reversed(query.order):
            self._sort(rows, self._column(spec, query, ordering.path), ordering)
        end = None if query.limit is None else query.offset + query.limit
        return rows[query.offset : end]

    def _sort(self, rows: list[Row], column: Column, ordering: soql.Ordering) -> None:
        """In place. Nulls come first in both directions, unless told otherwise (documented)."""
        rows.sort(key=lambda row: order_key(column.field, self._value(row, column)), reverse=ordering.descending)
        rows.sort(key=lambda row: (self._value(row, column) is None) is ordering.nulls_last)

    def _test(self, spec: ObjectSpec, query: soql.Query, condition: soql.Condition | None) -> Callable[[Row], bool]:
        """The condition as a function of a row; all names are resolved before the first row is looked at."""
        if condition is None:
            return lambda row: True
        if isinstance(condition, soql.Combination):
            tests = [self._test(spec, query, part) for part in condition.parts]
            if condition.kind == "not":
                return lambda row: not tests[0](row)
            together = all if condition.kind == "and" else any
            return lambda row: together(test(row) for test in tests)
        column = self._filterable(spec, query, condition.path)
        if isinstance(condition, soql.Membership):
            values = [typed(column.field, value) for value in self._among(condition)]
            return lambda row: (
                any(matches(column.field, "=", self._value(row, column), v) for v in values) != (condition.negated)
            )
        value = self._literal(column.field, condition)
        return lambda row: matches(column.field, condition.operator, self._value(row, column), value)

    def _among(self, condition: soql.Membership) -> Iterable[Any]:
        if not isinstance(condition.among, soql.Query):
            return condition.among
        spec, path = self._object(condition.among), condition.among.items[0]
        if not isinstance(path, soql.Path):
            raise ApiError(400, "MALFORMED_QUERY", "unexpected token: count")
        column = self._column(spec, condition.among, path)
        return [self._value(row, column) for row in self._rows(spec, condition.among)]

    def _literal(self, field: FieldSpec, condition: soql.Comparison) -> Any:
        try:
            return typed(field, condition.value)
        except TypeError as error:
            raise self._invalid_field(condition.path, str(error)) from None

    def _value(self, row: Row, column: Column) -> Any:
        current: Row | None = row
        for reference, target in column.steps:
            current = self.sight.row(target, current.get(reference.name) or "") if current else None
        return current.get(column.field.name) if current else None

    def _aggregated(self, spec: ObjectSpec, query: soql.Query, rows: list[Row]) -> Answer:
        first = query.items[0]
        if isinstance(first, soql.Aggregate) and first.path is None:
            return Answer(len(rows), [])
        result: Row = {"attributes": {"type": "AggregateResult"}}
        for number, item in enumerate(query.items):
            if not isinstance(item, soql.Aggregate) or item.path is None:
                raise ApiError(400, "MALFORMED_QUERY", "Grouped field should not be aggregated")  # inferred
            column = self._column(spec, query, item.path)
            values = [value for row in rows if (value := self._value(row, column)) is not None]
            result[item.alias or f"expr{number}"] = _aggregate(item.function, values)
        return Answer(1, [result])

    def _rendered(self, spec: ObjectSpec, row: Row, columns: list[Column]) -> Row:
        """The record as JSON: selected fields only, related records nested, each with its attributes."""
        record: Row = {"attributes": attributes(self.base, spec, row)}
        for column in columns:
            if column.steps:
                self._nest(record, row, column)
            else:
                record[column.field.name] = row.get(column.field.name)
        return record

    def _nest(self, record: Row, row: Row, column: Column) -> None:
        for reference, target in column.steps:
            related = self.sight.row(target, row.get(reference.name) or "")
            name = reference.relationship_name or ""
            if related is None:
                record[name] = None
                return
            record = record.setdefault(name, {"attributes": attributes(self.base, target, related)})
            row = related
        record[column.field.name] = row.get(column.field.name)


def attributes(base: str, spec: ObjectSpec, row: Row) -> dict[str, str]:
    """Type and URL, which each record starts with."""
    return {"type": spec.name, "url": f"{base}/sobjects/{spec.name}/{row['Id']}"}


def _aggregate(function: str, values: list[Any]) -> Any:
    if function == "count":
        return len(values)
    if function == "count_distinct":
        return len(set(values))
    if not values:
        return None
    if function in ("min", "max"):
        return min(values) if function == "min" else max(values)
    total = sum(values)
    return total if function == "sum" else total / len(values)
