"""What lint says for people, of tasks and errors that are given."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path
from typing import get_args

import pytest

from airflow_sf_health.commands.console import Console
from airflow_sf_health.commands.lint_found import FileError, Linted, LintedTask, Status
from airflow_sf_health.commands.lint_text import as_text

CONSOLE = Console(io.StringIO(), 100, coloured=False)
TASK = LintedTask(
    file="a.py",
    path=Path("a.py"),
    line=1,
    dag_id="one",
    task_id="a",
    operator="Reader",
    status="guarded",
    conn_ids=("crm",),
    late=False,
    how="pre_execute",
    by=(),
    unguarded=(),
)


def test_a_long_id_pushes_no_other_line_aside() -> None:
    """Its own columns begin further right, and it is there as a whole."""
    long = replace(TASK, task_id="x" * 200)
    found = Linted(read=(), tasks=(TASK, long), errors=(), policy="off")
    first, second = [line for line in as_text(found, CONSOLE) if line.startswith("  guarded")]
    assert len(first) < 100
    assert f"one.{'x' * 200}" in second


def test_a_long_id_has_a_gap_after_it() -> None:
    """Its connection does not become a part of it."""
    found = Linted(read=(), tasks=(replace(TASK, task_id="x" * 60),), errors=(), policy="off")
    assert f"one.{'x' * 60}  crm  pre_execute" in "".join(as_text(found, CONSOLE))


def test_the_numbers_are_as_wide_as_the_terminal() -> None:
    """They are a sentence, and no line of code that somebody copies."""
    tasks = tuple(replace(TASK, status=each, how="none") for each in get_args(Status))
    found = Linted(read=(), tasks=tasks, errors=(), policy="off")
    *_, one, two, three = as_text(found, Console(io.StringIO(), 60, coloured=False))
    assert one == "0 files read; 6 Salesforce tasks in 1 file: 1 guarded, 1"
    assert three == "not asked."
    assert len(two) <= 60


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            'Traceback (most recent call last):\n  File "a.py", line 2, in <module>\n    1/0\n    ~^~\nZeroDivisionError: no\n',
            "ZeroDivisionError: no",
        ),
        (
            'Traceback (most recent call last):\n  File "a.py", line 2\n    x = (\n        ^\nSyntaxError: never closed\n',
            "SyntaxError: never closed",
        ),
        (
            'Traceback (most recent call last):\n  File "a.py", line 2, in <module>\n    f()\nValueError: one\nhelp: https://example.org\n',
            "ValueError: one",
        ),
        ("AirflowDagCycleException: Cycle\ndetected\n", "AirflowDagCycleException: Cycle"),
        ("", ""),
    ],
)
def test_the_line_of_an_error_that_says_what_it_is(text: str, said: str) -> None:
    """Kind and text, and neither a place nor what a library adds below."""
    assert FileError(file="a.py", path=Path("a.py"), text=text).last_words == said
