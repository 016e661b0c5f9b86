"""What SELECT lists, made into records: fields, related ones, ``TYPEOF`` and the rows of child relationships."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from airflow_sf_health.testing import soql
from airflow_sf_health.testing.errors import ApiError
from airflow_sf_health.testing.ids import same_id
from airflow_sf_health.testing.names import Column, Names
from airflow_sf_health.testing.schema import FieldSpec, ObjectSpec
from airflow_sf_health.testing.sight import Sight
from airflow_sf_health.testing.state import Row

if TYPE_CHECKING:
    from airflow_sf_health.testing.query import Run

Writer = Callable[[Row, Row], None]
"""Writes one selected item of a row into its record."""


@dataclass(frozen=True, slots=True)
class Selection:
    """The items of one query, resolved; the first that does not exist for the user is the one that is told."""

    run: Run

    @property
    def names(self) -> Names:
        return self.run.names

    @property
    def sight(self) -> Sight:
        return self.run.sight

    def writers(self, spec: ObjectSpec, query: soql.Query, items: Sequence[soql.Item]) -> list[Writer]:
        """:raises ApiError: 400 INVALID_FIELD, INVALID_TYPE or MALFORMED_QUERY."""
        return [self._writer(spec, query, item) for item in items]

    def record(self, spec: ObjectSpec, row: Row, writers: list[Writer]) -> Row:
        """The record as JSON: its attributes, then what is selected."""
        record: Row = {"attributes": attributes(self.run.base, spec, row)}
        for write in writers:
            write(record, row)
        return record

    def _writer(self, spec: ObjectSpec, query: soql.Query, item: soql.Item) -> Writer:
        if isinstance(item, soql.Query):
            return self._children(spec, item)
        if isinstance(item, soql.TypeOf):
            return self._type_of(spec, query, item)
        if isinstance(item, soql.Aliased):
            if not item.converted:
                raise self.names.malformed(item.path, "only aggregate expressions use field aliasing")  # reported
            column, alias = self.names.column(spec, query, item.path), item.alias
            return lambda record, row: record.update({alias: self.run.value(row, column)})
        if not isinstance(item, soql.Path):
            raise ApiError(400, "MALFORMED_QUERY", "unexpected token: an aggregate")  # inferred
        column = self.names.column(spec, query, item)
        return lambda record, row: self._write(record, row, column)

    def _write(self, record: Row, row: Row, column: Column) -> None:
        """Related records are nested, each with its attributes."""
        for reference, target in column.steps:
            found, related = self.run.related(row, reference, target)
            name = reference.relationship_name or ""
            if related is None:
                record[name] = None
                return
            record = record.setdefault(name, {"attributes": attributes(self.run.base, found, related)})
            row = related
        record[column.field.name] = row.get(column.field.name)

    def _children(self, spec: ObjectSpec, query: soql.Query) -> Writer:
        """The rows that refer to this one; null where there are none (documented)."""
        child, reference = self.names.child(spec, query)
        query = self.names.expanded(child, query)
        writers = self.writers(child, query, query.items)
        find = self.run.rows_of(child, query)

        def write(record: Row, row: Row) -> None:
            rows = find(lambda each: same_id(str(each.get(reference.name)), row["Id"]))
            records = [self.record(child, each, writers) for each in rows]
            found = {"totalSize": len(records), "done": True, "records": records} if records else None
            record[query.source] = found

        return write

    def _type_of(self, spec: ObjectSpec, query: soql.Query, item: soql.TypeOf) -> Writer:
        reference = self.names.reference(spec, item.path)
        branches = [
            (branch := self.names.type_named(name, at), self.writers(branch, query, paths))
            for name, at, paths in item.branches
        ]
        others = [target for name in reference.reference_to if (target := self.sight.object(name))]
        named = {branch.name for branch, _ in branches}
        branches += [(other, self.writers(other, query, item.otherwise)) for other in others if other.name not in named]
        return lambda record, row: record.update(
            {reference.relationship_name or "": self._typed(row, reference, branches)}
        )

    def _typed(self, row: Row, reference: FieldSpec, branches: list[tuple[ObjectSpec, list[Writer]]]) -> Row | None:
        for branch, writers in branches:
            if related := self.sight.row(branch, row.get(reference.name) or ""):
                return self.record(branch, related, writers)
        return None


def attributes(base: str, spec: ObjectSpec, row: Row) -> dict[str, str]:
    """Type and URL, which each record starts with."""
    return {"type": spec.name, "url": f"{base}/sobjects/{spec.name}/{row['Id']}"}
