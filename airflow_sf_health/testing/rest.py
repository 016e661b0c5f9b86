"""REST resources below ``/services/data/vNN.0``: query and records. Composite, describe and bulk have their own files."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any

from airflow_sf_health.testing.call import Call, Reply, not_found
from airflow_sf_health.testing.errors import ApiError
from airflow_sf_health.testing.explain import explain
from airflow_sf_health.testing.query import Run, attributes
from airflow_sf_health.testing.records import Records
from airflow_sf_health.testing.state import Row
from airflow_sf_health.testing.writing import find_by

RESOURCES = (
    *("limits", "sobjects", "connect", "query", "theme", "queryAll", "tooling", "chatter", "analytics", "recent"),
    *("commerce", "licensing", "flexiPage", "search", "quickActions", "wave", "appMenu", "composite", "jobs"),
)
"""Names in the resource list; not all are served here."""

ROWS_PER_PAGE = 2000
BATCH_SIZE = re.compile(r"batchSize=(\d+)")
"""In the request header ``Sforce-Query-Options``, from 200 to 2,000 (documented)."""

CREATED_FLAG_SINCE = 46
"""From this API version on, an upsert tells whether it created, and answers 200 instead of 204 (documented)."""

ACCOUNT_ETAG = '"vJ0b7rKfNnT2mQxYw8eLZp4uHcDsGaXk1oV6iRtEj3M="'
"""Each Account row carries one and the same ETag (recorded; the value is this fake's own)."""


def resources(call: Call) -> Reply:
    """The resource list (recorded, v34; later versions list more)."""
    host = "test" if call.state.org.is_sandbox else "login"
    identity = f"https://{host}.salesforce.com/id/{call.state.org.id}/{call.user.id}"
    return Reply(body={name: f"{call.base}/{name}" for name in RESOURCES} | {"identity": identity})


def query(call: Call) -> Reply:
    """The first page; ``queryAll`` differs only by deleted rows, which the fake does not give."""
    if "explain" in call.query:
        return explain(call, call.query["explain"])
    text = call.query.get("q", "")
    if not text.strip():
        raise ApiError(400, "MALFORMED_QUERY", "unexpected token: <EOF>")  # inferred
    answer = Run(call.sight, text, call.base).answer()
    return Reply(body=_page(call, answer.rows, 0, answer.total, None))


def tooling_query(call: Call) -> Reply:
    """A query by the Tooling API, whose envelope has some keys more (recorded)."""
    text = call.query.get("q", "")
    run = Run(replace(call.sight, tooling=True), text, f"{call.base}/tooling")
    answer = run.answer()
    head = {"size": len(answer.rows), "totalSize": answer.total, "done": True, "queryLocator": None}
    return Reply(body={**head, "entityTypeName": run.source().name, "records": answer.rows})


def query_more(call: Call, locator: str) -> Reply:
    """A later page, by ``<cursor>-<rows before>`` (recorded form)."""
    cursor, _, start = locator.partition("-")
    rows = call.state.cursors.get(cursor)
    if rows is None or not start.isdigit():
        raise ApiError(400, "INVALID_QUERY_LOCATOR", "invalid query locator")  # documented code, text inferred
    return Reply(body=_page(call, rows, int(start), len(rows), cursor))


def create(call: Call, object_name: str) -> Reply:
    records = Records.of(call.sight, object_name)
    row = records.create(call.json_object())
    return _created(call, records, row, {})


def retrieve(call: Call, object_name: str, record_id: str) -> Reply:
    records = Records.of(call.sight, object_name)
    row = records.find(record_id)
    only = [name.strip() for name in call.query["fields"].split(",")] if call.query.get("fields") else None
    return Reply(body=_record(call, records, row, only), headers=_row_headers(records, row))


def retrieve_by_key(call: Call, object_name: str, key: str, value: str) -> Reply:
    """A row by external id."""
    records = Records.of(call.sight, object_name)
    field = call.sight.field(records.spec, key)
    if field is None or not field.external_id:
        message = f"Provided external ID field does not exist or is not accessible: {key}"
        raise ApiError(404, "NOT_FOUND", message)
    row = find_by(call.sight, records.spec, field.name, value)
    if row is None:
        raise not_found()
    return Reply(body=_record(call, records, row, None), headers=_row_headers(records, row))


def update(call: Call, object_name: str, record_id: str) -> Reply:
    Records.of(call.sight, object_name).update(record_id, call.json_object())
    return Reply(204)


def upsert(call: Call, object_name: str, key: str, value: str) -> Reply:
    records = Records.of(call.sight, object_name)
    row, created = records.upsert(key, value, call.json_object())
    flag = {"created": created} if float(call.version) >= CREATED_FLAG_SINCE else {}
    if created:
        return _created(call, records, row, flag)
    return Reply(200, {"id": row["Id"], "success": True, "errors": [], **flag}) if flag else Reply(204)


def delete(call: Call, object_name: str, record_id: str) -> Reply:
    Records.of(call.sight, object_name).delete(record_id)
    return Reply(204)


def _created(call: Call, records: Records, row: Row, extra: Row) -> Reply:
    location = f"{call.base}/sobjects/{records.spec.name}/{row['Id']}"
    return Reply(201, {"id": row["Id"], "success": True, "errors": [], **extra}, {"Location": location})


def _record(call: Call, records: Records, row: Row, only: list[str] | None) -> Row:
    return {"attributes": attributes(call.base, records.spec, row), **records.shown(row, only)}


def _row_headers(records: Records, row: Row) -> dict[str, str]:
    """Account rows carry ETag and Last-Modified, other rows Last-Modified only (recorded)."""
    if not row.get("LastModifiedDate"):
        return {}
    changed = datetime.fromisoformat(row["LastModifiedDate"]).astimezone(UTC)
    headers = {"Last-Modified": format_datetime(changed, usegmt=True)}
    return {"ETag": ACCOUNT_ETAG, **headers} if records.spec.name == "Account" else headers


def _page(call: Call, rows: list[Row], start: int, total: int, cursor: str | None) -> dict[str, Any]:
    asked = BATCH_SIZE.search(call.headers.get("sforce-query-options", ""))
    end = start + (min(max(int(asked[1]), 200), ROWS_PER_PAGE) if asked else ROWS_PER_PAGE)
    done = end >= len(rows)
    page: dict[str, Any] = {"totalSize": total, "done": done}
    if not done:
        cursor = cursor or call.state.new_id("01g")
        call.state.cursors[cursor] = rows
        page["nextRecordsUrl"] = f"{call.base}/query/{cursor}-{end}"
    return page | {"records": rows[start:end]}
