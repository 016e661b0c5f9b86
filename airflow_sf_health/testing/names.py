"""Names in a query, resolved as one user sees the org, and the refusal of each that does not exist for that user."""

from __future__ import annotations

from dataclasses import dataclass, replace

from airflow_sf_health.testing import soql
from airflow_sf_health.testing.errors import ApiError
from airflow_sf_health.testing.owner_objects import owner_name
from airflow_sf_health.testing.schema import FieldSpec, ObjectSpec
from airflow_sf_health.testing.sight import Sight

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

UNKNOWN_CHILD = UNKNOWN_RELATIONSHIP.replace("field path", "FROM part of query call")
"""Reported."""

UNFILTERABLE = "field '{name}' can not be filtered in a query call"
"""Reported; LoginHistory's columns for it are documented."""

GROUPS = {"all": (True, False), "custom": (True,), "standard": (False,)}
"""Groups of ``FIELDS()``, and whether the fields in them are custom ones."""

MOST_ROWS_OF_A_GROUP = 200
"""Of a query for all fields or the custom ones (documented)."""


@dataclass(frozen=True, slots=True)
class Column:
    """A field path, resolved: the reference fields on the way with the object each leads to, then the field itself."""

    steps: tuple[tuple[FieldSpec, ObjectSpec], ...]
    field: FieldSpec


@dataclass(frozen=True, slots=True)
class Names:
    """What the names of one query mean to one user."""

    sight: Sight
    text: str
    """The query, which refusals quote."""

    def object(self, query: soql.Query) -> ObjectSpec:
        return self.type_named(query.source, query.source_at)

    def type_named(self, name: str, at: int) -> ObjectSpec:
        """:raises ApiError: 400 INVALID_TYPE for an object that does not exist for the user."""
        spec = self.sight.object(name)
        if spec is None:
            raise ApiError(400, "INVALID_TYPE", soql.mark(self.text, at) + UNKNOWN_TYPE.format(name=name))
        return spec

    def child(self, spec: ObjectSpec, query: soql.Query) -> tuple[ObjectSpec, FieldSpec]:
        """The object of a subquery, which is named by the child relationship, and the field that refers to the parent."""
        for child, field, name in self.sight.children(spec):
            if name and name.lower() == query.source.lower():
                return child, field
        message = soql.mark(self.text, query.source_at) + UNKNOWN_CHILD.format(name=query.source)
        raise ApiError(400, "INVALID_TYPE", message)

    def reference(self, spec: ObjectSpec, path: soql.Path) -> FieldSpec:
        """The field behind a relationship."""
        for field in self.sight.fields(spec).values():
            if (field.relationship_name or "").lower() == path.names[-1].lower():
                return field
        raise self.invalid(path, UNKNOWN_RELATIONSHIP.format(name=path.names[-1]))

    def expanded(self, spec: ObjectSpec, query: soql.Query) -> soql.Query:
        """The query with the fields themselves in place of ``FIELDS(…)``, those that the user sees.

        :raises ApiError: 400 for a group that needs a smaller LIMIT (reported), or a field selected twice (documented).
        """
        items: list[soql.Item] = []
        for item in query.items:
            items += self._group(spec, query, item) if isinstance(item, soql.Fields) else [item]
        paths = [".".join(item.names) for item in items if isinstance(item, soql.Path)]
        twice = next((path for path in paths if [each.lower() for each in paths].count(path.lower()) > 1), None)
        if twice:
            raise ApiError(400, "INVALID_FIELD", f"duplicate field selected: {twice}")
        return replace(query, items=tuple(items))

    def _group(self, spec: ObjectSpec, query: soql.Query, group: soql.Fields) -> list[soql.Path]:
        if group.group not in GROUPS:
            message = f"{soql.mark(self.text, group.at)}unexpected token: '{group.group}'"  # inferred
            raise ApiError(400, "MALFORMED_QUERY", message)
        if group.group != "standard" and (query.limit is None or query.limit > MOST_ROWS_OF_A_GROUP):
            message = f"The SOQL FIELDS function must have a LIMIT of at most {MOST_ROWS_OF_A_GROUP}"
            raise ApiError(400, "MALFORMED_QUERY", message)
        wanted = GROUPS[group.group]
        return [
            soql.Path((field.name,), group.at) for field in self.sight.fields(spec).values() if field.custom in wanted
        ]

    def column(self, spec: ObjectSpec, query: soql.Query, path: soql.Path | soql.Aggregate) -> Column:
        if isinstance(path, soql.Aggregate):
            raise ApiError(400, "MALFORMED_QUERY", f"unexpected token: '{path.function}'")  # inferred
        names = path.names
        if len(names) > 1 and names[0].lower() in (spec.name.lower(), (query.alias or "").lower()):
            names = names[1:]
        steps: list[tuple[FieldSpec, ObjectSpec]] = []
        for name in names[:-1]:
            step = self._relationship(spec, name)
            if step is None:
                raise self.invalid(path, UNKNOWN_RELATIONSHIP.format(name=name))
            steps.append(step)
            spec = step[1]
        field = self.sight.field(spec, names[-1])
        if field is None:
            raise self.invalid(path, UNKNOWN_COLUMN.format(name=names[-1], entity=spec.name))
        return Column(tuple(steps), field)

    def filterable(self, spec: ObjectSpec, query: soql.Query, path: soql.Path | soql.Aggregate) -> Column:
        column = self.column(spec, query, path)
        if isinstance(path, soql.Path) and not column.field.filterable:
            raise self.invalid(path, UNFILTERABLE.format(name=column.field.name))
        return column

    def _relationship(self, spec: ObjectSpec, name: str) -> tuple[FieldSpec, ObjectSpec] | None:
        for field in self.sight.fields(spec).values():
            if (field.relationship_name or "").lower() == name.lower():
                target = owner_name() if len(field.reference_to) > 1 else self.sight.object(field.target)
                return (field, target) if target else None
        return None

    def malformed(self, path: soql.Path, message: str) -> ApiError:
        return ApiError(400, "MALFORMED_QUERY", soql.mark(self.text, path.at) + message)

    def invalid(self, path: soql.Path, message: str) -> ApiError:
        return ApiError(400, "INVALID_FIELD", soql.mark(self.text, path.at) + message)
