"""What the jobs of both Bulk APIs have in common: how one begins, and what its rows came to."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from typing import Any

from airflow_sf_health.testing.bulk_rows import written
from airflow_sf_health.testing.call import Call
from airflow_sf_health.testing.records import Records
from airflow_sf_health.testing.state import BulkJob, Row, timestamp


def new_job(call: Call, operation: str, object_name: str, state: str, **further: Any) -> BulkJob:
    """A job of this user, with the keys that both APIs tell (captured)."""
    now = timestamp()
    job = BulkJob(call.state.new_id("750"), {})
    job.info = {
        "id": job.id,
        "operation": operation,
        "object": object_name,
        "createdById": call.user.id,
        "createdDate": now,
        "systemModstamp": now,
        "state": state,
        "apiVersion": float(call.version),
        **further,
    }
    call.state.jobs[job.id] = job
    return job


def set_state(job: BulkJob, state: str) -> None:
    job.info |= {"state": state, "systemModstamp": timestamp()}


def write(call: Call, job: BulkJob, batch_id: str, rows: list[Row]) -> Row:
    """Write the rows of a batch and keep the results; gives how many were looked at and how many of them failed.

    :raises ApiError: where the batch as a whole is unusable.
    """
    job.requests[batch_id] = rows
    records = Records.of(call.sight, job.info["object"])
    results = written(records, job.info["operation"], rows, job.info.get("externalIdFieldName") or "Id")
    job.results[batch_id] = results
    failed = sum(not result["success"] for result in results)
    return {"numberRecordsProcessed": len(results), "numberRecordsFailed": failed}


def from_csv(text: str, delimiter: str = ",") -> list[Row]:
    return [dict(row) for row in csv.DictReader(io.StringIO(text), delimiter=delimiter)]


def to_csv(rows: Iterable[Row], columns: Sequence[str], delimiter: str = ",", ending: str = "\n") -> str:
    """Rows under a line of columns, each value in quotes, as both APIs write them."""
    out = io.StringIO()
    writer = csv.writer(out, delimiter=delimiter, lineterminator=ending, quoting=csv.QUOTE_ALL)
    writer.writerow(columns)
    for row in rows:
        writer.writerow([_cell(row.get(column)) for column in columns])
    return out.getvalue()


def flat(row: Row, prefix: str = "") -> Row:
    """Columns of a record: those of related records by their path (``Owner.Name``)."""
    columns: Row = {}
    for name, value in row.items():
        if isinstance(value, dict):
            columns |= {} if name == "attributes" else flat(value, f"{prefix}{name}.")
        else:
            columns[prefix + name] = value
    return columns


def error_text(result: Row) -> str:
    """A refusal in one cell: code, text, fields (captured form of Bulk 2.0)."""
    error = result["errors"][0]
    return f"{error['statusCode']}:{error['message']}:{','.join(error['fields']) or '--'}"


def _cell(value: Any) -> Any:
    return str(value).lower() if isinstance(value, bool) else value
