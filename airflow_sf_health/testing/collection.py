"""``/composite/sobjects``: up to 200 rows in one call; each has its own result, and HTTP says 200 whatever they are."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from airflow_sf_health.testing.call import Call, Reply
from airflow_sf_health.testing.errors import ApiError
from airflow_sf_health.testing.ids import to_18
from airflow_sf_health.testing.query import attributes
from airflow_sf_health.testing.records import Records
from airflow_sf_health.testing.state import Row

ROWS = 200
ROLLED_BACK = "Record rolled back because not all records were valid and the request was using AllOrNone header"
"""Captured."""


def create(call: Call) -> Reply:
    return _each(call, lambda records, values: records.create(values))


def update(call: Call) -> Reply:
    return _each(call, _update)


def upsert(call: Call, object_name: str, key: str) -> Reply:
    """By external id; each result tells whether the row was created (documented)."""

    def one(values: Row) -> tuple[Row, bool]:
        value = next((value for name, value in values.items() if name.lower() == key.lower()), None)
        own = {name: each for name, each in values.items() if name.lower() not in (key.lower(), "id")}
        return Records.of(call.sight, object_name).upsert(key, value, own)

    rows, all_or_none = _asked(call)
    return _results(call, [partial(one, values) for values in rows], all_or_none)


def retrieve(call: Call, object_name: str) -> Reply:
    """Rows by ``ids``, with the ``fields`` asked for; null for one that is not found (documented)."""
    asked: Mapping[str, Any] = call.json_object() if call.method == "POST" else call.query
    ids, fields = (_texts(asked.get(name)) for name in ("ids", "fields"))
    if not ids or not fields:
        raise ApiError(400, "MALFORMED_QUERY", "ids and fields are needed")  # inferred
    records = Records.of(call.sight, object_name)
    rows = [call.sight.row(records.spec, record_id) for record_id in ids]
    shown = [
        row and {"attributes": attributes(call.base, records.spec, row), **records.shown(row, fields)} for row in rows
    ]
    return Reply(body=shown)


def delete(call: Call) -> Reply:
    """``?ids=a,b&allOrNone=true`` (recorded)."""
    ids = _texts(call.query.get("ids"))
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
    rows, all_or_none = _asked(call)

    def one(values: Row) -> Row:
        name = str((values.get("attributes") or {}).get("type"))
        return write(Records.of(call.sight, name), values)

    return _results(call, [partial(one, values) for values in rows], all_or_none)


def _asked(call: Call) -> tuple[list[Row], bool]:
    request = call.json_object()
    return request.get("records") or [], bool(request.get("allOrNone"))


def _texts(value: Any) -> list[str]:
    texts = value if isinstance(value, list) else str(value or "").split(",")
    return [str(text).strip() for text in texts if str(text).strip()]


def _results(call: Call, writes: Sequence[Callable[[], Row | tuple[Row, bool]]], all_or_none: bool) -> Reply:
    if not writes:
        raise ApiError(400, "REQUIRED_FIELD_MISSING", "At least 1 record is required")  # captured
    if len(writes) > ROWS:
        # reported; the status is inferred
        message = f"record limit reached. cannot submit more than {ROWS} records into this call"
        raise ApiError(400, "EXCEEDED_ID_LIMIT", message)
    before = copy.deepcopy((call.state.records, call.state.deleted)) if all_or_none else None
    results = [_result(write) for write in writes]
    if before and not all(result["success"] for result in results):
        call.state.records, call.state.deleted = before
        rolled_back = failure(ApiError(400, "ALL_OR_NONE_OPERATION_ROLLED_BACK", ROLLED_BACK))
        results = [{"success": False, "errors": [rolled_back]} if row["success"] else row for row in results]
    return Reply(body=results)


def _result(write: Callable[[], Row | tuple[Row, bool]]) -> Row:
    try:
        written = write()
    except ApiError as error:
        return {"success": False, "errors": [failure(error)]}
    row, created = written if isinstance(written, tuple) else (written, None)
    flag = {} if created is None else {"created": created}
    return {"id": to_18(row["Id"]), "success": True, "errors": [], **flag}
