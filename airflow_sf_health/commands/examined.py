"""What the commands that examine a connection print, and how they end."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from airflow_sf_health.commands import ExitCode
from airflow_sf_health.commands.connections import why_missing
from airflow_sf_health.commands.console import Console, printable
from airflow_sf_health.commands.errors import CommandError
from airflow_sf_health.commands.said import coloured
from airflow_sf_health.present.coverage import coverage
from airflow_sf_health.present.layout import wrapped
from airflow_sf_health.present.payload import dump
from airflow_sf_health.present.text import headline, message, sentence
from airflow_sf_health.report import Finding, Level, Report, Verdict

NO_CONNECTION = "connection_not_found"
_CODES = {Verdict.UNHEALTHY: ExitCode.UNHEALTHY, Verdict.UNDETERMINED: ExitCode.NOT_ASKED}
_STYLES = {
    Level.OK: "good",
    Level.WARNING: "warn",
    Level.FAILED: "bad",
    Level.UNKNOWN: "warn",
    Level.INFO: "dim",
    Level.NOT_APPLICABLE: "dim",
}
_WORDS = {Level.NOT_APPLICABLE: "n/a"}
VERDICT_STYLES = {
    Verdict.HEALTHY: "good",
    Verdict.DEGRADED: "warn",
    Verdict.UNHEALTHY: "bad",
    Verdict.UNDETERMINED: "warn",
}


def print_examined(
    report: Report, console: Console, *, as_json: bool, done: str = "", beside: Mapping[str, Any] | None = None
) -> None:
    """Print a report: for people, or as JSON.

    :param done: what was done before the examination, a sentence that people read first; ``beside``: keys that programs read beside those
        of the report.
    :raises CommandError: there is no such connection; a program whose question nobody could answer has its report all the same.
    """
    missing = _missing(report)
    if missing is not None and not (as_json and missing.exit_code is ExitCode.NOT_ASKED):
        raise missing
    if as_json:
        console.print(json.dumps({**dump(report), **(beside or {})}, indent=2))
    else:
        console.print(*([*wrapped(printable(done), console.width), ""] if done else []), *_said(report, console))
    if missing is not None:
        raise missing


def exit_code(report: Report, *, strict: bool = False) -> ExitCode:
    """The verdict as exit code."""
    if report.verdict is Verdict.DEGRADED:
        return ExitCode.DEGRADED if strict else ExitCode.DONE
    return _CODES.get(report.verdict, ExitCode.DONE)


def _missing(report: Report) -> CommandError | None:
    main = report.main
    return why_missing(report.conn_id, main.summary) if main is not None and main.cause == NO_CONNECTION else None


def _said(report: Report, console: Console) -> Iterator[str]:
    from airflow_sf_health.edges.outcome import situation

    if report.verdict is Verdict.HEALTHY:
        yield from _healthy(report, console)
        return
    said = printable(message(report, replace(situation(), width=console.width)))
    yield from coloured(said, VERDICT_STYLES[report.verdict], console)


def _healthy(report: Report, console: Console) -> Iterator[str]:
    """The line of a task's log, and below it what each check found."""
    said = (*report.repairs, sentence(report.second_opinion), f"Asked {coverage(report)}.")
    yield console.paint("good", headline(report))
    yield from wrapped(printable(" ".join(each for each in said if each)), console.width)
    yield ""
    longest = max(len(each.check) for each in report.findings)
    for finding in report.findings:
        yield from _finding(finding, longest, console)


def _finding(finding: Finding, longest: int, console: Console) -> Iterator[str]:
    level = f"{_WORDS.get(finding.level, str(finding.level)):<7}"
    begin = f"  {level}  {finding.check:<{longest}}  "
    first, *others = textwrap.wrap(printable(finding.summary), max(console.width - len(begin), 20)) or [""]
    yield f"  {console.paint(_STYLES[finding.level], level)}  {finding.check:<{longest}}  {first}"
    yield from (" " * len(begin) + line for line in others)
