"""Runs SOQL over what one user sees: conditions to rows, rows to the JSON that Salesforce sends."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from airflow_sf_health.testing import soql
from airflow_sf_health.testing.compare import matches, order_key, typed
from airflow_sf_health.testing.errors import ApiError
from airflow_sf_health.testing.names import Column, Names
from airflow_sf_health.testing.schema import FieldSpec, ObjectSpec
from airflow_sf_health.testing.sight import Sight
from airflow_sf_health.testing.state import Row


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

    @property
    def names(self) -> Names:
        return Names(self.sight, self.text)

    def answer(self) -> Answer:
        """:raises ApiError: 400 MALFORMED_QUERY, INVALID_TYPE or INVALID_FIELD."""
        query = soql.parse(self.text)
        spec = self.names.object(query)
        query = self.names.expanded(spec, query)
        columns = [
            item if isinstance(item, soql.Aggregate) else self.names.column(spec, query, item)
            for item in query.items
            if not isinstance(item, soql.Fields)
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
        return self.names.object(soql.parse(self.text))

    def holds(self, row: Row) -> bool:
        """Whether the conditions of the query hold for this row, which need not exist."""
        query = soql.parse(self.text)
        return self._test(self.names.object(query), query, query.where)(row)

    def _rows(self, spec: ObjectSpec, query: soql.Query) -> list[Row]:
        keep = self._test(spec, query, query.where)
        rows = [row for row in self.sight.rows(spec) if keep(row)]
        for ordering in reversed(query.order):
            self._sort(rows, self.names.column(spec, query, ordering.path), ordering)
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
        column = self.names.filterable(spec, query, condition.path)
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
        spec, path = self.names.object(condition.among), condition.among.items[0]
        if not isinstance(path, soql.Path):
            raise ApiError(400, "MALFORMED_QUERY", "unexpected token: count")
        column = self.names.column(spec, condition.among, path)
        return [self._value(row, column) for row in self._rows(spec, condition.among)]

    def _literal(self, field: FieldSpec, condition: soql.Comparison) -> Any:
        try:
            return typed(field, condition.value)
        except TypeError as error:
            raise self.names.invalid(condition.path, str(error)) from None

    def _value(self, row: Row, column: Column) -> Any:
        current: Row | None = row
        for reference, target in column.steps:
            current = self._related(current, reference, target)[1] if current else None
        return current.get(column.field.name) if current else None

    def _related(self, row: Row, reference: FieldSpec, target: ObjectSpec) -> tuple[ObjectSpec, Row | None]:
        """What a reference leads to: a row of the target or, where it may be of another object, of that."""
        others = (self.sight.object(name) for name in reference.reference_to if name != target.name)
        for spec in (target, *(other for other in others if other)):
            if related := self.sight.row(spec, row.get(reference.name) or ""):
                return spec, related
        return target, None

    def _aggregated(self, spec: ObjectSpec, query: soql.Query, rows: list[Row]) -> Answer:
        first = query.items[0]
        if isinstance(first, soql.Aggregate) and first.path is None:
            return Answer(len(rows), [])
        result: Row = {"attributes": {"type": "AggregateResult"}}
        for number, item in enumerate(query.items):
            if not isinstance(item, soql.Aggregate) or item.path is None:
                raise ApiError(400, "MALFORMED_QUERY", "Grouped field should not be aggregated")  # inferred
            column = self.names.column(spec, query, item.path)
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
            found, related = self._related(row, reference, target)
            name = reference.relationship_name or ""
            if related is None:
                record[name] = None
                return
            record = record.setdefault(name, {"attributes": attributes(self.base, found, related)})
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
