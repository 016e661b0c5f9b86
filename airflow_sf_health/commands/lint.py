"""`sf-health lint [PATH…]`: which Salesforce tasks of DAG files run without a guard, for the CI of whoever writes them."""

from __future__ import annotations

import sys
from dataclasses import replace
from typing import TYPE_CHECKING

from airflow_sf_health.commands import ExitCode
from airflow_sf_health.commands.console import Console
from airflow_sf_health.commands.lint_baseline import Known
from airflow_sf_health.commands.lint_found import Linted, linted
from airflow_sf_health.commands.lint_github import as_github
from airflow_sf_health.commands.lint_json import as_json
from airflow_sf_health.commands.lint_places import places_of
from airflow_sf_health.commands.lint_text import as_text
from airflow_sf_health.enforcement.policy import observing
from airflow_sf_health.enforcement.settings import policy_settings

if TYPE_CHECKING:
    import argparse

_FORMATS = {"text": as_text, "json": as_json, "github": as_github}


def run(arguments: argparse.Namespace, console: Console) -> ExitCode:
    """Read the DAG files, judge their tasks, print, and give what came of it as exit code."""
    settings = policy_settings()
    known = Known.of(arguments.baseline or None, settings.baseline, writing=arguments.write_baseline)
    places = places_of(arguments.paths, arguments.dags_folder)
    with observing():
        read = [(place, place.read()) for place in places]
    found = Linted.of(read, linted([files for _, files in read], settings, known.baseline), policy=settings.mode)
    if arguments.write_baseline:
        baseline = known.write(found)
        found = Linted.of(read, linted([files for _, files in read], settings, baseline), policy=settings.mode)
    else:
        found = replace(found, baseline_file=known.file, stale=known.stale(found))
    console.print(*_FORMATS[arguments.format](found, console))
    for entry in found.stale:
        print("sf-health: not needed in the baseline any more: {}, task {}.{}".format(*entry), file=sys.stderr)
    return exit_code(found, strict=arguments.strict)


def exit_code(found: Linted, *, strict: bool) -> ExitCode:
    """A file that cannot be read counts as an unguarded task does: it may hide one."""
    if found.errors or any(each.status == "unguarded" for each in found.tasks):
        return ExitCode.UNHEALTHY
    if strict and (found.stale or any(each.remarks for each in found.tasks)):
        return ExitCode.DEGRADED
    return ExitCode.DONE
