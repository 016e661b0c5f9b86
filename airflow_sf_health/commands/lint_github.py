"""A lint as workflow commands of GitHub Actions, which shows them beside the lines of a pull request."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from airflow_sf_health.commands import lint_words as words
from airflow_sf_health.commands.console import Console, printable
from airflow_sf_health.commands.lint_found import Linted
from airflow_sf_health.enforcement.advice import how_to_guard

_IN_TEXT = {"%": "%25", "\r": "%0D", "\n": "%0A"}
_IN_PROPERTY = {**_IN_TEXT, ":": "%3A", ",": "%2C"}


def as_github(found: Linted, console: Console) -> Iterator[str]:
    """One command a line, and the numbers last, which are none."""
    for error in found.errors:
        yield _command("error", error.path, error.line, "DAG file could not be read", error.text)
    for task in found.tasks:
        name = f"{task.dag_id}.{task.task_id}"
        if task.status == "unguarded":
            yield _command(
                "error", task.path, task.line, f"Unguarded Salesforce task {name}", how_to_guard(task.judged)
            )
        for remark in task.remarks:
            yield _command("warning", task.path, task.line, f"Salesforce task {name}", remark.text)
    yield f"{words.summary(found)}."


def _command(level: str, path: Path, line: int, title: str, text: str) -> str:
    properties = {"file": _from_here(path), "line": str(line), "title": title}
    given = ",".join(f"{name}={_escaped(value, _IN_PROPERTY)}" for name, value in properties.items())
    return printable(f"::{level} {given}::{_escaped(text, _IN_TEXT)}")


def _from_here(path: Path) -> str:
    """GitHub takes a name that begins in the checkout, where a workflow's steps run."""
    here = Path.cwd()
    return (path.relative_to(here) if path.is_relative_to(here) else path).as_posix()


def _escaped(text: str, signs: dict[str, str]) -> str:
    return "".join(signs.get(each, each) for each in text)
