"""A wrong clock, met through real requests: the cause, the number, and no false alarm."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from connecting import LOGIN_FLOWS, connect

from airflow_sf_health import examine
from airflow_sf_health.org.sharing import Sharing
from airflow_sf_health.present.text import message, one_line
from airflow_sf_health.report import Level, Report, Verdict
from airflow_sf_health.store import open_store
from airflow_sf_health.testing import FakeOrg

EXPIRED = '{"error":"invalid_grant","error_description":"expired authorization code"}'


def words(report: Report) -> str:
    return " ".join(message(report).split())


@pytest.mark.parametrize(("offset", "direction"), [(300.0, "behind"), (-300.0, "ahead of")])
def test_five_minutes(org: FakeOrg, offset: float, direction: str) -> None:
    """Five minutes either way are measured, certain, in all that a chat shows, and cost one request."""
    org.clock_offset = offset
    report = examine(connect(org, "jwt"))
    assert report.main is not None
    assert (report.verdict, report.main.cause, report.main.certain) == (Verdict.UNHEALTHY, "clock_skew", True)
    assert (report.cost.http_requests, report.cost.logins, report.repairs) == (1, 1, ())
    assert not report.no_retry_heals
    measured = rf"[Tt]his machine's clock is (4 min 5\d s|5 min( \d s)?) {direction} Salesforce's"
    for text in (report.main.hint, words(report), one_line(report)):
        assert re.search(measured, text), text
    assert re.search(r"UTC \(\d\d:\d\d:\d\d by Salesforce's clock\)", report.main.saw)


@pytest.mark.parametrize("offset", [-60.0, 0.0, 60.0])
def test_clocks_that_agree(org: FakeOrg, offset: float) -> None:
    """Up to a minute every login succeeds, and nobody is warned."""
    org.clock_offset = offset
    assert examine(connect(org, "jwt")).verdict is Verdict.HEALTHY


@pytest.mark.parametrize("offset", [-60.0, 0.0, 60.0])
def test_refusal_that_the_clock_does_not_explain(org: FakeOrg, offset: float) -> None:
    """Where the clocks agree, the same words are not the clock's, which the message says with the number."""
    org.clock_offset = offset
    org.fault(path="*/token", status=400, body=EXPIRED)
    report = examine(connect(org, "jwt"))
    assert report.main is not None
    assert (report.main.cause, report.main.certain) == ("jwt_invalid", False)
    assert "clock_skew" not in {each.cause for each in report.main.candidates}
    assert re.search(r"this machine's and Salesforce's agree \((\d+ s|1 min( \d s)?) apart\)", words(report))


@pytest.mark.parametrize(("offset", "direction"), [(120.0, "behind"), (-120.0, "ahead of")])
def test_clock_that_goes_wrong(org: FakeOrg, offset: float, direction: str) -> None:
    """Two minutes forbid no login yet; the task goes on with a warning that has the number."""
    org.clock_offset = offset
    report = examine(connect(org, "jwt"))
    assert (report.verdict, report.may_proceed) == (Verdict.DEGRADED, True)
    warned = [each for each in report.findings if each.level is Level.WARNING]
    assert [each.check for each in warned] == ["session.login"]
    assert re.search(rf"(1 min 5\d s|2 min( \d s)?) {direction} Salesforce's", warned[0].summary)


@pytest.mark.parametrize("name", [each for each in LOGIN_FLOWS if each != "jwt"])
def test_no_other_flow_minds(org: FakeOrg, name: str) -> None:
    """Only JWT bearer signs by the clock; five minutes are nothing to the others."""
    before = examine(connect(org, name)).verdict
    org.clock_offset = 300.0
    assert examine(connect(org, name)).verdict is before


def test_a_wrong_clock_is_told_to_nobody_else(org: FakeOrg, tmp_path: Path) -> None:
    """It is this machine's alone: a worker whose clock is right, on the same way to the internet, tries for itself."""
    sharing = Sharing(vault=open_store(f"sqlite:///{tmp_path}/store.sqlite").vault, egress="shared")
    connection = connect(org, "jwt")
    org.clock_offset = 300.0
    refused = examine(connection, sharing=sharing)
    assert (refused.verdict, refused.next_login) == (Verdict.UNHEALTHY, None)
    org.clock_offset = 0.0
    assert examine(connection, sharing=sharing).verdict is Verdict.HEALTHY
