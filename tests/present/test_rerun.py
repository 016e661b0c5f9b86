"""What a task that nobody held back is told about running again: it may have written rows."""

from __future__ import annotations

import re

import pytest
from known import AT

from airflow_sf_health.causes import CAUSE_IDS, cause
from airflow_sf_health.present.rerun import LOOK_FIRST, after_failed_task
from airflow_sf_health.present.text import Situation, message, one_line
from airflow_sf_health.report import Finding, Level, Report


def report(cause_id: str) -> Report:
    finding = Finding(level=Level.FAILED, summary="it failed", cause=cause_id, check="task")
    return Report(conn_id="crm", examined_at=AT, findings=(finding,))


@pytest.mark.parametrize("cause_id", CAUSE_IDS)
def test_no_cause_says_to_clear_it_or_that_nothing_was_written(cause_id: str) -> None:
    """However a file words its step for Airflow, the message for a failed task has neither the preflight's promise nor its
    "clear it"; and where it says to run the task again, it says before what to look at.
    """
    said = " ".join(message(report(cause_id), Situation(failed_task="load")).split())
    assert not re.search(r"preflight wrote|wrote nothing|clear (it|this task|the task)\b", said)
    for step in after_failed_task(cause(cause_id).steps):
        assert step.role != "Airflow" or step.text.startswith(LOOK_FIRST)


def test_the_examinations_own_words_stay() -> None:
    """A task that an examination ended wrote nothing, and may be cleared."""
    said = " ".join(message(report("user_inactive")).split())
    assert "(clear it with downstream tasks). The preflight wrote nothing to Salesforce." in said


def test_the_headline_names_task_and_connection() -> None:
    """As far as there is one; the one line has it too."""
    situation = Situation(failed_task="load")
    assert one_line(report("user_inactive"), situation).startswith(
        "Task 'load' failed on Salesforce connection 'crm': the integration user is inactive. "
    )
    nameless = Report(conn_id="", examined_at=AT, findings=report("user_inactive").findings)
    assert one_line(nameless, situation).startswith("Task 'load' failed at Salesforce: ")
