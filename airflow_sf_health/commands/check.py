"""`sf-health check CONN_ID`: the examination that a task would make, from where this command runs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from airflow_sf_health.commands import ExitCode
from airflow_sf_health.commands.console import Console
from airflow_sf_health.commands.examined import exit_code, print_examined
from airflow_sf_health.commands.files import read_required_and_locked
from airflow_sf_health.edges.preflight import Preflight

if TYPE_CHECKING:
    import argparse


def run(arguments: argparse.Namespace, console: Console) -> ExitCode:
    """Examine, print, and give the verdict as exit code."""
    required, lock = read_required_and_locked(arguments)
    selected = _selection(arguments.checks)
    # Who asks by hand wants to know what is so now.
    preflight = Preflight.of(
        arguments.conn_id, required, selected, None, schema_lock=lock, by="sf-health check", afresh=True
    )
    report = preflight.look_twice()
    print_examined(report, console, as_json=arguments.json)
    return exit_code(report, strict=arguments.strict)


def _selection(given: Sequence[str] | None) -> list[str] | None:
    return [name.strip() for names in given or () for name in names.split(",") if name.strip()] or None
