"""Check quota.api_requests."""

from __future__ import annotations

from typing import Any

import pytest
from connecting import connect
from known import AT, INACTIVE, NO_API, finding, login, refused_login

from airflow_sf_health import Requirements, examine
from airflow_sf_health.evidence.facts import ApiFacts
from airflow_sf_health.evidence.needs import API, LOGIN, ORG_STATE, ORGANIZATION, REQUIREMENTS, Need
from airflow_sf_health.org.errors import Refusal, Shape
from airflow_sf_health.report import Finding, Level, Verdict
from airflow_sf_health.testing import FakeOrg

UPSERT = Requirements.of({"records": 25_000, "objects": {"Account": {"upsert": ["Name"], "external_id": "ERP_Id__c"}}})
SPENT = Refusal(
    shape=Shape.REST,
    status=403,
    code="REQUEST_LIMIT_EXCEEDED",
    message="TotalRequests Limit exceeded.",
    where="composite request",
)
BUSY = Refusal(
    shape=Shape.REST,
    status=403,
    code="REQUEST_LIMIT_EXCEEDED",
    message="ConcurrentRequests (Concurrent API Requests) Limit exceeded.",
    where="composite request",
)
SANDBOX: dict[Need[Any], Any] = {ORGANIZATION: {"Id": "00D", "IsSandbox": True}}
TRIAL: dict[Need[Any], Any] = {ORG_STATE: {"IsReadOnly": False, "TrialExpirationDate": "2027-11-22T02:00:00.000+0000"}}


def of(used: int, requirements: Requirements | None = None, answers: dict[Need[Any], Any] | None = None) -> Finding:
    known: dict[Need[Any], Any] = {
        API: ApiFacts(used=used, allowed=100_000),
        REQUIREMENTS: requirements or Requirements(),
    }
    return finding("quota.api_requests", {**known, **(answers or {})})


@pytest.mark.parametrize(
    ("used", "level", "share"),
    [
        (0, Level.OK, 0),
        (8_400, Level.OK, 8),
        (79_999, Level.OK, 79),
        (80_000, Level.WARNING, 80),
        (100_000, Level.WARNING, 100),
        (101_000, Level.WARNING, 101),
    ],
)
def test_share(used: int, level: Level, share: int) -> None:
    """What is used is told, as approximate, and is a warning from 80% on; a task without a number of records never fails by it."""
    one = of(used)
    assert (one.level, one.cause) == (level, None if level is Level.OK else "request_limit")
    assert one.summary.startswith(f"about {share}% of 100,000 daily API requests used")


def test_warning_tells_what_the_number_is() -> None:
    """It is approximate, rolls, is soft for paid orgs, and stands in the header as it was seen."""
    one = of(85_000)
    assert one.saw == "Sforce-Limit-Info: api-usage=85000/100000"
    assert "approximate" in one.hint
    assert "no hour at which it starts anew." in one.hint
    assert "A paid org in use may go over its limit for a while" in one.hint
    assert "A sandbox or a trial is cut exactly" in of(85_000, answers=SANDBOX).hint


def test_no_header() -> None:
    """Replies without the header leave it unknown."""
    one = finding("quota.api_requests", {API: ApiFacts()})
    assert (one.level, one.cause) == (Level.UNKNOWN, None)
    assert finding("quota.api_requests", {API: ApiFacts(used=0, allowed=0)}).level is Level.UNKNOWN


def test_records_that_fit() -> None:
    """What the task needs is shown with its arithmetic beside what is used."""
    one = of(8_400, UPSERT)
    assert one.level is Level.OK
    assert one.summary == (
        "about 8% of 100,000 daily API requests used; the task needs at least 3 API calls for 25,000 records "
        "(upsert Account: 3, by one job of Bulk API 2.0)"
    )
    assert of(99_997, UPSERT).level is Level.WARNING


@pytest.mark.parametrize("used", [99_998, 100_000])
def test_records_that_do_not_fit(used: int) -> None:
    """It fails when the cheapest way needs more than is left, says that nothing is cheaper, and how a paid org leaves it out."""
    one = of(used, UPSERT)
    assert (one.level, one.cause, one.certain) == (Level.FAILED, "request_limit", True)
    assert one.summary == (
        "the records do not fit in what is left: the task needs at least 3 API calls for 25,000 records (upsert Account: 3, by "
        f"one job of Bulk API 2.0), and about {100_000 - used} daily API requests of 100,000 left"
    )
    assert "No cheaper way exists" in one.hint
    assert "no hour at which it starts anew: try again later." in one.hint
    assert "checks=['-quota.api_requests']" in one.hint


def test_many_records_are_no_failure_by_themselves() -> None:
    """Bulk API takes any number of rows in three calls, so a large load fails by no guess."""
    assert of(90_000, Requirements(records=10_000_000)).level is Level.WARNING
    assert of(10_000, Requirements(records=10_000_000)).level is Level.OK


def test_paid_org_over_its_limit_that_answers() -> None:
    """It is served beyond its limit, so nothing says that the records do not fit."""
    one = of(100_400, UPSERT)
    assert one.level is Level.WARNING
    assert "100% of 100,000 daily API requests used, and Salesforce still answers" in one.summary


@pytest.mark.parametrize("kind", [SANDBOX, TRIAL], ids=["sandbox", "trial"])
def test_org_that_is_cut_exactly(kind: dict[Need[Any], Any]) -> None:
    """A sandbox or a trial has no more than its limit, whatever the approximate number says."""
    one = of(100_400, UPSERT, kind)
    assert one.level is Level.FAILED
    assert "is cut exactly at its limit" in one.hint
    assert "-quota.api_requests" not in one.hint


def test_org_of_an_unknown_kind() -> None:
    """An org whose record may not be read is taken for a paid one."""
    assert of(100_400, UPSERT, {ORGANIZATION: NO_API, ORG_STATE: NO_API}).level is Level.WARNING


def test_refused_for_this_limit() -> None:
    """Requests that are refused because none are left are the answer."""
    one = finding("quota.api_requests", {API: ApiFacts(refusal=SPENT, used=100_000, allowed=100_000)})
    assert (one.level, one.cause, one.certain) == (Level.FAILED, "request_limit", True)
    assert "TotalRequests Limit exceeded" in one.summary


@pytest.mark.parametrize("refusal", [NO_API, BUSY])
def test_refused_for_something_else(refusal: Refusal) -> None:
    """Another refusal only hides the number."""
    answers: dict[Need[Any], Any] = {API: ApiFacts(refusal=refusal), LOGIN: login(at=AT)}
    one = finding("quota.api_requests", answers)
    assert (one.level, one.cause) == (Level.UNKNOWN, None)


def test_refused_login() -> None:
    """Without a token there is no reply to read it from."""
    assert finding("quota.api_requests", refused_login(INACTIVE)).level is Level.UNKNOWN


# On a living org


def test_default_costs_nothing(org: FakeOrg) -> None:
    """The number comes with the one call that is made anyway."""
    report = examine(connect(org, "jwt"))
    (one,) = [each for each in report.findings if each.check == "quota.api_requests"]
    assert (one.level, one.summary) == (Level.OK, "about 8% of 100,000 daily API requests used")
    assert (report.cost.http_requests, report.cost.api_calls) == (2, 1)


def test_org_that_is_nearly_used_up(org: FakeOrg) -> None:
    """A warning, and the task goes on."""
    org.state.api_usage = 90_000
    report = examine(connect(org, "jwt"), Requirements(records=1_000_000, writes=False))
    assert (report.verdict, report.main and report.main.cause) == (Verdict.DEGRADED, "request_limit")


def test_org_without_enough_left(org: FakeOrg) -> None:
    """A sandbox whose few calls do not carry the load is unhealthy for now."""
    org.state.org.is_sandbox, org.state.org.my_domain = True, "acme--dev"
    org.state.api_limit, org.state.api_usage = 20, 15
    objects = {name: {"insert": True, "update": True} for name in ("Account", "Contact", "Lead")}
    report = examine(connect(org, "jwt"), Requirements.of({"records": 25_000, "objects": objects}))
    assert (report.verdict, report.main and report.main.cause) == (Verdict.UNHEALTHY, "request_limit")
    assert report.main is not None
    assert "at least 18 API calls for 25,000 records" in report.main.summary
