"""A lint as workflow commands of GitHub Actions, which shows them beside the lines of a pull request."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from airflow_sf_health.commands import lint_words as words
from airflow_sf_health.commands.console import Console, printable
from airflow_sf_health.commands.lint_found import Linted

_IN_TEXT = {"%": "%25", "\r": "%0D", "\n": "%0A"}
_IN_PROPERTY = {**_IN_TEXT, ":": "%3A", ",": "%2C"}


def as_github(found: Linted, console: Console) -> Iterator[str]:
    """One command a line, and the numbers last, which are none."""
    for error in found.errors:
        yield _command("error", error.path, error.line, f"DAG file {error.what}", error.text)
    for task in found.tasks:
        name = f"{task.dag_id}.{task.task_id}"
        if task.status == "unguarded":
            yield _command("error", task.path, task.line, f"Unguarded Salesforce task {name}", task.advice)
        for remark in task.remarks:
            yield _command("warning", task.path, task.line, f"Salesforce task {name}", remark.text)
    yield f"{words.summary(found)}."


def _command(level: str, path: Path, line: int, title: str, text: str) -> str:
    properties = {"file": _from_here(path), "line": str(line), "title": title}
    given = ",".join(f"{name}={_escaped(value, _IN_PROPERTY)}" for name, value in properties.items())
    return printable(f"::{level} {given}::{_escaped(text, _IN_TEXT)}")


def _from_here(path: Path) -> str:
    """GitHub takes a name that begins in the checkout, wherever in it a step runs."""
    checkout = Path(os.environ.get("GITHUB_WORKSPACE") or ".").absolute()
    for base in (checkout, Path.cwd()):
        for each, folder in ((path, base), (path.resolve(), base.resolve())):
            if each.is_relative_to(folder):
                return each.relative_to(folder).as_posix()
    return path.as_posix()


def _escaped(text: str, signs: dict[str, str]) -> str:
    return "".join(signs.get(each, each) for each in text)
