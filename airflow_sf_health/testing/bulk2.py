"""Bulk API 2.0, below ``/services/data/vNN.0/jobs``: CSV in, CSV out. A job is done as soon as it is closed."""

from __future__ import annotations

import csv
import io
from typing import Any

from airflow_sf_health.testing.bulk_rows import written
from airflow_sf_health.testing.call import Call, Handler, Reply, not_found
from airflow_sf_health.testing.errors import ApiError
from airflow_sf_health.testing.query import Run
from airflow_sf_health.testing.records import Records
from airflow_sf_health.testing.soql import parse
from airflow_sf_health.testing.state import BulkJob, Row, timestamp

DELIMITERS = {"BACKQUOTE": "`", "CARET": "^", "COMMA": ",", "PIPE": "|", "SEMICOLON": ";", "TAB": "\t"}
LINE_ENDINGS = {"LF": "\n", "CRLF": "\r\n"}
CSV = "text/csv"
COUNTS = (
    *("numberRecordsProcessed", "numberRecordsFailed", "retries", "totalProcessingTime"),
    *("apiActiveProcessingTime", "apexProcessingTime"),
)


def create_ingest(call: Call) -> Reply:
    asked = call.json_object()
    spec = call.sight.object(str(asked.get("object")))
    if spec is None:
        message = f"The specified object {asked.get('object')} is not supported"
        raise ApiError(400, "INVALIDENTITY", message)  # code reported, text inferred
    info = _new_info(call, asked, spec.name, "Open")
    if asked.get("externalIdFieldName"):
        info["externalIdFieldName"] = asked["externalIdFieldName"]
    job = _add(call, info)
    return Reply(body={**info, "contentUrl": f"{call.base.removeprefix('/')}/jobs/ingest/{job.id}/batches"})


def upload(call: Call, job_id: str) -> Reply:
    _job(call, job_id).upload = call.text()
    return Reply(201, "", media_type="text/plain")


def change_job(call: Call, job_id: str) -> Reply:
    """``UploadComplete`` runs the job; ``Aborted`` gives it up."""
    job = _job(call, job_id)
    state = call.json_object().get("state")
    closed = {key: value for key, value in job.info.items() if key not in COUNTS} | {"state": state}
    job.info["state"] = state
    job.info["systemModstamp"] = timestamp()
    if state == "UploadComplete":
        _ingest(call, job)
    return Reply(body=closed)


def create_query(call: Call) -> Reply:
    """The query is judged when the job is created (documented)."""
    asked = call.json_object()
    answer = Run(call.sight, str(asked.get("query")), call.base).answer()
    object_name = answer.rows[0]["attributes"]["type"] if answer.rows else _source(call, str(asked["query"]))
    info = _new_info(call, asked, object_name, "UploadComplete")
    job = _add(call, dict(info))
    job.results[""] = [_flat(row) for row in answer.rows]
    job.info |= dict.fromkeys(COUNTS, 0) | {"state": "JobComplete", "jobType": "V2Query"}
    job.info["numberRecordsProcessed"] = len(answer.rows)
    return Reply(body={**info, "id": job.id})


def show_job(call: Call, job_id: str) -> Reply:
    return Reply(body=_job(call, job_id).info)


def delete_job(call: Call, job_id: str) -> Reply:
    del call.state.jobs[_job(call, job_id).id]
    return Reply(204)


def query_results(call: Call, job_id: str) -> Reply:
    """Rows from ``locator`` on, at most ``maxRecords``; the header tells the locator of the rest."""
    job = _job(call, job_id)
    rows = job.results[""]
    start, size = int(call.query.get("locator") or 0), int(call.query.get("maxRecords") or 50_000)
    shown, end = rows[start : start + size], start + size
    locator = str(end) if end < len(rows) else "null"
    headers = {"Sforce-Locator": locator, "Sforce-NumberOfRecords": str(len(shown))}
    return Reply(200, _to_csv(job, shown, list(rows[0]) if rows else ["Id"]), headers, CSV)


def ingest_results(call: Call, job_id: str, kind: str) -> Reply:
    """Rows that were written, refused, or not looked at, each with the columns that were sent."""
    job = _job(call, job_id)
    pairs = list(zip(job.results.get("", []), job.requests.get("", []), strict=False))
    rows: list[Row] = []
    columns = ["sf__Id", "sf__Created"] if kind == "successfulResults" else ["sf__Id", "sf__Error"]
    if kind == "successfulResults":
        rows = [{"sf__Id": out["id"], "sf__Created": out["created"], **sent} for out, sent in pairs if out["success"]]
    elif kind == "failedResults":
        rows = [{"sf__Id": "", "sf__Error": _error(out), **sent} for out, sent in pairs if not out["success"]]
    else:
        columns = []
        rows = [] if pairs else job.requests.get("", [])
    sent_columns = list(job.requests[""][0]) if job.requests.get("") else []
    return Reply(200, _to_csv(job, rows, columns + sent_columns), media_type=CSV)


RESOURCES: list[tuple[str, str, Handler]] = [
    ("POST", r"ingest", create_ingest),
    ("PUT", r"ingest/(\w+)/batches", upload),
    ("GET", r"ingest/(\w+)", show_job),
    ("PATCH", r"ingest/(\w+)", change_job),
    ("DELETE", r"ingest/(\w+)", delete_job),
    ("GET", r"ingest/(\w+)/(successfulResults|failedResults|unprocessed[rR]ecords)", ingest_results),
    ("POST", r"query", create_query),
    ("GET", r"query/(\w+)", show_job),
    ("PATCH", r"query/(\w+)", change_job),
    ("DELETE", r"query/(\w+)", delete_job),
    ("GET", r"query/(\w+)/results", query_results),
]


def _ingest(call: Call, job: BulkJob) -> None:
    delimiter = DELIMITERS[job.info["columnDelimiter"]]
    rows = [dict(row) for row in csv.DictReader(io.StringIO(job.upload), delimiter=delimiter)]
    job.requests[""] = rows
    records = Records.of(call.sight, job.info["object"])
    job.info |= dict.fromkeys(COUNTS, 0) | {"state": "JobComplete", "jobType": "V2Ingest"}
    try:
        results = written(records, job.info["operation"], rows, job.info.get("externalIdFieldName", "Id"))
    except ApiError as error:
        job.info |= {"state": "Failed", "errorMessage": f"InvalidBatch : {error.message}"}  # captured
        return
    job.results[""] = results
    job.info["numberRecordsProcessed"] = len(results)
    job.info["numberRecordsFailed"] = sum(not row["success"] for row in results)


def _new_info(call: Call, asked: dict[str, Any], object_name: str, state: str) -> Row:
    """The keys of a new job (captured)."""
    now = timestamp()
    return {
        "operation": asked.get("operation"),
        "object": object_name,
        "createdById": call.user.id,
        "createdDate": now,
        "systemModstamp": now,
        "state": state,
        "concurrencyMode": "Parallel",
        "contentType": "CSV",
        "apiVersion": float(call.version),
        "lineEnding": asked.get("lineEnding", "LF"),
        "columnDelimiter": asked.get("columnDelimiter", "COMMA"),
    }


def _add(call: Call, info: Row) -> BulkJob:
    job = BulkJob(call.state.new_id("750"), info)
    info["id"] = job.id
    call.state.jobs[job.id] = job
    return job


def _job(call: Call, job_id: str) -> BulkJob:
    job = call.state.jobs.get(job_id)
    if job is None:
        raise not_found()
    return job


def _source(call: Call, query: str) -> str:
    spec = call.sight.object(parse(query).source)
    return spec.name if spec else ""


def _flat(row: Row, prefix: str = "") -> Row:
    """Columns of a record: those of related records by their path (``Owner.Name``)."""
    flat: Row = {}
    for name, value in row.items():
        if isinstance(value, dict):
            flat |= {} if name == "attributes" else _flat(value, f"{prefix}{name}.")
        else:
            flat[prefix + name] = value
    return flat


def _error(result: Row) -> str:
    error = result["errors"][0]
    return f"{error['statusCode']}:{error['message']}:{','.join(error['fields']) or '--'}"


def _to_csv(job: BulkJob, rows: list[Row], columns: list[str]) -> str:
    out = io.StringIO()
    ending = LINE_ENDINGS[job.info["lineEnding"]]
    delimiter = DELIMITERS[job.info["columnDelimiter"]]
    writer = csv.writer(out, delimiter=delimiter, lineterminator=ending, quoting=csv.QUOTE_ALL)
    writer.writerow(columns)
    for row in rows:
        writer.writerow([_cell(row.get(column)) for column in columns])
    return out.getvalue()


def _cell(value: Any) -> Any:
    return str(value).lower() if isinstance(value, bool) else value
