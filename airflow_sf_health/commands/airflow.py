"""The same commands as `airflow sf-health …`, from Airflow 3.2 on (key `cli` of the provider's description).

Every call of `airflow` imports this module and calls :func:`get_cli_commands`, so nothing is loaded here. `fake-org` is not among them:
it needs no Airflow.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from airflow_sf_health.commands import COMMANDS, Command, Group

if TYPE_CHECKING:
    import argparse

__all__ = ["get_cli_commands"]


def get_cli_commands() -> list[Any]:
    """The group `sf-health`, in Airflow's own classes."""
    from airflow_sf_health.compat import cli_config

    airflow = cli_config()
    about = "Examine Salesforce connections, and explain what is wrong with them"
    return [
        airflow.GroupCommand(name="sf-health", help=about, subcommands=[_airflows(airflow, each) for each in COMMANDS])
    ]


def _airflows(airflow: Any, command: Command | Group) -> Any:
    """The command, or the group and the commands below it, in the classes of this module of Airflow's."""
    if isinstance(command, Group):
        below = [_airflows(airflow, each) for each in command.commands]
        return airflow.GroupCommand(name=command.name, help=command.about, subcommands=below)
    arguments = tuple(airflow.Arg(each.flags, **each.options) for each in command.arguments)
    return airflow.ActionCommand(name=command.name, help=command.about, func=_action(command), args=arguments)


def _action(command: Command) -> Callable[[argparse.Namespace], None]:
    def action(arguments: argparse.Namespace) -> None:
        from airflow_sf_health.commands.running import run

        raise SystemExit(run(command, arguments))  # Airflow passes no exit code on

    action.__name__ = command.module
    return action
