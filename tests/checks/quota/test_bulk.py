"""Check quota.bulk."""

from __future__ import annotations

from typing import Any

import pytest
from connecting import connect
from known import SILENCE, finding

from airflow_sf_health import Requirements, examine
from airflow_sf_health.evidence.facts import Limit
from airflow_sf_health.evidence.limits import BARRED
from airflow_sf_health.evidence.needs import ORG_LIMITS, REQUIREMENTS
from airflow_sf_health.org.errors import Refusal, Shape
from airflow_sf_health.report import Finding, Level, Report, Verdict
from airflow_sf_health.testing import FakeOrg

LOAD: dict[str, Any] = {"Account": {"upsert": ["Name"], "external_id": "ERP_Id__c"}}
FORBIDDEN = Refusal(
    shape=Shape.REST,
    status=403,
    code="FUNCTIONALITY_NOT_ENABLED",
    message="This feature is not currently enabled for this user.",
    where="limits of the org",
)


def required(records: int | None = 25_000, objects: dict[str, Any] | None = None, **more: Any) -> Requirements:
    return Requirements.of({"records": records, "objects": LOAD if objects is None else objects, **more})


def of(remaining: int, requirements: Requirements | None = None, most: int = 15_000) -> Finding:
    limits = {"DailyBulkApiBatches": Limit(most=most, remaining=remaining)}
    return finding("quota.bulk", {REQUIREMENTS: requirements or required(), ORG_LIMITS: limits})


@pytest.mark.parametrize(
    "requirements",
    [
        Requirements(),
        required(None),
        required(0),
        required(objects={"Account": ["Name"]}),
        Requirements(records=5, writes=False),
    ],
    ids=["nothing", "no number", "none", "read", "reads"],
)
def test_nothing_to_count(requirements: Requirements) -> None:
    """A task without a number of records to write is no matter of batches, and nothing is asked for it."""
    one = finding("quota.bulk", {REQUIREMENTS: requirements})
    assert one.level is Level.NOT_APPLICABLE


@pytest.mark.parametrize(
    ("remaining", "level", "share"),
    [(15_000, Level.OK, 0), (3_001, Level.OK, 79), (3_000, Level.WARNING, 80), (3, Level.WARNING, 99)],
)
def test_share(remaining: int, level: Level, share: int) -> None:
    """What is used, and what the load needs; a warning from 80% on."""
    one = of(remaining)
    assert (one.level, one.cause) == (level, None if level is Level.OK else "bulk_limit")
    assert one.summary == (
        f"{share}% of 15,000 daily Bulk API batches used; the task needs at least 3 (25,000 / 10,000 for upsert Account)"
    )


def test_load_that_does_not_fit() -> None:
    """Two batches left for three: it fails with the arithmetic, and tells the way without batches."""
    one = of(2)
    assert (one.level, one.cause, one.certain) == (Level.FAILED, "bulk_limit", True)
    assert one.summary == (
        "2 of 15,000 daily Bulk API batches left, and the task needs at least 3 (25,000 / 10,000 for upsert Account)"
    )
    assert one.saw == "/limits: DailyBulkApiBatches Max 15000, Remaining 2"
    assert "SObject collections need no batch and 125 API calls" in one.hint
    assert "checks=['-quota.bulk']" in one.hint
    assert "no hour at which it starts anew: try again later." in one.hint


def test_each_operation_counts() -> None:
    """Batches of each operation on each object."""
    both = required(objects={"Account": {"insert": True, "delete": True}, "Lead": {"update": True}})
    one = of(8, both)
    assert one.level is Level.FAILED
    assert "at least 9 (25,000 / 10,000 for each of insert Account, delete Account, update Lead)" in one.summary


def test_few_records_have_another_way() -> None:
    """Two thousand records go through collections as well: a warning."""
    one = of(0, required(2_000))
    assert (one.level, one.cause) == (Level.WARNING, "bulk_limit")
    assert "10 API calls" in one.hint
    assert of(0, required(2_001)).level is Level.FAILED


def test_hard_delete_has_no_other_way() -> None:
    """However few they are, only Bulk API deletes past the recycle bin."""
    one = of(0, required(1, {"Lead": {"hard_delete": True}}))
    assert one.level is Level.FAILED
    assert "Only Bulk API deletes past the recycle bin" in one.hint
    assert "-quota.bulk" not in one.hint


def test_org_without_batches() -> None:
    """A limit of none is used up."""
    assert of(0, most=0).level is Level.FAILED


def test_older_name() -> None:
    """Until version 48 the batches were called requests."""
    answers = {REQUIREMENTS: required(), ORG_LIMITS: {"DailyBulkApiRequests": Limit(most=15_000, remaining=9_000)}}
    assert finding("quota.bulk", answers).summary.startswith("40% of 15,000")


@pytest.mark.parametrize(
    ("refusal", "words"),
    [
        (FORBIDDEN, "(it takes 'View Setup and Configuration')"),
        (BARRED, "the user lacks the permission 'View Setup and Configuration'"),
        (SILENCE, "read time limit reached"),
    ],
)
def test_not_told(refusal: Refusal, words: str) -> None:
    """Who may not ask, or got no answer, does not know; that fails no task."""
    one = finding("quota.bulk", {REQUIREMENTS: required(), ORG_LIMITS: refusal})
    assert (one.level, one.cause) == (Level.UNKNOWN, None)
    assert words in one.summary


def test_limit_that_is_not_listed() -> None:
    """An org that lists no batches leaves it unknown."""
    assert finding("quota.bulk", {REQUIREMENTS: required(), ORG_LIMITS: {}}).level is Level.UNKNOWN


# On a living org


def look(org: FakeOrg, requirements: Requirements | None, **more: Any) -> tuple[Report, Finding]:
    report = examine(connect(org, "jwt"), requirements, **more)
    (one,) = [each for each in report.findings if each.check == "quota.bulk"]
    assert report.cost.api_calls == org.counts("test").api_calls
    return report, one


def may_view_setup(org: FakeOrg) -> None:
    org.state.profiles[0].permissions.add("ViewSetup")


def test_nothing_is_asked_by_default(org: FakeOrg) -> None:
    """A default examination is one API call, also for a user who may see the limits."""
    may_view_setup(org)
    report, one = look(org, None)
    assert (one.level, report.cost.http_requests, report.cost.api_calls) == (Level.NOT_APPLICABLE, 2, 1)


def test_limits_are_one_call_more(org: FakeOrg) -> None:
    """Its own request, after the first: beside the call for the object it is the third."""
    may_view_setup(org)
    report, one = look(org, required())
    assert one.summary.startswith("0% of 15,000 daily Bulk API batches used; the task needs at least 3")
    assert (report.verdict, report.cost.api_calls, report.cost.http_requests) == (Verdict.HEALTHY, 3, 4)


def test_user_without_the_right_costs_no_call(org: FakeOrg) -> None:
    """Where the user's own permissions say that it would be refused, it is not asked; the task goes on."""
    report, one = look(org, required())
    assert (one.level, report.verdict, report.cost.api_calls) == (Level.UNKNOWN, Verdict.HEALTHY, 2)
    assert "lacks the permission 'View Setup and Configuration'" in one.summary


def test_right_that_is_not_known_beforehand(org: FakeOrg) -> None:
    """Where the permissions are not among what is asked, Salesforce's refusal is told."""
    report, one = look(org, required(), selected=["quota.bulk"])
    assert (one.level, report.cost.api_calls) == (Level.UNKNOWN, 2)
    assert "it takes 'View Setup and Configuration'" in one.summary
    assert report.verdict is Verdict.HEALTHY


def test_org_without_batches_left(org: FakeOrg) -> None:
    """A load that does not fit is unhealthy, and a retry may help."""
    may_view_setup(org)
    org.state.bulk_batches = 14_998
    report, one = look(org, required())
    assert (one.level, report.verdict) == (Level.FAILED, Verdict.UNHEALTHY)
    assert report.main == one


def test_limits_that_keep_silent(org: FakeOrg) -> None:
    """Silence there costs the verdict nothing."""
    may_view_setup(org)
    with org.fault(path="/services/data/*/limits", status=502, body="<html>Bad Gateway</html>"):
        report = examine(connect(org, "jwt"), required())
    (one,) = [each for each in report.findings if each.check == "quota.bulk"]
    assert (one.level, report.verdict) == (Level.UNKNOWN, Verdict.HEALTHY)
