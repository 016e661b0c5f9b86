"""`sf-health check CONN_ID`: the examination that a task would make, from where this command runs."""

from __future__ import annotations

import difflib
import json
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from airflow_sf_health import compat
from airflow_sf_health.commands import ExitCode
from airflow_sf_health.commands.console import Console, printable
from airflow_sf_health.commands.errors import CommandError
from airflow_sf_health.commands.files import read_mapping
from airflow_sf_health.commands.said import coloured
from airflow_sf_health.edges.preflight import Preflight
from airflow_sf_health.errors import RequirementsError
from airflow_sf_health.present.layout import wrapped
from airflow_sf_health.present.payload import dump
from airflow_sf_health.present.text import coverage, headline, message, sentence
from airflow_sf_health.report import Finding, Level, Report, Verdict
from airflow_sf_health.requirements import Requirements

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
    preflight = Preflight.of(
        arguments.conn_id, _requirements(arguments.requirements), _selection(arguments.checks), None
    )
    report = preflight.look_twice()
    missing = _why_missing(report) if report.main is not None and report.main.cause == NO_CONNECTION else None
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


def _requirements(file: str | None) -> Mapping[str, Any] | None:
    if file is None:
        return None
    read = read_mapping(file)
    try:
        Requirements.of(read)
    except RequirementsError as error:
        raise CommandError(f"{file}: {error}") from error
    return read


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


def _why_missing(report: Report) -> CommandError:
    """Airflow says "isn't defined" for an outage too; here its database can be asked, so the two are told apart."""
    conn_id, said = report.conn_id, report.main.summary if report.main is not None else ""
    try:
        known = compat.stored_connection_ids()
    except Exception as error:  # noqa: BLE001 - whatever kind of error the driver of a database has
        return CommandError(
            f"Airflow's database could not be asked for connection '{conn_id}' ({_in_short(error)}). Set "
            "[database] sql_alchemy_conn to the one that your Airflow uses, or run this where Airflow runs.",
            ExitCode.NOT_ASKED,
        )
    if conn_id in known or not said.startswith("AirflowNotFoundException"):
        hint = " Is [core] fernet_key here the key that it was stored with?" if "InvalidToken" in said else ""
        return CommandError(f"connection '{conn_id}' cannot be read: {said}.{hint}", ExitCode.NOT_ASKED)
    near = difflib.get_close_matches(conn_id, known, n=1)
    hint = f" Did you mean '{near[0]}'?" if near else " `airflow connections list` shows those of the database."
    return CommandError(
        f"there is no connection '{conn_id}' in Airflow's environment, secrets backends and database.{hint}"
    )


def _in_short(error: Exception) -> str:
    """What the database's driver said, on one line. Other errors' texts may hold the whole address, password included."""
    said = str(getattr(error, "orig", "")).partition("\n")[0].strip()
    return said or type(error).__name__
