"""`sf-health check CONN_ID`: the examination that a task would make, from where this command runs."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from airflow_sf_health.commands import ExitCode
from airflow_sf_health.commands.connections import why_missing
from airflow_sf_health.commands.console import Console, printable
from airflow_sf_health.commands.files import read_required_and_locked
from airflow_sf_health.commands.said import coloured
from airflow_sf_health.edges.preflight import Preflight
from airflow_sf_health.present.coverage import coverage
from airflow_sf_health.present.layout import wrapped
from airflow_sf_health.present.payload import dump
from airflow_sf_health.present.text import headline, message, sentence
from airflow_sf_health.report import Finding, Level, Report, Verdict

if TYPE_CHECKING:
    import argparse

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
_COLOUR_OF = {Verdict.HEALTHY: "good", Verdict.DEGRADED: "warn", Verdict.UNHEALTHY: "bad", Verdict.UNDETERMINED: "warn"}


def run(arguments: argparse.Namespace, console: Console) -> ExitCode:
    """Examine, print, and give the verdict as exit code."""
    required, lock = read_required_and_locked(arguments)
    preflight = Preflight.of(arguments.conn_id, required, _selection(arguments.checks), None, schema_lock=lock)
    report = preflight.look_twice()
    main = report.main
    missing = why_missing(report.conn_id, main.summary) if main is not None and main.cause == NO_CONNECTION else None
    if missing is not None and not (arguments.json and missing.exit_code is ExitCode.NOT_ASKED):
        raise missing
    if arguments.json:
        console.print(json.dumps(dump(report), indent=2))
    else:
        console.print(*_said(report, console))
    if missing is not None:
        raise missing
    if report.verdict is Verdict.DEGRADED:
        return ExitCode.DEGRADED if arguments.strict else ExitCode.DONE
    return _CODES.get(report.verdict, ExitCode.DONE)


def _selection(given: Sequence[str] | None) -> list[str] | None:
    return [name.strip() for names in given or () for name in names.split(",") if name.strip()] or None


def _said(report: Report, console: Console) -> Iterator[str]:
    from airflow_sf_health.edges.outcome import situation

    if report.verdict is Verdict.HEALTHY:
        yield from _healthy(report, console)
        return
    said = printable(message(report, replace(situation(), width=console.width)))
    yield from coloured(said, _COLOUR_OF[report.verdict], console)


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
