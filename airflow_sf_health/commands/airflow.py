"""The same commands as `airflow sf-health …`, from Airflow 3.2 on (key `cli` of the provider's description).

Every call of `airflow` imports this module and calls :func:`get_cli_commands`, so nothing is loaded here. `fake-org` is not among them:
it needs no Airflow.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from airflow_sf_health.commands import COMMANDS, Command

if TYPE_CHECKING:
    import argparse

__all__ = ["get_cli_commands"]


def get_cli_commands() -> list[Any]:
    """The group `sf-health`, in Airflow's own classes."""
    from airflow_sf_health.compat import cli_config

    airflow = cli_config()
    commands = [
        airflow.ActionCommand(
            name=command.name,
            help=command.about,
            func=_action(command),
            args=tuple(airflow.Arg(each.flags, **each.options) for each in command.arguments),
        )
        for command in COMMANDS
    ]
    about = "Examine Salesforce connections, and explain what is wrong with them"
    return [airflow.GroupCommand(name="sf-health", help=about, subcommands=commands)]


def _action(command: Command) -> Callable[[argparse.Namespace], None]:
    def action(arguments: argparse.Namespace) -> None:
        from airflow_sf_health.commands.running import run

        raise SystemExit(run(command, arguments))  # Airflow passes no exit code on

    action.__name__ = command.module
    return action
