"""The references: options, fields of a connection, and the command line."""

from __future__ import annotations

import os
from argparse import ArgumentParser, _SubParsersAction
from collections.abc import Iterator, Mapping
from typing import Any

from lists import fields_list

from airflow_sf_health import cli
from airflow_sf_health.provider_info import CONFIG_OPTIONS, POLICY_OPTIONS
from pages.markdown import escaped, page


def configuration() -> str:
    options = [part for name, option in CONFIG_OPTIONS.items() for part in _option(name, option)]
    return page(
        "# Configuration",
        "All options stand in the section `[sf_health]` of Airflow's configuration, and each has an environment variable. "
        "`airflow config list --section sf_health` prints what holds.",
        *options,
        "## The cluster policy",
        "[Cluster policy](cluster-policy.md) tells what these are for. What is wrong in one of them spoils none of the options above, and "
        "the reverse.",
        *(part for name, option in POLICY_OPTIONS.items() for part in _option(name, option, "###")),
        "## Fields of a connection",
        "What one connection sets in its extra goes before the options above. "
        "[Connection](connection.md) tells which fields each login flow takes.",
        fields_list(),
    )


def _option(name: str, option: Mapping[str, Any], heading: str = "##") -> Iterator[str]:
    yield f"{heading} `{name}`"
    yield escaped(option["description"])
    default = f"`{option['default']}`" if option["default"] else "empty"
    about = f"* {option['type']}, {default} by default; for example `{option['example']}`"
    yield f"{about}\n* environment: `AIRFLOW__SF_HEALTH__{name.upper()}`"


def command_line() -> str:
    os.environ["COLUMNS"] = "100"  # the width at which argparse wraps
    parts = [f"## `{parser.prog}`\n\n```text\n{parser.format_help().strip()}\n```" for parser in _parsers(cli.parser())]
    return page(
        "# What --help says", "Command by command; [Command line](command-line.md) tells what they are for.", *parts
    )


def _parsers(parser: ArgumentParser) -> Iterator[ArgumentParser]:
    yield parser
    for action in parser._actions:  # noqa: SLF001 (argparse offers no other way to its commands)
        if isinstance(action, _SubParsersAction):
            for each in dict.fromkeys(action.choices.values()):
                yield from _parsers(each)
