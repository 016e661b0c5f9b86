"""`sf-health lint [PATH…]`: which Salesforce tasks of DAG files run without a guard, for the CI of whoever writes them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from airflow_sf_health.commands import ExitCode
from airflow_sf_health.commands.console import Console, complain
from airflow_sf_health.commands.lint_baseline import Known
from airflow_sf_health.commands.lint_found import Linted
from airflow_sf_health.commands.lint_github import as_github
from airflow_sf_health.commands.lint_json import as_json
from airflow_sf_health.commands.lint_places import Place, listed, places_of
from airflow_sf_health.commands.lint_reading import read
from airflow_sf_health.commands.lint_text import as_text
from airflow_sf_health.enforcement.settings import policy_settings

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterable, Sequence

_FORMATS = {"text": as_text, "json": as_json, "github": as_github}
_NOTHING_READ = "no DAG file was read of {}: there is none by the looks of it ([core] dag_discovery_safe_mode), or .airflowignore names it."
_GUESSED = (
    "[sf_health] policy_include and policy_exclude were taken for files relative to {}. Where Airflow has them from another "
    "folder, give that one: --dags-folder."
)


def run(arguments: argparse.Namespace, console: Console) -> ExitCode:
    """Read the DAG files, judge their tasks, print, and give what came of it as exit code."""
    settings = policy_settings()
    known = Known.of(arguments.baseline or None, settings.baseline, writing=arguments.write_baseline)
    places = places_of(arguments.paths, arguments.dags_folder)
    known.compare(places, writing=arguments.write_baseline)
    _tell_of_guesses(places, (*settings.include, *settings.exclude))
    found_in = [read(place, settings) for place in places]
    found = Linted.of(found_in, known.baseline, settings.mode)
    if arguments.write_baseline:
        found = Linted.of(found_in, known.write(found), settings.mode)
    else:
        found = replace(found, baseline_file=known.file, stale=known.stale(found))
    if missed := [str(path) for each in found_in for path in each.missed]:
        complain(_NOTHING_READ.format(", ".join(missed)))
    console.print(*_FORMATS[arguments.format](found, console))
    for entry in found.stale:
        complain("not needed in the baseline any more: {}, task {}.{}".format(*entry))
    return exit_code(found, strict=arguments.strict)


def _tell_of_guesses(places: Sequence[Place], globs: Iterable[str]) -> None:
    """A glob for files that are named from another folder matches others than in production, or none."""
    guessed = [each for each in places if each.is_guessed]
    if guessed and any("/" in each or each.endswith(".py") for each in globs):
        complain(_GUESSED.format(listed(guessed)))


def exit_code(found: Linted, *, strict: bool) -> ExitCode:
    """A file that cannot be read counts as an unguarded task does: it may hide one."""
    if found.errors or any(each.status == "unguarded" for each in found.tasks):
        return ExitCode.UNHEALTHY
    if strict and (found.stale or any(each.remarks for each in found.tasks)):
        return ExitCode.DEGRADED
    return ExitCode.DONE
