"""``/limits`` and ``/limits/recordCount``."""

from __future__ import annotations

from typing import Any

from airflow_sf_health.testing.call import Call, Reply
from airflow_sf_health.testing.errors import ApiError
from airflow_sf_health.testing.state import BulkJob, OrgState

MAXIMA = {
    "AnalyticsExternalDataSizeMB": 40_960,
    "BOZosCalloutHourlyLimit": 20_000,
    "ConcurrentAsyncGetReportInstances": 200,
    "ConcurrentEinsteinDataInsightsStoryCreation": 5,
    "ConcurrentEinsteinDiscoveryStoryCreation": 2,
    "ConcurrentSyncReportRuns": 20,
    "DailyAnalyticsDataflowJobExecutions": 60,
    "DailyAnalyticsUploadedFilesSizeMB": 51_200,
    "DailyAsyncApexExecutions": 250_000,
    "DailyBulkApiBatches": 15_000,
    "DailyBulkV2QueryFileStorageMB": 976_562,
    "DailyBulkV2QueryJobs": 10_000,
    "DailyDurableGenericStreamingApiEvents": 10_000,
    "DailyDurableStreamingApiEvents": 10_000,
    "DailyEinsteinDataInsightsStoryCreation": 1_000,
    "DailyEinsteinDiscoveryPredictAPICalls": 50_000,
    "DailyEinsteinDiscoveryPredictionsByCDC": 500_000,
    "DailyEinsteinDiscoveryStoryCreation": 100,
    "DailyFunctionsApiCallLimit": 50_000,
    "DailyGenericStreamingApiEvents": 10_000,
    "DailyStandardVolumePlatformEvents": 10_000,
    "DailyStreamingApiEvents": 10_000,
    "DailyWorkflowEmails": 100_000,
    "DataStorageMB": 10_240,
    "DurableStreamingApiConcurrentClients": 20,
    "FileStorageMB": 10_240,
    "HourlyAsyncReportRuns": 1_200,
    "HourlyDashboardRefreshes": 200,
    "HourlyDashboardResults": 5_000,
    "HourlyDashboardStatuses": 999_999_999,
    "HourlyLongTermIdMapping": 100_000,
    "HourlyManagedContentPublicRequests": 50_000,
    "HourlyODataCallout": 1_000,
    "HourlyPublishedPlatformEvents": 50_000,
    "HourlyPublishedStandardVolumePlatformEvents": 1_000,
    "HourlyShortTermIdMapping": 100_000,
    "HourlySyncReportRuns": 500,
    "HourlyTimeBasedWorkflow": 1_000,
    "MassEmail": 5_000,
    "MonthlyEinsteinDiscoveryStoryCreation": 500,
    "MonthlyPlatformEventsUsageEntitlement": 0,
    "Package2VersionCreates": 6,
    "Package2VersionCreatesWithoutValidation": 500,
    "PermissionSets": 1_500,
    "PrivateConnectOutboundCalloutHourlyLimitMB": 0,
    "SingleEmail": 5_000,
    "StreamingApiConcurrentClients": 20,
}
"""With DailyApiRequests, the 48 keys of a captured sample. The numbers are this fake's own."""

STORAGE = ("DataStorageMB", "FileStorageMB")
"""Told to who manages users only (documented)."""

OWN_BUCKETS = ("DailyBulkApiBatches", "DailyGenericStreamingApiEvents", "DailyStreamingApiEvents")
"""Limits with further objects inside, one for each connected app that has a share of its own (captured)."""

REQUESTS_BY_APP_UNTIL = 49
"""DailyApiRequests has such objects in a capture of this version, and has none in a newer one."""

APPS = ("Ant Migration Tool", "Dataloader Bulk", "Workbench")
ROWS_PER_BATCH = 10_000
BATCHES_SINCE = 49
"""Before this API version, DailyBulkApiBatches was DailyBulkApiRequests."""


def limits(call: Call) -> Reply:
    """What is left of each limit, for who has View Setup (documented; the refusal is inferred)."""
    if not call.sight.may("ViewSetup"):
        raise ApiError(403, "FUNCTIONALITY_NOT_ENABLED", "This feature is not currently enabled for this user.")
    left = call.state.api_limit - call.state.api_usage
    body: dict[str, Any] = {"DailyApiRequests": {"Max": call.state.api_limit, "Remaining": max(left, 0)}}
    hidden = () if call.sight.may("ManageUsers") else STORAGE
    body |= {name: {"Max": most, "Remaining": most} for name, most in MAXIMA.items() if name not in hidden}
    body["DailyBulkApiBatches"]["Remaining"] = max(MAXIMA["DailyBulkApiBatches"] - batches_done(call.state), 0)
    by_app = OWN_BUCKETS if float(call.version) > REQUESTS_BY_APP_UNTIL else ("DailyApiRequests", *OWN_BUCKETS)
    for name in by_app:
        body[name] |= {app: {"Max": 0, "Remaining": 0} for app in APPS}
    body["PermissionSets"]["CreateCustom"] = {"Max": 1_000, "Remaining": 1_000}
    if float(call.version) < BATCHES_SINCE:
        body["DailyBulkApiRequests"] = body.pop("DailyBulkApiBatches")
    return Reply(body=dict(sorted(body.items())))


def batches_done(state: OrgState) -> int:
    """Those of others and of the jobs here; a load of version 2.0 is cut into batches of 10,000 rows (documented)."""
    return state.bulk_batches + sum(_batches_of(job) for job in state.jobs.values())


def _batches_of(job: BulkJob) -> int:
    return len(job.batches) or -(-len(job.requests.get("", [])) // ROWS_PER_BATCH)


def record_count(call: Call) -> Reply:
    """Rows by object, without those that the user cannot see."""
    asked = [name for name in call.query.get("sObjects", "").split(",") if name]
    specs = [spec for spec in call.sight.objects() if not asked or spec.name in asked]
    counts = [{"count": len(list(call.sight.rows(spec))), "name": spec.name} for spec in specs]
    return Reply(body={"sObjects": counts})
