"""Writes of many rows, each with a result of its own, as both Bulk APIs do them."""

from __future__ import annotations

from collections.abc import Sequence

from airflow_sf_health.testing.errors import ApiError
from airflow_sf_health.testing.records import Records
from airflow_sf_health.testing.state import Row


def written(records: Records, operation: str, rows: Sequence[Row], key: str) -> list[Row]:
    """One result for each row, in order.

    :raises ApiError: where the batch as a whole is unusable: a column that the object does not have (captured).
    """
    for name in {name for row in rows for name, value in row.items() if not isinstance(value, dict)}:
        if name.lower() != "attributes" and records.sight.field(records.spec, name) is None:
            raise ApiError(400, "InvalidBatch", f"Field name not found : {name}")
    return [_result(records, operation, row, key) for row in rows]


def _result(records: Records, operation: str, row: Row, key: str) -> Row:
    try:
        record, created = _write(records, operation, row, key)
    except ApiError as error:
        failure = {"statusCode": error.code, "message": error.message, "fields": error.fields or []}
        errors = [{**failure, "extendedErrorDetails": None}]
        return {"success": False, "created": False, "id": None, "errors": errors}
    return {"success": True, "created": created, "id": record["Id"], "errors": []}


def _write(records: Records, operation: str, row: Row, key: str) -> tuple[Row, bool]:
    record_id = next((value for name, value in row.items() if name.lower() == "id"), None)
    values = {name: value for name, value in row.items() if name.lower() not in ("id", "attributes")}
    if operation == "insert":
        return records.create(row), True
    if operation == "upsert":
        own = {name: value for name, value in values.items() if name.lower() != key.lower()}
        value = next((value for name, value in row.items() if name.lower() == key.lower()), None)
        return records.upsert(key, value, own)
    if not record_id:
        raise ApiError(400, "MISSING_ARGUMENT", f"Id not specified in an {operation} call")  # captured, for update
    if operation == "update":
        return records.update(record_id, values), False
    return records.delete(record_id, hard=operation == "hardDelete"), False
