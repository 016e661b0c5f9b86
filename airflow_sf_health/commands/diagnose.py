"""`sf-health diagnose [FILE]`: from what a log or a colleague shows to the cause, without asking Salesforce anything."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

from airflow_sf_health.commands import ExitCode
from airflow_sf_health.commands.console import Console, printable
from airflow_sf_health.commands.errors import CommandError
from airflow_sf_health.commands.files import STDIN, read_bytes
from airflow_sf_health.commands.said import coloured
from airflow_sf_health.diagnosis import diagnose
from airflow_sf_health.present.guidance import diagnosis_payload, diagnosis_text
from airflow_sf_health.settings import settings

if TYPE_CHECKING:
    import argparse


def run(arguments: argparse.Namespace, console: Console) -> ExitCode:
    """Read, diagnose, print. An unknown cause is an answer too."""
    if arguments.file == STDIN and sys.stdin.isatty():
        print("Paste the error, then press Ctrl-D.", file=sys.stderr)
    text = read_bytes(arguments.file)
    if not text.strip():
        raise CommandError("there is nothing to diagnose: the input is empty.")
    found = diagnose(text)
    if arguments.json:
        console.print(json.dumps(diagnosis_payload(found, docs_url=settings().docs_url), indent=2))
    else:
        said = diagnosis_text(found, docs_url=settings().docs_url, width=console.width)
        console.print(*coloured(printable(said), "bold", console))
    return ExitCode.DONE
