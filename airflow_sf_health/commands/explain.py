"""`sf-health explain CAUSE`: the file of a cause, for whoever has its id."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

from airflow_sf_health import causes
from airflow_sf_health.commands import ExitCode
from airflow_sf_health.commands.console import Console
from airflow_sf_health.commands.errors import CommandError
from airflow_sf_health.commands.said import coloured
from airflow_sf_health.present.guidance import explanation
from airflow_sf_health.settings import settings

if TYPE_CHECKING:
    import argparse


def run(arguments: argparse.Namespace, console: Console) -> ExitCode:
    if arguments.cause not in causes.CAUSE_IDS:
        near = difflib.get_close_matches(arguments.cause, causes.CAUSE_IDS, n=1)
        hint = f"Did you mean '{near[0]}'?" if near else "`sf-health list causes` shows them."
        raise CommandError(f"there is no cause '{arguments.cause}'. {hint}")
    said = explanation(causes.cause(arguments.cause), docs_url=settings().docs_url, width=console.width)
    console.print(*coloured(said, "bold", console))
    return ExitCode.DONE
