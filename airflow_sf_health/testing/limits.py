"""``/limits`` and ``/limits/recordCount``."""

from __future__ import annotations

from typing import Any

from airflow_sf_health.testing.call import Call, Reply
from airflow_sf_health.testing.errors import ApiError

MAXIMA = {
    "ConcurrentAsyncGetReportInstances": 200,
    "ConcurrentSyncReportRuns": 20,
    "DailyAsyncApexExecutions": 250_000,
    "DailyBulkApiBatches": 15_000,
    "DailyBulkV2QueryFileStorageMB": 976_562,
    "DailyBulkV2QueryJobs": 10_000,
    "DailyWorkflowEmails": 100_000,
    "DataStorageMB": 10_240,
    "FileStorageMB": 10_240,
    "HourlyTimeBasedWorkflow": 1_000,
    "MassEmail": 5_000,
    "SingleEmail": 5_000,
}
OWN_BUCKETS = ("DailyBulkApiBatches",)
"""Limits with further objects inside, one for each connected app that has a share of its own (captured)."""


def limits(call: Call) -> Reply:
    """What is left of each limit, for who has View Setup (documented; the refusal is inferred)."""
    if not call.sight.may("ViewSetup"):
        raise ApiError(403, "FUNCTIONALITY_NOT_ENABLED", "This feature is not currently enabled for this user.")
    left = call.state.api_limit - call.state.api_usage
    body: dict[str, Any] = {"DailyApiRequests": {"Max": call.state.api_limit, "Remaining": max(left, 0)}}
    body |= {name: {"Max": maximum, "Remaining": maximum} for name, maximum in MAXIMA.items()}
    for name in OWN_BUCKETS:
        body[name]["Dataloader Bulk"] = {"Max": 0, "Remaining": 0}
    return Reply(body=dict(sorted(body.items())))


def record_count(call: Call) -> Reply:
    """Rows by object, without those that the user cannot see."""
    asked = [name for name in call.query.get("sObjects", "").split(",") if name]
    specs = [spec for spec in call.sight.objects() if not asked or spec.name in asked]
    counts = [{"count": len(list(call.sight.rows(spec))), "name": spec.name} for spec in specs]
    return Reply(body={"sObjects": counts})
