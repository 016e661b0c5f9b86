"""The short form, for a connection's Test button."""

from __future__ import annotations

from dataclasses import replace

import pytest
from reports import states

from airflow_sf_health.causes import CAUSE_IDS, cause
from airflow_sf_health.examination import report_unasked
from airflow_sf_health.present.short import short
from airflow_sf_health.report import Report

SEEN = "Seen from worker-1; tasks may run elsewhere, with another address and proxy."
STATES = {name: replace(report, conn_id="", contact="#crm-team") for name, report in states().items()}
CAUSES = {each: replace(report_unasked("", "what was met", cause_id=each), contact="#crm-team") for each in CAUSE_IDS}


def said(report: Report, docs_url: str = "https://docs.example.com", room: int = 2_000) -> str:
    return short(report, docs_url=docs_url, last=SEEN, room=room)


@pytest.mark.parametrize("name", [*STATES, *CAUSES])
def test_it_fits_with_its_end(name: str) -> None:
    """However long the advice is, contact, article, page and place are there, and so is a step where there is one."""
    report = {**STATES, **CAUSES}[name]
    text = said(report)
    assert len(text) <= 2_000
    assert text.splitlines()[-1] == SEEN
    assert "Contact: #crm-team (from the connection)" in text
    if report.main is not None and report.main.cause is not None:
        known = cause(report.main.cause)
        assert f"/causes/{known.id}" in text.splitlines()[-2]
        assert known.articles[0].url in text
        assert "Means: " in text
        assert "\n1. " in text


@pytest.mark.parametrize("name", CAUSES)
def test_it_speaks_of_the_connection_before_the_reader(name: str) -> None:
    """No id is known here and no task runs, so no text speaks of one, and no placeholder is left."""
    text = said(CAUSES[name])
    assert "connection of this task" not in text
    assert "run this task" not in text
    assert "{" not in text


def test_a_flood_leaves_the_end() -> None:
    """Neither a long contact nor a long address of the documentation costs the last lines."""
    text = said(replace(STATES["inactive"], contact="team " * 500), docs_url="https://docs.example.com/" + "a" * 1_000)
    assert len(text) <= 2_000
    assert text.startswith("The Salesforce connection is unhealthy: the integration user is inactive.")
    assert text.splitlines()[-2].endswith("/causes/user_inactive")
    assert text.splitlines()[-1] == SEEN


def test_what_another_task_has_met() -> None:
    """A reused report says whose it is, and a refused login when it is tried again."""
    text = said(STATES["reused_refusal"])
    assert text.splitlines()[1] == "As examined 12 s ago by load_accounts.preflight."
    assert "\nNext real login attempt not before 02:01:13 UTC.\n" in text
    assert "as examined 12 s ago by load_accounts.preflight" in said(STATES["reused"])


def test_a_healthy_connection_is_three_lines() -> None:
    """The verdict, what was asked, and the place."""
    first, asked, *rest = said(replace(STATES["healthy"], contact=None)).splitlines()
    assert first == "The Salesforce connection is healthy."
    assert asked.startswith("Asked ")
    assert rest == [SEEN]
