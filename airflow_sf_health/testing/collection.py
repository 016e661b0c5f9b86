"""``/composite/sobjects``: up to 200 rows in one call; each has its own result, and HTTP says 200 whatever they are."""

from __future__ import annotations

import copy
from collections.abc import Callable
from functools import partial
from typing import Any

from airflow_sf_health.testing.call import Call, Reply
from airflow_sf_health.testing.errors import ApiError
from airflow_sf_health.testing.ids import to_18
from airflow_sf_health.testing.records import Records
from airflow_sf_health.testing.state import Row

ROWS = 200
ROLLED_BACK = "Record rolled back because not all records were valid and the request was using AllOrNone header"
"""Captured."""


def create(call: Call) -> Reply:
    return _each(call, lambda records, values: records.create(values))


def update(call: Call) -> Reply:
    return _each(call, _update)


def delete(call: Call) -> Reply:
    """``?ids=a,b&allOrNone=true`` (recorded)."""
    ids = [record_id for record_id in call.query.get("ids", "").split(",") if record_id]
    all_or_none = call.query.get("allOrNone", "").lower() == "true"

    def remove(record_id: str) -> Row:
        prefix = record_id[:3]
        name = next((spec.name for spec in call.sight.objects() if spec.key_prefix == prefix), "")
        return Records.of(call.sight, name).delete(record_id)

    return _results(call, [partial(remove, record_id) for record_id in ids], all_or_none)


def failure(error: ApiError) -> dict[str, Any]:
    """An error of one row: its key is ``statusCode``, not ``errorCode`` (recorded)."""
    return {"statusCode": error.code, "message": error.message, "fields": error.fields or []}


def _update(records: Records, values: Row) -> Row:
    record_id = values.get("id") or values.get("Id")
    if not record_id:
        raise ApiError(400, "MISSING_ARGUMENT", "Id not specified in an update call")  # captured
    return records.update(record_id, {key: value for key, value in values.items() if key.lower() != "id"})


def _each(call: Call, write: Callable[[Records, Row], Row]) -> Reply:
    request = call.json_object()
    rows = request.get("records") or []

    def one(values: Row) -> Row:
        name = str((values.get("attributes") or {}).get("type"))
        return write(Records.of(call.sight, name), values)

    return _results(call, [partial(one, values) for values in rows], bool(request.get("allOrNone")))


def _results(call: Call, writes: list[Callable[[], Row]], all_or_none: bool) -> Reply:
    if not writes:
        raise ApiError(400, "REQUIRED_FIELD_MISSING", "At least 1 record is required")  # captured
    if len(writes) > ROWS:
        raise ApiError(400, "LIMIT_EXCEEDED", f"at most {ROWS} records")  # documented limit, text inferred
    before = copy.deepcopy((call.state.records, call.state.deleted)) if all_or_none else None
    results = [_result(write) for write in writes]
    if before and not all(result["success"] for result in results):
        call.state.records, call.state.deleted = before
        rolled_back = failure(ApiError(400, "ALL_OR_NONE_OPERATION_ROLLED_BACK", ROLLED_BACK))
        results = [{"success": False, "errors": [rolled_back]} if row["success"] else row for row in results]
    return Reply(body=results)


def _result(write: Callable[[], Row]) -> Row:
    try:
        return {"id": to_18(write()["Id"]), "success": True, "errors": []}
    except ApiError as error:
        return {"success": False, "errors": [failure(error)]}
