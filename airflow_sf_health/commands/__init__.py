"""The commands, as plain data: `sf-health …` and, from Airflow 3.2 on, `airflow sf-health …` are both made from them.

Nothing else is imported here: every call of `airflow` reads this module.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any

__all__ = ["COMMANDS", "Argument", "Command", "ExitCode"]


class ExitCode(IntEnum):
    """How a command ended, for scripts."""

    DONE = 0
    UNHEALTHY = 1
    USAGE = 2
    NOT_ASKED = 3
    DEGRADED = 4

    @property
    def meaning(self) -> str:
        return _MEANINGS[self]


_MEANINGS = {
    ExitCode.DONE: "healthy, or healthy with warnings; what was asked for is done",
    ExitCode.UNHEALTHY: "unhealthy: a check failed",
    ExitCode.USAGE: "the command cannot be meant so: an unknown connection, check or cause, a wrong file, a wrong option",
    ExitCode.NOT_ASKED: "could not be asked: Salesforce or Airflow's database did not answer, so nothing is known",
    ExitCode.DEGRADED: "healthy with warnings, where `--strict` is given",
}


@dataclass(frozen=True, slots=True)
class Argument:
    """Flags or name, and the options of `ArgumentParser.add_argument`."""

    flags: tuple[str, ...]
    options: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Command:
    """``about`` is its help; ``module``, below this package, has ``run(arguments, console) -> ExitCode``; ``needs_airflow``, which
    takes seconds to start, for connections or the site's settings.
    """

    name: str
    about: str
    module: str
    arguments: tuple[Argument, ...]
    needs_airflow: bool = True


_JSON = Argument(("--json",), {"action": "store_true", "help": "print JSON for programs, and nothing else"})

COMMANDS = (
    Command(
        "check",
        "Examine a connection now, and say whether it works and what to do if not.",
        "check",
        (
            Argument(("conn_id",), {"metavar": "CONN_ID", "help": "a Salesforce connection that Airflow knows"}),
            Argument(
                ("--requirements",),
                {"metavar": "FILE", "help": "what the org and user must have: a JSON or YAML file, fields as in a DAG"},
            ),
            Argument(
                ("--checks",),
                {
                    "metavar": "IDS",
                    "action": "append",
                    "help": "only these checks or families: user,org.state; without some: --checks=-user.license",
                },
            ),
            _JSON,
            Argument(("--strict",), {"action": "store_true", "help": "let warnings end with exit code 4"}),
        ),
    ),
    Command(
        "diagnose",
        "Name the cause of an error from a log, a message or a reply, and what to do.",
        "diagnose",
        (
            Argument(
                ("file",),
                {
                    "metavar": "FILE",
                    "nargs": "?",
                    "default": "-",
                    "help": "what holds the error; - or nothing: read stdin",
                },
            ),
            _JSON,
        ),
    ),
    Command(
        "explain",
        "Tell what a cause means, how it shows, what to do and who does it.",
        "explain",
        (Argument(("cause",), {"metavar": "CAUSE", "help": "its id, as at the end of a message: user_inactive"}),),
    ),
    Command(
        "list",
        "List the checks, the causes, or both.",
        "listing",
        (
            Argument(
                ("what",),
                {"nargs": "?", "choices": ("checks", "causes"), "metavar": "checks|causes", "help": "one of the two"},
            ),
        ),
    ),
)
