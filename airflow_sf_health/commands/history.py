"""`sf-health history CONN_ID`: the last examinations of a connection. Salesforce is not asked, and Airflow need not know the id."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import fields
from typing import TYPE_CHECKING, Any

from airflow_sf_health.commands import ExitCode
from airflow_sf_health.commands.console import Console, printable
from airflow_sf_health.commands.examined import VERDICT_STYLES
from airflow_sf_health.commands.metadata import site_store
from airflow_sf_health.present.layout import wrapped
from airflow_sf_health.report import Verdict

if TYPE_CHECKING:
    import argparse

    from airflow_sf_health.store import StoredVerdict

NUMBERS = ("seconds", "requests", "API calls", "logins", "proof")
HEADS = ("when (UTC)", "verdict", *NUMBERS)
GAP = "  "
LEAST_WORDS = 36
"""Columns that the words behind the numbers need, so as not to fall into a pile."""
LONGEST_SUMMARY = 70
NOTHING = "-"
_STYLES = {str(verdict): style for verdict, style in VERDICT_STYLES.items()}


def run(arguments: argparse.Namespace, console: Console) -> ExitCode:
    """Print a line or two for each, the newest first."""
    store = site_store("")
    found = store.verdicts.last(arguments.conn_id, arguments.last)
    if arguments.json:
        told = {"conn_id": arguments.conn_id, "memory": store.reach, "examinations": [_as_json(each) for each in found]}
        console.print(json.dumps(told, indent=2))
        return ExitCode.DONE
    console.print(*wrapped(_headline(arguments.conn_id, len(found), store.reach), console.width))
    if found:
        console.print("", *_table(found, console))
    return ExitCode.DONE


def _headline(conn_id: str, number: int, reach: str) -> str:
    if not number:
        return f"No examination of connection '{conn_id}' is kept (memory: {reach})."
    what = "The last examination" if number == 1 else f"The last {number} examinations"
    return f"{what} of connection '{conn_id}' (memory: {reach}):"


def _table(found: Sequence[StoredVerdict], console: Console) -> Iterator[str]:
    """The numbers of each in columns; cause, who asked and whether it was repaired stand behind them where there is room, else below."""
    rows = [_row(each) for each in found]
    widths = [max(map(len, column)) for column in zip(HEADS, *rows, strict=True)]
    used = sum(widths) + len(GAP) * (len(widths) + 1)
    behind = console.width - used >= LEAST_WORDS
    yield GAP + console.paint("bold", GAP.join([*_aligned(HEADS, widths), *(["cause and by"] if behind else [])]))
    for each, row in zip(found, rows, strict=True):
        when, verdict, *numbers = _aligned(row, widths)
        line = GAP.join(("", when, console.paint(_STYLES.get(each.verdict, "dim"), verdict), *numbers))
        indent = used if behind else 3 * len(GAP)
        first, *others = textwrap.wrap(_words(each), console.width - indent) or [""]
        yield from ((f"{line}{GAP}{first}".rstrip(),) if behind else (line, " " * indent + first))
        yield from (" " * indent + more for more in others)


def _aligned(row: Sequence[str], widths: Sequence[int]) -> list[str]:
    is_number = [head in NUMBERS for head in HEADS]
    return [
        text.rjust(width) if right else text.ljust(width)
        for text, width, right in zip(row, widths, is_number, strict=True)
    ]


def _row(each: StoredVerdict) -> tuple[str, ...]:
    counted = (f"{each.seconds:.2f}", str(each.http_requests), str(each.api_calls), str(each.logins))
    return each.examined_at.in_timezone("UTC").format("YYYY-MM-DD HH:mm:ss"), each.verdict, *counted, _age(each)


def _words(each: StoredVerdict) -> str:
    """``user_inactive, by crm.preflight, repaired``; what was found stands for a cause that nobody knows."""
    found = "" if each.verdict == Verdict.HEALTHY else textwrap.shorten(each.summary, LONGEST_SUMMARY, placeholder=" …")
    said = (each.cause or found, f"by {each.by}" if each.by else "", "repaired" if each.repaired else "")
    return printable(", ".join(filter(None, said)))


def _proof_age(each: StoredVerdict) -> int | None:
    """Seconds from the login that proved it to the examination."""
    return None if each.proof_at is None else max(0, round((each.examined_at - each.proof_at).total_seconds()))


def _age(each: StoredVerdict) -> str:
    seconds = _proof_age(each)
    if seconds is None:
        return NOTHING
    return f"{seconds} s" if seconds < 120 else f"{seconds // 60} min"


def _as_json(each: StoredVerdict) -> dict[str, Any]:
    values = ((field.name, getattr(each, field.name)) for field in fields(each) if field.name != "conn_id")
    told = {name: value.to_iso8601_string() if hasattr(value, "to_iso8601_string") else value for name, value in values}
    return {**told, "proof_age": _proof_age(each)}
