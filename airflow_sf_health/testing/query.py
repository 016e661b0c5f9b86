"""Runs SOQL over what one user sees: conditions to rows, rows to the JSON that Salesforce sends."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from airflow_sf_health.testing import soql
from airflow_sf_health.testing.aggregates import Totals
from airflow_sf_health.testing.compare import matches, order_key, typed
from airflow_sf_health.testing.errors import ApiError
from airflow_sf_health.testing.names import Column, Names
from airflow_sf_health.testing.owner_objects import as_owner_name
from airflow_sf_health.testing.schema import FieldSpec, ObjectSpec
from airflow_sf_health.testing.selecting import Selection, attributes
from airflow_sf_health.testing.sight import Sight
from airflow_sf_health.testing.state import Row, timestamp

__all__ = ["Answer", "Run", "attributes"]


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

    def answer(self, *, quiet: bool = False) -> Answer:
        """The rows; those of a query ``FOR VIEW`` are noted as viewed, unless it is ``quiet``.

        :raises ApiError: 400 MALFORMED_QUERY, INVALID_TYPE or INVALID_FIELD.
        """
        query = soql.parse(self.text)
        spec = self.names.object(query)
        query = self.names.expanded(spec, query)
        if query.group or any(isinstance(item, soql.Aggregate) for item in query.items):
            return Answer(*Totals(self, spec, query).answer())
        selection = Selection(self)
        writers = selection.writers(spec, query, query.items)
        rows = self.rows_of(spec, query)()
        if not (quiet or spec.system):
            _touch(spec, query, rows)
        records = [selection.record(spec, row, writers) for row in rows]
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

    def rows_of(self, spec: ObjectSpec, query: soql.Query) -> Callable[..., list[Row]]:
        """What gives the rows of a query, of all or of those for which a function is true; all names are resolved before."""
        keep = self._test(spec, query, query.where)
        mine = query.scope == "mine" and "OwnerId" in spec.fields
        orders = [(self.names.column(spec, query, each.path), each) for each in query.order] if not query.group else []
        end = None if query.limit is None else query.offset + query.limit

        def find(also: Callable[[Row], bool] = lambda row: True) -> list[Row]:
            rows = [row for row in self.sight.rows(spec) if keep(row) and also(row)]
            rows = [row for row in rows if not mine or row.get("OwnerId") == self.sight.user.id]
            for column, ordering in reversed(orders):
                self._sort(rows, column, ordering)
            return rows[query.offset : end]

        return find

    def _sort(self, rows: list[Row], column: Column, ordering: soql.Ordering) -> None:
        """In place. Nulls come first in both directions, unless told otherwise (documented)."""
        rows.sort(key=lambda row: order_key(column.field, self.value(row, column)), reverse=ordering.descending)
        rows.sort(key=lambda row: (self.value(row, column) is None) is ordering.nulls_last)

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
                any(matches(column.field, "=", self.value(row, column), v) for v in values) != (condition.negated)
            )
        value = self._literal(column.field, condition)
        return lambda row: matches(column.field, condition.operator, self.value(row, column), value)

    def _among(self, condition: soql.Membership) -> Iterable[Any]:
        if not isinstance(condition.among, soql.Query):
            return condition.among
        spec, path = self.names.object(condition.among), condition.among.items[0]
        if not isinstance(path, soql.Path):
            raise ApiError(400, "MALFORMED_QUERY", "unexpected token: count")
        column = self.names.column(spec, condition.among, path)
        return [self.value(row, column) for row in self.rows_of(spec, condition.among)()]

    def _literal(self, field: FieldSpec, condition: soql.Comparison) -> Any:
        try:
            return typed(field, condition.value)
        except TypeError as error:
            assert isinstance(condition.path, soql.Path), "an aggregate is no column"
            raise self.names.invalid(condition.path, str(error)) from None

    def value(self, row: Row, column: Column) -> Any:
        current: Row | None = row
        for reference, target in column.steps:
            current = self.related(current, reference, target)[1] if current else None
        return current.get(column.field.name) if current else None

    def related(self, row: Row, reference: FieldSpec, target: ObjectSpec) -> tuple[ObjectSpec, Row | None]:
        """What a reference leads to: a row of the target or, where it may be of several objects, of the one that has it."""
        others = (self.sight.object(name) for name in reference.reference_to if name != target.name)
        for spec in (target, *(other for other in others if other)):
            if related := self.sight.row(spec, row.get(reference.name) or ""):
                return spec, related if spec is target else as_owner_name(spec, related)
        return target, None


def _touch(spec: ObjectSpec, query: soql.Query, rows: list[Row]) -> None:
    """A query for view or reference says when the rows were last looked at, without changing them (documented)."""
    names = {"view": ("LastViewedDate", "LastReferencedDate"), "reference": ("LastReferencedDate",)}
    for name in (name for purpose in query.touching for name in names.get(purpose, ())):
        for row in rows if name in spec.fields else []:
            row[name] = timestamp()
