"""`sf-health reauthenticate CONN_ID`: a login now, whatever is remembered, and an examination with its token."""

from __future__ import annotations

from typing import TYPE_CHECKING

from airflow_sf_health.commands import ExitCode
from airflow_sf_health.commands.console import Console
from airflow_sf_health.commands.examined import exit_code, print_examined
from airflow_sf_health.commands.files import read_requirements
from airflow_sf_health.edges.preflight import Preflight
from airflow_sf_health.edges.reauthenticating import reauthenticated
from airflow_sf_health.present.reauthenticated import login_said
from airflow_sf_health.report.reauthenticated import LoginMade

if TYPE_CHECKING:
    import argparse

BY = "sf-health reauthenticate"


def run(arguments: argparse.Namespace, console: Console) -> ExitCode:
    """Log in, examine, print both, and give the verdict as exit code."""
    required = read_requirements(arguments.requirements) if arguments.requirements else None
    done = reauthenticated(Preflight.of(arguments.conn_id, required, None, None, by=BY))
    said = "" if done.login is LoginMade.IMPOSSIBLE else login_said(done)  # the report is on nothing else then
    print_examined(done.report, console, as_json=arguments.json, done=said, beside={"reauthenticated": done.as_dict()})
    return exit_code(done.report)
