"""The command line, `sf-health …`. Each command is told in `commands`, and loaded when it is run: help is fast."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from airflow_sf_health.commands import COMMANDS, Command, Group
from airflow_sf_health.commands.fake_org import add_fake_org

if TYPE_CHECKING:
    from airflow_sf_health.commands.fake_org import Commands

__all__ = ["main", "parser"]


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command of these words, by default those of the process, and give its exit code."""
    from airflow_sf_health.commands.running import run

    arguments = parser().parse_args(argv)
    return run(arguments.command, arguments)


def parser() -> argparse.ArgumentParser:
    root = argparse.ArgumentParser(prog="sf-health", description="Health checks for Salesforce connections.")
    commands = root.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for command in COMMANDS:
        _add(commands, command)
    add_fake_org(commands)
    return root


def _add(commands: Commands, command: Command | Group) -> None:
    added = commands.add_parser(command.name, help=command.about, description=command.about)
    if isinstance(command, Group):
        below = added.add_subparsers(title="commands", metavar="COMMAND", required=True)
        for each in command.commands:
            _add(below, each)
        return
    for argument in command.arguments:
        added.add_argument(*argument.flags, **argument.options)
    added.set_defaults(command=command)


if __name__ == "__main__":
    sys.exit(main())
