"""The public status page beside a failed examination: them or us?"""

from __future__ import annotations

from typing import Any

import pytest
from connecting import connect

from airflow_sf_health import Options, Requirements, examine
from airflow_sf_health.org.connection import TimeLimits
from airflow_sf_health.org.trust import HOST
from airflow_sf_health.present.payload import dump, load
from airflow_sf_health.present.short import short
from airflow_sf_health.present.text import message
from airflow_sf_health.report import Report, Verdict
from airflow_sf_health.testing import FakeOrg

WRONG_ORG = Requirements(org_id="00DHs0000000002MAA")
INCIDENT = "Salesforce Status: instance USA123S has MAJOR_INCIDENT_CORE."


def examined(org: FakeOrg, requirements: Requirements = WRONG_ORG, *, asked: bool | None = True, **how: Any) -> Report:
    return examine(connect(org, "jwt", **how), requirements, Options(trust_status=asked))


def asked_hosts(org: FakeOrg) -> list[str]:
    return [record.host for record in org.requests()]


def test_a_failure_says_what_the_page_says(org: FakeOrg) -> None:
    """An incident of the org's instance stands in the message, its short form and the payload; it decides nothing."""
    org.state.org.trust_status = "MAJOR_INCIDENT_CORE"
    report, without = examined(org), examined(org, asked=False)
    assert report.trust == INCIDENT
    assert f"  status   {INCIDENT}\n" in message(report)
    assert INCIDENT in short(report, docs_url="https://docs", last="", room=2000)
    assert load(dump(report)) == report
    assert (report.verdict, report.main) == (without.verdict, without.main)


@pytest.mark.parametrize("asked", [None, False])
def test_it_is_off_by_default(org: FakeOrg, asked: bool | None) -> None:
    """Where nobody asked for it, nobody but the org is spoken to."""
    assert examined(org, asked=asked).trust == ""
    assert HOST not in asked_hosts(org)


def test_a_healthy_examination_does_not_ask(org: FakeOrg) -> None:
    """Who has no trouble pays nothing: two requests, one API call."""
    report = examined(org, Requirements())
    assert (report.verdict, report.trust) == (Verdict.HEALTHY, "")
    assert (report.cost.http_requests, report.cost.api_calls) == (2, 1)


def test_an_unknown_instance_is_not_guessed(org: FakeOrg) -> None:
    """A refused login tells no instance, so nothing is asked."""
    org.user().active = False
    assert examined(org).trust == ""
    assert HOST not in asked_hosts(org)


def test_a_silent_page_changes_nothing(org: FakeOrg) -> None:
    """Where the page does not answer, the report is the one without it."""
    with org.fault(host=HOST, reset=True):
        report = examined(org)
    assert (report.trust, report.verdict) == ("", Verdict.UNHEALTHY)


def test_it_stays_within_the_examinations_time(org: FakeOrg) -> None:
    """A page that hangs is left when the examination's own time is over."""
    with org.fault(host=HOST, stall="headers"):
        report = examined(org, limits=TimeLimits(examination=1.5))
    assert report.trust == ""
    assert report.verdict is Verdict.UNHEALTHY
