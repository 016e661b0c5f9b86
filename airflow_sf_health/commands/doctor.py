"""`sf-health doctor`: what this installation is made of and how it stands, a line for each part, and what to do where it is not all right.

Each line is looked for by itself, so that whatever is broken hides nothing else.
"""

from __future__ import annotations

import configparser
import json
import platform
import textwrap
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import replace
from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING, Any

from airflow_sf_health.commands import ExitCode
from airflow_sf_health.commands.console import Console, printable
from airflow_sf_health.commands.doctor_lines import (
    NOT_STARTED,
    SEE_START,
    Line,
    State,
    exit_code,
    in_short,
    looked,
    note,
    problem,
)
from airflow_sf_health.commands.running import broken_settings, started

if TYPE_CHECKING:
    import argparse

    from airflow_sf_health.commands.doctor_connection import Asked

LONGEST_EXAMINATION = 300.0
"""Seconds for the two looks of an examination, which has its own time limit in [sf_health]."""
PARTS = (
    ("versions", "doctor_versions", "versions"),
    ("seen.provider", "doctor_seen", "provider"),
    ("seen.policy", "doctor_seen", "policies"),
    ("seen.operators", "doctor_seen", "operators"),
    ("settings.values", "doctor_settings", "values"),
    ("policy.state", "doctor_settings", "policy"),
    ("store.reach", "doctor_store", "store"),
    ("store.sharing", "doctor_store", "sharing"),
    ("airflow.database", "doctor_airflow", "database"),
    ("airflow.fernet", "doctor_airflow", "fernet"),
)
"""What is looked at, by the part of its first line; modules are imported with it, since even that may fail."""
OF_AIRFLOW = ("seen.connection_type", "seen.policy", "airflow.database", "airflow.fernet")
"""What an Airflow that does not start cannot be asked: it would fail for that, whatever is right or wrong with the part."""
_STYLES = {State.OK: "good", State.NOTE: "warn", State.PROBLEM: "bad"}


def run(arguments: argparse.Namespace, console: Console) -> ExitCode:
    """Print the lines, for people or as JSON."""
    lines, asked = _examined(arguments.conn, console)
    shown = [_without_secrets(line, asked) for line in lines]
    if arguments.json:
        console.print(json.dumps(_as_json(shown, asked), indent=2))
    else:
        console.print(*_table(shown, console))
    return exit_code(shown)


def _examined(conn_id: str | None, console: Console) -> tuple[list[Line], Asked | None]:
    lines: list[Line] = []
    asked = _asked(conn_id) if conn_id is not None else None
    with ExitStack() as stack:
        try:
            stack.enter_context(started(console.out))
        except (Exception, SystemExit) as error:  # noqa: BLE001 - whatever a site's settings do to Airflow
            lines.append(_not_started(error))
        lines += _found(asked, is_started=not lines)
    return lines, asked


def _not_started(error: BaseException) -> Line:
    said = f"Airflow does not start here: {in_short(error)}"
    fix = "Run `airflow version`, which says more, and mend that; what hangs on it is not looked at until then."
    if isinstance(error, configparser.Error):
        said, _, fix = broken_settings(error).partition(". ")
    return problem("airflow.starts", said, fix)


def _found(asked: Asked | None, *, is_started: bool) -> Iterator[Line]:
    for part, module, name in PARTS:
        for line in looked(part, partial(_call, module, name), is_started=is_started):
            hangs = line.id in OF_AIRFLOW and not is_started
            yield note(line.id, NOT_STARTED, SEE_START) if hangs else line
    if asked is not None and not is_started:
        yield note("connection.fields", NOT_STARTED, SEE_START)
    elif asked is not None:
        yield from looked("connection.fields", asked.fields)
    yield from _network(asked)
    if asked is not None:
        yield from looked("connection.examined", asked.examined, LONGEST_EXAMINATION)


def _asked(conn_id: str) -> Asked:
    from airflow_sf_health.commands.doctor_connection import Asked

    return Asked(conn_id)


def _network(asked: Asked | None) -> Iterator[Line]:
    connection = asked.connection if asked is not None else None
    yield from looked("network.clock", partial(_call, "doctor_network", "clock", connection))
    yield from looked("network.proxies", partial(_call, "doctor_network", "proxies", connection))
    yield from looked("network.ca", partial(_call, "doctor_network", "authorities"))


def _call(module: str, name: str, *arguments: object) -> Any:
    look: Callable[..., Any] = getattr(import_module(f"airflow_sf_health.commands.{module}"), name)
    return tuple(look(*arguments))


def _without_secrets(line: Line, asked: Asked | None) -> Line:
    """Nothing above puts a secret into a line; what a library said may hold one all the same."""
    from airflow_sf_health.edges.scrub import HIDDEN, scrub

    def hidden(text: str) -> str:
        for secret in asked.connection.secrets() if asked is not None and asked.connection is not None else ():
            text = text.replace(secret, HIDDEN)
        return " ".join(printable(scrub(text)).split())

    return replace(line, said=hidden(line.said), fix=hidden(line.fix))


def _table(lines: Sequence[Line], console: Console) -> Iterator[str]:
    longest = max(len(line.id) for line in lines)
    yield console.paint("bold", f"airflow-sf-health on {platform.node()}: {_counted(lines)}")
    yield ""
    for line in lines:
        begin = f"  {line.state:<7}  {line.id:<{longest}}  "
        first, *others = textwrap.wrap(line.said, max(console.width - len(begin), 20), break_on_hyphens=False) or [""]
        yield f"  {console.paint(_STYLES[line.state], f'{line.state:<7}')}  {line.id:<{longest}}  {first}"
        fix = f"fix: {line.fix}" if line.fix else ""
        others += textwrap.wrap(fix, max(console.width - len(begin), 20), break_on_hyphens=False)
        yield from (" " * len(begin) + other for other in others)


def _counted(lines: Sequence[Line]) -> str:
    problems, notes = (sum(line.state is state for line in lines) for state in (State.PROBLEM, State.NOTE))
    if not problems and not notes:
        return "all is well."
    counts = ((problems, "problem"), (notes, "note"))
    return ", ".join(f"{number} {noun}{'' if number == 1 else 's'}" for number, noun in counts if number) + "."


def _as_json(lines: Sequence[Line], asked: Asked | None) -> dict[str, Any]:
    from airflow_sf_health.present.payload import dump

    told = [{"id": each.id, "state": str(each.state), "said": each.said, "fix": each.fix} for each in lines]
    report = asked.report if asked is not None else None
    return {"host": platform.node(), "lines": told, "report": None if report is None else dump(report)}
