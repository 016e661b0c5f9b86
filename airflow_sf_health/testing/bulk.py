"""Bulk API 1.0, below ``/services/async/NN.0``: jobs in JSON or XML, rows in JSON or CSV.

A batch is done at once, so that no client need wait.
"""

from __future__ import annotations

from airflow_sf_health.testing import bulk_xml
from airflow_sf_health.testing.bulk_jobs import error_text, flat, from_csv, new_job, set_state, to_csv, write
from airflow_sf_health.testing.call import Call, Handler, Reply
from airflow_sf_health.testing.errors import ApiError
from airflow_sf_health.testing.query import Run
from airflow_sf_health.testing.state import BulkJob, Row, timestamp

CSV = "text/csv"
QUERIES = ("query", "queryAll")
WRITES = ("insert", "update", "upsert", "delete", "hardDelete")
CONCURRENCY = {0: "Parallel", 1: "Serial", "0": "Parallel", "1": "Serial"}
"""simple-salesforce sends numbers, which Salesforce takes."""

NO_TIMES = dict.fromkeys(("totalProcessingTime", "apiActiveProcessingTime", "apexProcessingTime"), 0)

NEW = {"assignmentRuleId": None, "fastPathEnabled": False, "numberRetries": 0}

NO_HARD_DELETE = (
    "hardDelete operation requires special user profile permission, please contact your system administrator"
)
"""Reported, for Bulk API 1.0."""


def create_job(call: Call) -> Reply:
    asked = bulk_xml.asked(call)
    operation = str(asked.get("operation"))
    if operation not in QUERIES + WRITES:
        raise ApiError(400, "InvalidJob", f"Unable to find a matching operation: {operation}")  # code documented
    if operation == "hardDelete" and not call.sight.may("BulkApiHardDelete"):
        raise ApiError(400, "FeatureNotEnabled", NO_HARD_DELETE)  # code documented
    spec = call.sight.object(str(asked.get("object")))
    if spec is None:
        # code documented, text inferred
        raise ApiError(400, "InvalidEntity", f"Entity '{asked.get('object')}' is not supported by the Bulk API.")
    mode = asked.get("concurrencyMode") or "Parallel"
    job = new_job(call, operation, spec.name, "Open", **NEW, **NO_TIMES)
    job.info |= {"concurrencyMode": CONCURRENCY.get(mode, mode), "contentType": asked.get("contentType") or "JSON"}
    job.info["externalIdFieldName"] = asked.get("externalIdFieldName")
    return Reply(201, _shown(job))


def show_job(call: Call, job_id: str) -> Reply:
    return Reply(body=_shown(_job(call, job_id)))


def change_job(call: Call, job_id: str) -> Reply:
    """Close or abort."""
    job = _job(call, job_id)
    set_state(job, str(bulk_xml.asked(call).get("state")))
    return Reply(body=_shown(job))


def add_batch(call: Call, job_id: str) -> Reply:
    job = _job(call, job_id)
    if job.info["state"] != "Open":
        raise ApiError(400, "InvalidJobState", "Job is not open")  # code documented, text inferred
    batch_id = call.state.new_id("751")
    now = timestamp()
    batch: Row = {"apexProcessingTime": 0, "apiActiveProcessingTime": 0, "createdDate": now, "id": batch_id}
    batch |= {"jobId": job.id, "numberRecordsFailed": 0, "numberRecordsProcessed": 0, "state": "Completed"}
    batch |= {"stateMessage": None, "systemModstamp": now, "totalProcessingTime": 0}
    job.batches[batch_id] = batch
    try:
        _fill(call, job, batch)
    except ApiError as error:
        # captured, for Bulk API 2.0
        batch |= {"state": "Failed", "stateMessage": f"InvalidBatch : {error.message}"}
    return Reply(201, {**batch, "state": "Queued", "numberRecordsFailed": 0, "numberRecordsProcessed": 0})


def list_batches(call: Call, job_id: str) -> Reply:
    return Reply(body={"batchInfo": list(_job(call, job_id).batches.values())})


def show_batch(call: Call, job_id: str, batch_id: str) -> Reply:
    return Reply(body=_batch(_job(call, job_id), batch_id))


def batch_request(call: Call, job_id: str, batch_id: str) -> Reply:
    job = _job(call, job_id)
    _batch(job, batch_id)
    sent = job.requests[batch_id]
    return Reply(body=to_csv(sent, list(sent[0])), media_type=CSV) if _is_csv(job) and sent else Reply(body=sent)


def batch_result(call: Call, job_id: str, batch_id: str) -> Reply:
    """One result for each row; of a query, the ids of its result sets, here always one."""
    job = _job(call, job_id)
    if _batch(job, batch_id)["state"] == "Failed":
        raise ApiError(400, "InvalidBatch", "Records not processed")  # code documented, text inferred
    return Reply(body=[_result_id(batch_id)]) if job.info["operation"] in QUERIES else _results(job, batch_id)


def query_result(call: Call, job_id: str, batch_id: str, result_id: str) -> Reply:
    job = _job(call, job_id)
    _batch(job, batch_id)
    if result_id != _result_id(batch_id):
        raise ApiError(400, "InvalidBatch", "No such result")  # code documented, text inferred
    return _results(job, batch_id)


JOB = r"job/(\w+)"
RESOURCES: list[tuple[str, str, Handler]] = [
    ("POST", r"job", create_job),
    ("GET", JOB, show_job),
    ("POST", JOB, change_job),
    ("POST", rf"{JOB}/batch", add_batch),
    ("GET", rf"{JOB}/batch", list_batches),
    ("GET", rf"{JOB}/batch/(\w+)", show_batch),
    ("GET", rf"{JOB}/batch/(\w+)/request", batch_request),
    ("GET", rf"{JOB}/batch/(\w+)/result", batch_result),
    ("GET", rf"{JOB}/batch/(\w+)/result/(\w+)", query_result),
]


def _fill(call: Call, job: BulkJob, batch: Row) -> None:
    """Do what the batch asks for; a row that is refused has its own result and fails nothing else."""
    if job.info["operation"] in QUERIES:
        rows = Run(call.sight, call.text(), f"/services/data/v{call.version}").answer().rows
        job.results[batch["id"]] = rows
        batch["numberRecordsProcessed"] = len(rows)
        return
    asked = from_csv(call.text()) if _is_csv(job) else call.json()
    if not isinstance(asked, list):
        raise ApiError(400, "InvalidBatch", "Failed to parse the batch: a JSON array is needed")  # inferred
    batch |= write(call, job, batch["id"], asked)


def _results(job: BulkJob, batch_id: str) -> Reply:
    """The results of the rows, or the rows of a query, in the form of the job."""
    results = job.results[batch_id]
    if not _is_csv(job):
        return Reply(body=results)
    if job.info["operation"] in QUERIES:
        rows = [flat(row) for row in results]
        return Reply(body=to_csv(rows, list(rows[0]) if rows else []), media_type=CSV)
    told = [
        {"Id": row["id"], "Success": row["success"], "Created": row["created"], "Error": _error(row)} for row in results
    ]
    return Reply(body=to_csv(told, ["Id", "Success", "Created", "Error"]), media_type=CSV)


def _error(result: Row) -> str:
    return "" if result["success"] else error_text(result)


def _is_csv(job: BulkJob) -> bool:
    return bool(job.info["contentType"] == "CSV")


def _shown(job: BulkJob) -> Row:
    """The job with its counts, which follow from its batches."""
    batches = job.batches.values()
    failed = sum(batch["state"] == "Failed" for batch in batches)
    return {
        **job.info,
        "numberBatchesQueued": 0,
        "numberBatchesInProgress": 0,
        "numberBatchesCompleted": len(batches) - failed,
        "numberBatchesFailed": failed,
        "numberBatchesTotal": len(batches),
        "numberRecordsProcessed": sum(batch["numberRecordsProcessed"] for batch in batches),
        "numberRecordsFailed": sum(batch["numberRecordsFailed"] for batch in batches),
    }


def _job(call: Call, job_id: str) -> BulkJob:
    job = call.state.jobs.get(job_id)
    if job is None:
        raise ApiError(400, "InvalidJob", "Invalid job id: " + job_id)  # code documented, text inferred
    return job


def _batch(job: BulkJob, batch_id: str) -> Row:
    batch = job.batches.get(batch_id)
    if batch is None:
        raise ApiError(400, "InvalidBatch", "Invalid batch id: " + batch_id)  # code documented, text inferred
    return batch


def _result_id(batch_id: str) -> str:
    return "752" + batch_id[3:15]
