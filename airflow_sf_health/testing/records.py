"""Rows of one object: read, created, changed, deleted, by id or external id, as one user."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from airflow_sf_health.testing.assignments import assign, take_away
from airflow_sf_health.testing.call import not_found
from airflow_sf_health.testing.errors import ApiError
from airflow_sf_health.testing.ids import is_id, to_18
from airflow_sf_health.testing.schema import FieldSpec, ObjectSpec
from airflow_sf_health.testing.sight import Sight
from airflow_sf_health.testing.state import Deleted, Row, timestamp
from airflow_sf_health.testing.writing import checked, find_by, refuse_read_only

STAMPS = ("CreatedDate", "LastModifiedDate", "SystemModstamp")
ACTORS = ("CreatedById", "LastModifiedById")


@dataclass(frozen=True, slots=True)
class Records:
    sight: Sight
    spec: ObjectSpec

    @classmethod
    def of(cls, sight: Sight, object_name: str) -> Records:
        """:raises ApiError: 404 NOT_FOUND for an object that is missing or hidden."""
        spec = sight.object(object_name)
        if spec is None:
            raise not_found()
        return cls(sight, spec)

    def find(self, record_id: str) -> Row:
        """The whole row.

        :raises ApiError: 404 ENTITY_IS_DELETED where it is in the recycle bin, else NOT_FOUND.
        """
        row = self.sight.row(self.spec, record_id)
        if row is not None:
            return row
        if to_18(record_id) in self.sight.state.deleted:
            raise ApiError(404, "ENTITY_IS_DELETED", "entity is deleted", [])  # recorded
        raise not_found()

    def shown(self, row: Row, only: list[str] | None = None) -> Row:
        """The fields of a row that the user sees, or those asked for.

        :raises ApiError: 400 INVALID_FIELD for a field asked for that is missing or hidden.
        """
        if only is None:
            return {name: row.get(name) for name in self.sight.fields(self.spec)}
        fields = [self._field(name) for name in only]
        return {field.name: row.get(field.name) for field in fields} | {"Id": row["Id"]}

    def create(self, values: Mapping[str, Any]) -> Row:
        """:raises ApiError: the refusal of the first rule broken."""
        written = checked(self.sight, self.spec, values, None)
        state, user = self.sight.state, self.sight.user
        if self.spec.system:
            return assign(state, written)
        row: Row = {name: field.default for name, field in self.spec.fields.items()}
        row |= {"Id": state.new_id(self.spec.key_prefix), "OwnerId": user.id}
        row |= dict.fromkeys(STAMPS, timestamp()) | dict.fromkeys(ACTORS, user.id) | written
        self._compose_name(row)
        state.records.setdefault(self.spec.name, {})[row["Id"]] = row
        return row

    def update(self, record_id: str, values: Mapping[str, Any]) -> Row:
        """:raises ApiError: the refusal of the first rule broken, or 404."""
        row = self.find(self._checked_id(record_id))
        row |= checked(self.sight, self.spec, values, row)
        now = timestamp()
        row |= {"LastModifiedDate": now, "SystemModstamp": now, "LastModifiedById": self.sight.user.id}
        self._compose_name(row)
        return row

    def upsert(self, key: str, value: Any, values: Mapping[str, Any]) -> tuple[Row, bool]:
        """The row with this external id (or ``Id``), changed or created, and whether it was created.

        :raises ApiError: 404 for a key that is no external id, 400 where it has no value.
        """
        field = self.sight.field(self.spec, key)
        if field is None or not (field.external_id or field.name == "Id"):
            # recorded by others as a fixture
            message = f"Provided external ID field does not exist or is not accessible: {key}"
            raise ApiError(404, "NOT_FOUND", message)
        if field.name == "Id":
            return (self.update(value, values), False) if value else (self.create(values), True)
        if not value:
            raise ApiError(400, "MISSING_ARGUMENT", f"{key} not specified")  # reported
        row = find_by(self.sight, self.spec, field.name, value)
        if row is None:
            return self.create({**values, field.name: value}), True
        return self.update(row["Id"], values), False

    def delete(self, record_id: str, hard: bool = False) -> Row:
        """:raises ApiError: 400 where the user may not, 404 where there is no such row."""
        refuse_read_only(self.sight)
        row = self.find(self._checked_id(record_id))
        if not self.sight.rights(self.spec).delete:
            # inferred
            raise ApiError(400, "INSUFFICIENT_ACCESS_OR_READONLY", "insufficient access rights on object id", [])
        if self.spec.system:
            take_away(self.sight.state, row)
            return row
        del self.sight.state.records[self.spec.name][row["Id"]]
        if not hard:
            self.sight.state.deleted[row["Id"]] = Deleted(self.spec.name, row | {"IsDeleted": True})
        return row

    def _field(self, name: str) -> FieldSpec:
        field = self.sight.field(self.spec, name)
        if field is None:
            # captured, and the same for a field that is hidden
            raise ApiError(400, "INVALID_FIELD", f"No such column '{name}' on sobject of type {self.spec.name}")
        return field

    def _checked_id(self, record_id: str) -> str:
        if not is_id(str(record_id)):
            # captured
            message = f"{self.spec.label} ID: id value of incorrect type: {record_id}"
            raise ApiError(400, "MALFORMED_ID", message, ["Id"])
        return to_18(record_id)

    def _compose_name(self, row: Row) -> None:
        """A person's name is put together by Salesforce; a custom object without a name is named by its id."""
        if "LastName" in self.spec.fields:
            row["Name"] = " ".join(part for part in (row.get("FirstName"), row.get("LastName")) if part)
        elif not row.get("Name"):
            row["Name"] = row["Id"][:15]
