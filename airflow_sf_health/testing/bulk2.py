"""Bulk API 2.0, below ``/services/data/vNN.0/jobs``: CSV in, CSV out. A job is done as soon as it is closed."""

from __future__ import annotations

from typing import Any

from airflow_sf_health.testing.bulk import NO_HARD_DELETE
from airflow_sf_health.testing.bulk_jobs import error_text, flat, from_csv, new_job, set_state, to_csv, write
from airflow_sf_health.testing.call import Call, Handler, Reply, not_found
from airflow_sf_health.testing.errors import ApiError
from airflow_sf_health.testing.query import Run
from airflow_sf_health.testing.soql import parse
from airflow_sf_health.testing.state import BulkJob, Row

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
    if asked.get("operation") == "hardDelete" and not call.sight.may("BulkApiHardDelete"):
        raise ApiError(400, "FEATURENOTENABLED", NO_HARD_DELETE)  # code and text inferred from those of Bulk API 1.0
    job = _new_job(call, asked, spec.name, "Open")
    if asked.get("externalIdFieldName"):
        job.info["externalIdFieldName"] = asked["externalIdFieldName"]
    return Reply(body={**job.info, "contentUrl": f"{call.base.removeprefix('/')}/jobs/ingest/{job.id}/batches"})


def upload(call: Call, job_id: str) -> Reply:
    _job(call, job_id).upload = call.text()
    return Reply(201, "", media_type="text/plain")


def change_job(call: Call, job_id: str) -> Reply:
    """``UploadComplete`` runs the job; ``Aborted`` gives it up."""
    job = _job(call, job_id)
    state = str(call.json_object().get("state"))
    closed = {key: value for key, value in job.info.items() if key not in COUNTS} | {"state": state}
    set_state(job, state)
    if state == "UploadComplete":
        _ingest(call, job)
    return Reply(body=closed)


def create_query(call: Call) -> Reply:
    """The query is judged when the job is created (documented)."""
    asked = call.json_object()
    answer = Run(call.sight, str(asked.get("query")), call.base).answer()
    object_name = answer.rows[0]["attributes"]["type"] if answer.rows else _source(call, str(asked["query"]))
    job = _new_job(call, asked, object_name, "UploadComplete")
    created = dict(job.info)
    job.results[""] = [flat(row) for row in answer.rows]
    job.info |= dict.fromkeys(COUNTS, 0) | {"state": "JobComplete", "jobType": "V2Query"}
    job.info["numberRecordsProcessed"] = len(answer.rows)
    return Reply(body=created)


def show_job(call: Call, job_id: str) -> Reply:
    """The job, in progress as often as ``state.bulk_looks`` says."""
    job = _job(call, job_id)
    if job.looks < call.state.bulk_looks and job.info["state"] in ("JobComplete", "Failed"):
        job.looks += 1
        unsaid = ("errorMessage",)
        return Reply(body={key: job.info[key] for key in job.info if key not in unsaid} | {"state": "InProgress"})
    return Reply(body=job.info)


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
        rows = [{"sf__Id": "", "sf__Error": error_text(out), **sent} for out, sent in pairs if not out["success"]]
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
    job.info |= dict.fromkeys(COUNTS, 0) | {"state": "JobComplete", "jobType": "V2Ingest"}
    try:
        job.info |= write(call, job, "", from_csv(job.upload, DELIMITERS[job.info["columnDelimiter"]]))
    except ApiError as error:
        job.info |= {"state": "Failed", "errorMessage": f"InvalidBatch : {error.message}"}  # captured


def _new_job(call: Call, asked: dict[str, Any], object_name: str, state: str) -> BulkJob:
    kind = {"concurrencyMode": "Parallel", "contentType": "CSV"}
    form = {"lineEnding": asked.get("lineEnding", "LF"), "columnDelimiter": asked.get("columnDelimiter", "COMMA")}
    return new_job(call, str(asked.get("operation")), object_name, state, **kind, **form)


def _job(call: Call, job_id: str) -> BulkJob:
    job = call.state.jobs.get(job_id)
    if job is None:
        raise not_found()
    return job


def _source(call: Call, query: str) -> str:
    spec = call.sight.object(parse(query).source)
    return spec.name if spec else ""


def _to_csv(job: BulkJob, rows: list[Row], columns: list[str]) -> str:
    return to_csv(rows, columns, DELIMITERS[job.info["columnDelimiter"]], LINE_ENDINGS[job.info["lineEnding"]])
