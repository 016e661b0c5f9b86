"""`sf-health list`: the ids that the other commands and a DAG's arguments take."""

from __future__ import annotations

import sys
import textwrap
from collections.abc import Iterator
from typing import TYPE_CHECKING

from airflow_sf_health import causes, checks
from airflow_sf_health.commands import ExitCode
from airflow_sf_health.commands.console import Console
from airflow_sf_health.present.links import fill

if TYPE_CHECKING:
    import argparse


def run(arguments: argparse.Namespace, console: Console) -> ExitCode:
    """One or both lists, with a heading each where there are two."""
    lists = {"checks": _checks, "causes": _causes}
    chosen = [arguments.what] if arguments.what else list(lists)
    for number, name in enumerate(chosen):
        if len(chosen) > 1:
            console.print(*([""] if number else []), console.paint("bold", name))
        console.print(*_table(lists[name](), console))
    return ExitCode.DONE


def _checks() -> list[tuple[str, str]]:
    return [(check_id, _asks(checks.load(check_id))) for check_id in checks.select()]


def _asks(check: checks.Check) -> str:
    """The first sentence of its module, as the documentation has it; a site's check may have none."""
    written = sys.modules[check.evaluate.__module__].__doc__ or check.title
    return " ".join(written.strip().partition("\n\n")[0].split())


def _causes() -> list[tuple[str, str]]:
    known = (causes.cause(each) for each in causes.CAUSE_IDS)
    return [(each.id, f"{fill(each.title, {})} ({each.who}; retry: {each.retry})") for each in known]


def _table(rows: list[tuple[str, str]], console: Console) -> Iterator[str]:
    """Ids in one column, so that `cut` and `awk` find them, and words beside."""
    longest = max(len(name) for name, _ in rows)
    for name, words in rows:
        first, *others = textwrap.wrap(words, max(console.width - longest - 2, 20))
        yield f"{name:<{longest}}  {first}"
        yield from (" " * (longest + 2) + line for line in others)
