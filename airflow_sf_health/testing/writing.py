"""What Salesforce checks before it writes a row, and the refusal for each."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from airflow_sf_health.testing.compare import NUMERIC
from airflow_sf_health.testing.errors import ApiError
from airflow_sf_health.testing.ids import is_id, same_id, to_18
from airflow_sf_health.testing.owners import check_owner
from airflow_sf_health.testing.query import Run
from airflow_sf_health.testing.schema import FieldSpec, ObjectSpec
from airflow_sf_health.testing.sight import Sight
from airflow_sf_health.testing.state import Row

EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s.]+")


def checked(sight: Sight, spec: ObjectSpec, values: Mapping[str, Any], existing: Row | None) -> Row:
    """The values by canonical field name, fit to be written to a new row or an existing one.

    :raises ApiError: 400 with the refusal for the first rule broken.
    """
    refuse_read_only(sight)
    named = dict(_named(sight, spec, values))
    _check_rights(sight, spec, named, existing)
    row = {field.name: coerced(spec, field, value) for field, value in named.values()}
    _check_required(spec, row, existing)
    for field, _ in named.values():
        _check_value(sight, spec, field, row[field.name], existing)
    check_owner(sight, spec, row, existing)
    _check_rules(sight, spec, row, existing)
    return row


def refuse_read_only(sight: Sight) -> None:
    """While the instance is in read-only maintenance, rows may be read and not written.

    :raises ApiError: the code is documented; the status is inferred, and so is the text, as vague as may be.
    """
    if sight.state.org.is_read_only:
        code = "INSERT_UPDATE_DELETE_NOT_ALLOWED_DURING_MAINTENANCE"
        raise ApiError(400, code, "Updates can't be made during maintenance.", [])


def coerced(spec: ObjectSpec, field: FieldSpec, value: Any) -> Any:
    """The value as Salesforce keeps it: empty text is null, numbers and booleans also from CSV text."""
    if value == "" or value is None:
        return False if field.type == "boolean" else None
    if field.type == "reference" and isinstance(value, str):
        return to_18(value)
    if field.type == "boolean" and isinstance(value, str):
        return value.lower() == "true"
    if field.type in NUMERIC and isinstance(value, str):
        try:
            return int(value) if field.type == "int" else float(value)
        except ValueError:
            message = f"{field.label}: value not of required type: {value}"
            raise ApiError(400, "INVALID_TYPE_ON_FIELD_IN_RECORD", message, [field.name]) from None  # reported
    return value


def _named(sight: Sight, spec: ObjectSpec, values: Mapping[str, Any]) -> Iterator[tuple[str, tuple[FieldSpec, Any]]]:
    """Values with their fields; a reference by external id (``Account__r: {"ERP_Id__c": …}``) becomes the id."""
    for name, value in values.items():
        if isinstance(value, Mapping):
            if name.lower() != "attributes":
                yield _by_external_id(sight, spec, name, value)
            continue
        field = sight.field(spec, name)
        if field is None:
            # captured, and the same for a field that is hidden
            raise ApiError(400, "INVALID_FIELD", f"No such column '{name}' on sobject of type {spec.name}")
        yield field.name, (field, value)


def _by_external_id(
    sight: Sight, spec: ObjectSpec, name: str, key: Mapping[str, Any]
) -> tuple[str, tuple[FieldSpec, str]]:
    field = next((f for f in sight.fields(spec).values() if f.relationship_name == name), None)
    target = sight.object(field.target) if field else None
    if field is None or target is None:
        raise ApiError(400, "INVALID_FIELD", f"No such column '{name}' on sobject of type {spec.name}")  # captured
    wanted = [(key_name, value) for key_name, value in key.items() if key_name.lower() != "attributes"]
    for key_name, value in wanted:
        row = find_by(sight, target, key_name, value)
        if row is not None:
            return field.name, (field, row["Id"])
        message = f"Foreign key external ID: {value} not found for field {key_name} in entity {target.name}"
        raise ApiError(400, "INVALID_FIELD", message, [])  # reported
    raise ApiError(400, "INVALID_FIELD", f"No external ID for {name}", [])  # inferred


def find_by(sight: Sight, spec: ObjectSpec, field_name: str, value: Any) -> Row | None:
    """The row with this value in a unique field; text without case, as Salesforce compares it."""
    wanted = str(value).lower()
    for row in sight.rows(spec):
        stored = row.get(field_name)
        if stored is not None and str(stored).lower() == wanted:
            return row
    return None


def _check_rights(sight: Sight, spec: ObjectSpec, named: Mapping[str, Any], existing: Row | None) -> None:
    rights = sight.rights(spec)
    if not (rights.create if existing is None else rights.edit):
        # inferred
        raise ApiError(400, "INSUFFICIENT_ACCESS_OR_READONLY", "insufficient access rights on object id", [])
    if (existing or {}).get("IsConverted"):
        raise ApiError(400, "CANNOT_UPDATE_CONVERTED_LEAD", "cannot reference converted lead", [])  # recorded
    allowed = sight.createable if existing is None else sight.updateable
    refused = [field.name for field, _ in named.values() if not allowed(spec, field)]
    if refused:
        # captured
        message = (
            f"Unable to create/update fields: {', '.join(refused)}. Please check the security settings of this "
            "field and verify that it is read/write for your profile or permission set."
        )
        raise ApiError(400, "INVALID_FIELD_FOR_INSERT_UPDATE", message, refused)


def _check_required(spec: ObjectSpec, row: Row, existing: Row | None) -> None:
    """A new row needs all of them, an existing one keeps what it has."""
    looked_at = [field for field in spec.fields.values() if existing is None or field.name in row]
    missing = [field.name for field in looked_at if field.required and row.get(field.name) is None]
    if missing:
        # recorded
        raise ApiError(400, "REQUIRED_FIELD_MISSING", f"Required fields are missing: [{', '.join(missing)}]", missing)


def _check_value(sight: Sight, spec: ObjectSpec, field: FieldSpec, value: Any, existing: Row | None) -> None:
    if value is None:
        return
    if field.type == "email" and not EMAIL.fullmatch(str(value)):
        # recorded
        message = f"{field.label}: invalid email address: {value}"
        raise ApiError(400, "INVALID_EMAIL_ADDRESS", message, [field.name])
    if isinstance(value, str) and field.length and len(value) > field.length:
        message = f"{field.label}: data value too large: {value} (max length={field.length})"
        raise ApiError(400, "STRING_TOO_LONG", message, [field.name])  # reported
    if field.restricted_picklist and str(value) not in field.picklist:
        message = f"{field.label}: bad value for restricted picklist field: {value}"
        raise ApiError(400, "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", message, [field.name])  # reported
    if field.type == "reference" and field.name != "OwnerId":
        _check_reference(sight, field, str(value))
    if field.name == "RecordTypeId" and not any(same_id(kind.id, value) for kind in sight.record_types(spec)):
        message = f"{field.label}: this ID value isn't valid for the user: {value}"
        raise ApiError(400, "INVALID_CROSS_REFERENCE_KEY", message, [field.name])  # captured
    if field.unique:
        _check_unique(sight, spec, field, value, existing)


def _check_reference(sight: Sight, field: FieldSpec, value: str) -> None:
    if not is_id(value):
        # captured
        message = f"{field.label}: id value of incorrect type: {value}"
        raise ApiError(400, "MALFORMED_ID", message, [field.name])
    target = sight.object(field.target)
    if target is not None and sight.row(target, value) is None:
        # captured; the status is inferred
        message = f"insufficient access rights on cross-reference id: {value[:15]}"
        raise ApiError(400, "INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY", message, [])


def _check_unique(sight: Sight, spec: ObjectSpec, field: FieldSpec, value: Any, existing: Row | None) -> None:
    other = find_by(sight, spec, field.name, value)
    if other is not None and other is not existing:
        # reported
        message = f"duplicate value found: {field.name} duplicates value on record with id: {other['Id'][:15]}"
        raise ApiError(400, "DUPLICATE_VALUE", message, [])


def _check_rules(sight: Sight, spec: ObjectSpec, row: Row, existing: Row | None) -> None:
    """The validation rules of the object, over the row as it would be."""
    new = {name: field.default for name, field in spec.fields.items()}
    whole = (existing or new) | row
    for rule in spec.validation_rules:
        if Run(replace(sight, everything=True), f"SELECT Id FROM {spec.name} WHERE {rule.error_where}", "").holds(
            whole
        ):
            # code documented; the text is that of the rule
            raise ApiError(400, "FIELD_CUSTOM_VALIDATION_EXCEPTION", rule.message, [rule.field] if rule.field else [])
