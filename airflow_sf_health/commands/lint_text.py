"""A lint for people: a line for each task, below the file that it is in."""

from __future__ import annotations

import os
import textwrap
from collections.abc import Iterator, Sequence
from itertools import groupby

from airflow_sf_health.commands import lint_words as words
from airflow_sf_health.commands.console import Console, printable
from airflow_sf_health.commands.lint_found import FileError, Linted, LintedTask

_STYLES = {
    "guarded": "good",
    "waived": "dim",
    "unguarded": "bad",
    "baseline": "warn",
    "not asked": "dim",
    "teardown": "dim",
}
_INDENT = " " * 4
_GAP = 2


def as_text(found: Linted, console: Console) -> Iterator[str]:
    """All that was found, the numbers last."""
    rows = {id(task): _row(task) for task in found.tasks}
    widths = [
        min(max((len(row[column]) for row in rows.values()), default=0), _WIDEST_COLUMN) for column in range(_COLUMNS)
    ]
    for path, tasks in groupby(found.tasks, key=lambda task: task.path):
        yield console.paint("bold", printable(os.path.relpath(path)))
        for task in tasks:
            yield _line(rows[id(task)], widths, _STYLES[task.status], console)
            yield from _below(task, console)
        yield ""
    for error in found.errors:
        yield from _error(error, console)
    if any(task.status == "unguarded" for task in found.tasks):
        yield from (*textwrap.wrap(words.GUARD_DAG, console.width), "")
    yield from textwrap.wrap(f"{words.summary(found)}.", console.width)


_COLUMNS = 4
_WIDEST_COLUMN = 40
"""One long id pushes its own line to the right, and not all the others."""


def _row(task: LintedTask) -> Sequence[str]:
    """Status, task, connections, guard, and what it needs."""
    columns = (
        task.status,
        f"{task.dag_id}.{task.task_id}",
        ", ".join(words.connections(task)),
        words.guard(task),
        task.needs,
    )
    return [printable(each).replace("\n", " ") for each in columns]


def _line(row: Sequence[str], widths: Sequence[int], style: str, console: Console) -> str:
    status, *others = (f"{text:<{width}}" + " " * _GAP for text, width in zip(row, widths, strict=False))
    begin = "".join(others)
    room = console.width - len(status) - len(begin) - _GAP
    needs = textwrap.shorten(row[-1], room, placeholder="…") if room > len("…") and row[-1] else ""
    return f"  {console.paint(style, status)}{begin}{needs}".rstrip()


def _below(task: LintedTask, console: Console) -> Iterator[str]:
    """What there is to do, and to say."""
    if task.status == "unguarded":
        yield from (f"{_INDENT}{line}" for line in task.todo)
    if task.status == "waived" and task.waiver is not None:
        until = f" (until {task.waiver['until']})" if task.waiver["until"] else ""
        yield from _said(f"Waived{until}: {task.waiver['reason'] or 'by the tag of the DAG'}", "dim", console)
    for remark in task.remarks:
        yield from _said(f"Note: {remark.text}", "warn", console)


def _said(text: str, style: str, console: Console) -> Iterator[str]:
    wrapped = textwrap.wrap(printable(text), console.width - len(_INDENT), break_long_words=False)
    yield from (_INDENT + console.paint(style, line) for line in wrapped)


def _error(error: FileError, console: Console) -> Iterator[str]:
    line = f":{error.line}" if error.line > 1 else ""
    yield f"{console.paint('bold', printable(os.path.relpath(error.path) + line))}: {console.paint('bad', error.what)}"
    yield from _said(error.last_words, "bad", console)
    yield ""
