"""Totals of a query, of all rows or by groups."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from airflow_sf_health.testing import soql
from airflow_sf_health.testing.compare import OPERATORS, matches, order_key, typed
from airflow_sf_health.testing.errors import ApiError
from airflow_sf_health.testing.names import Column
from airflow_sf_health.testing.schema import FieldSpec, ObjectSpec
from airflow_sf_health.testing.state import Row

if TYPE_CHECKING:
    from airflow_sf_health.testing.query import Run

NO_LIMIT = "Non-grouped query that uses overall aggregate functions cannot also use LIMIT"
"""Reported; ``COUNT()`` alone may be limited."""

Measure = Callable[[list[Row]], Any]
"""A value of one group of rows."""


@dataclass(frozen=True, slots=True)
class Totals:
    """The totals that one query asks for."""

    run: Run
    spec: ObjectSpec
    query: soql.Query

    def answer(self) -> tuple[int, list[Row]]:
        """How many results, and what they are; ``COUNT()`` tells the number alone.

        :raises ApiError: 400 for a name that does not exist for the user, or a query that makes no sense.
        """
        query, first = self.query, self.query.items[0]
        if isinstance(first, soql.Aggregate) and first.path is None and not query.group:
            return len(self.run.rows_of(self.spec, query)()), []
        if not query.group and query.limit is not None:
            raise ApiError(400, "MALFORMED_QUERY", NO_LIMIT)
        named = self._named()
        groups = self._sorted([group for group in self._groups() if self._has(group, query.having)])
        end = None if query.limit is None else query.offset + query.limit
        kind = {"attributes": {"type": "AggregateResult"}}
        results = [
            {**kind, **{name: measure(group) for name, measure in named}} for group in groups[query.offset : end]
        ]
        return len(results), results

    def _named(self) -> list[tuple[str, Measure]]:
        """The items under their names, which for those without one are ``expr0``, ``expr1`` … (recorded)."""
        named: list[tuple[str, Measure]] = []
        unnamed = 0
        for item in self.query.items:
            measure = self._measure(item.path if isinstance(item, soql.Aliased) else item)
            name = item.names[-1] if isinstance(item, soql.Path) else getattr(item, "alias", None)
            if name is None:
                name, unnamed = f"expr{unnamed}", unnamed + 1
            named.append((name, measure))
        return named

    def _groups(self) -> list[list[Row]]:
        columns = [self._column(path) for path in self.query.group]
        groups: dict[tuple[Any, ...], list[Row]] = {} if columns else {(): []}
        for row in self.run.rows_of(self.spec, soql.without_order(self.query))():
            groups.setdefault(tuple(self.run.value(row, column) for column in columns), []).append(row)
        return list(groups.values())

    def _measure(self, item: soql.Item) -> Measure:
        if isinstance(item, soql.Path):
            column = self._column(item)
            if item.names not in [path.names for path in self.query.group]:
                message = f"Field must be grouped or aggregated: {item.names[-1]}"  # reported
                raise self.run.names.malformed(item, message)
            return lambda rows: self.run.value(rows[0], column)
        if not isinstance(item, soql.Aggregate):
            raise ApiError(400, "MALFORMED_QUERY", "unexpected token: '('")  # inferred
        if item.path is None:
            return len
        column, function = self._column(item.path), item.function
        return lambda rows: _total(function, [v for row in rows if (v := self.run.value(row, column)) is not None])

    def _column(self, path: soql.Path) -> Column:
        return self.run.names.column(self.spec, self.query, path)

    def _has(self, group: list[Row], condition: soql.Condition | None) -> bool:
        if condition is None:
            return True
        if isinstance(condition, soql.Combination):
            parts = [self._has(group, part) for part in condition.parts]
            return not parts[0] if condition.kind == "not" else (all if condition.kind == "and" else any)(parts)
        if not isinstance(condition, soql.Comparison):
            raise ApiError(400, "MALFORMED_QUERY", "unexpected token: 'in'")  # inferred
        value = self._measure(condition.path)(group)
        if isinstance(condition.path, soql.Path):
            field = self._column(condition.path).field
            return matches(field, condition.operator, value, typed(field, condition.value))
        return value is not None and OPERATORS[condition.operator](value, condition.value)

    def _sorted(self, groups: list[list[Row]]) -> list[list[Row]]:
        for ordering in reversed(self.query.order):
            measure = self._measure(ordering.path)
            path = ordering.path if isinstance(ordering.path, soql.Path) else None
            field = self._column(path).field if path else FieldSpec("", "double")
            groups.sort(key=lambda group: order_key(field, measure(group)), reverse=ordering.descending)
        return groups


def _total(function: str, values: list[Any]) -> Any:
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
