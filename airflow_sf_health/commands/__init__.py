"""The commands, as plain data: `sf-health …` and, from Airflow 3.2 on, `airflow sf-health …` are both made from them.

Nothing else is imported here: every call of `airflow` reads this module.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum, IntEnum, auto
from typing import Any

__all__ = ["COMMANDS", "Argument", "Command", "ExitCode", "Group", "Needs", "by_words"]


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
    ExitCode.UNHEALTHY: "unhealthy: a check failed, the schema changed in a way that breaks the task, or (`lint`) a Salesforce task is "
    "unguarded or a DAG file cannot be read",
    ExitCode.USAGE: "the command cannot be meant so: an unknown connection, check or cause, a wrong file, a wrong option",
    ExitCode.NOT_ASKED: "could not be asked: Salesforce or Airflow's database did not answer, so nothing is known",
    ExitCode.DEGRADED: "healthy with warnings, or (`lint`) with remarks, where `--strict` is given",
}


@dataclass(frozen=True, slots=True)
class Argument:
    """Flags or name, and the options of `ArgumentParser.add_argument`."""

    flags: tuple[str, ...]
    options: Mapping[str, Any] = field(default_factory=dict)


class Needs(Enum):
    """What is to be there before a command runs: nothing, Airflow, which takes seconds to start, or beside it the site's causes and
    options, a wrong one of which keeps it from running.
    """

    NOTHING = auto()
    AIRFLOW = auto()
    SITE = auto()


@dataclass(frozen=True, slots=True)
class Command:
    """``about`` is its help; ``module``, below this package, has ``run(arguments, console) -> ExitCode``."""

    name: str
    about: str
    module: str
    arguments: tuple[Argument, ...]
    needs: Needs = Needs.SITE


@dataclass(frozen=True, slots=True)
class Group:
    """Commands below one word: `sf-health metadata lock`."""

    name: str
    about: str
    commands: tuple[Command, ...]


_CONN_ID = Argument(("conn_id",), {"metavar": "CONN_ID", "help": "a Salesforce connection that Airflow knows"})
_JSON = Argument(("--json",), {"action": "store_true", "help": "print JSON for programs, and nothing else"})
_LOCK = Argument(("--lock",), {"metavar": "FILE", "help": "the lock file, as `metadata lock` wrote it"})


def _from_one_up(text: str) -> int:
    from argparse import ArgumentTypeError

    if not (text.isascii() and text.isdigit() and int(text) > 0):
        raise ArgumentTypeError(f"{text!r} is no whole number from 1 up")
    return int(text)


def _requirements(about: str, *, required: bool = False) -> Argument:
    more = {"required": True} if required else {}
    return Argument(("--requirements",), {"metavar": "FILE", "help": f"{about}: a JSON or YAML file", **more})


_OFFLINE = Argument(
    ("--offline",),
    {"action": "store_true", "help": "make no login: take the org and user of the last good look by this connection"},
)


def _objects(about: str) -> Argument:
    return Argument(("objects",), {"metavar": "OBJECT", "nargs": "*", "help": f"API names, as Account; none: {about}"})


_METADATA = Group(
    "metadata",
    "Lock, compare, show, refresh or forget the schema that a task relies on.",
    (
        Command(
            "lock",
            "Write what a task uses of the schema, as it is now, into a lock file to be committed beside its DAG.",
            "metadata_lock",
            (
                _CONN_ID,
                _requirements("what the task does, fields as in a DAG", required=True),
                Argument(
                    ("-o", "--output"),
                    {
                        "metavar": "FILE",
                        "default": "schema.lock.json",
                        "help": "the lock file; by default %(default)s; -: write it to stdout",
                    },
                ),
                Argument(
                    ("--update",),
                    {"action": "store_true", "help": "replace the lock file where there is one, and tell what changed"},
                ),
            ),
        ),
        Command(
            "diff",
            "Compare the schema as it is now with a lock file, or else with what is remembered.",
            "metadata_diff",
            (
                _CONN_ID,
                _LOCK,
                _requirements("what the task does, where no lock file says it"),
                _JSON,
            ),
        ),
        Command(
            "show",
            "Show what is remembered of the schema: since when, how much, and for whom.",
            "metadata_show",
            (_CONN_ID, _objects("all that are remembered"), _OFFLINE, _JSON),
        ),
        Command(
            "refresh",
            "Read the schema anew, tell what changed, and take it for right from now on.",
            "metadata_refresh",
            (_CONN_ID, _objects("all that are remembered")),
        ),
        Command(
            "clear",
            "Forget what is remembered of the schema.",
            "metadata_clear",
            (_CONN_ID, _objects("all"), _OFFLINE),
        ),
    ),
)

_LINT = Command(
    "lint",
    "Read DAG files, tell which Salesforce tasks run without a guard, and what to write into them.",
    "lint",
    (
        Argument(
            ("paths",),
            {"metavar": "PATH", "nargs": "*", "help": "DAG files and folders of them; none: all that Airflow reads"},
        ),
        Argument(
            ("--format",),
            {
                "choices": ("text", "json", "github"),
                "default": "text",
                "help": "for people, for programs, or as annotations of GitHub Actions; by default %(default)s",
            },
        ),
        Argument(
            ("--dags-folder",),
            {"metavar": "FOLDER", "help": "the folder that Airflow has the files from; by default the configured one"},
        ),
        Argument(
            ("--baseline",),
            {
                "metavar": "FILE",
                "help": "tasks that are known to be unguarded; by default [sf_health] policy_baseline",
            },
        ),
        Argument(
            ("--write-baseline",),
            {"action": "store_true", "help": "write all that are unguarded now into the baseline"},
        ),
        Argument(("--strict",), {"action": "store_true", "help": "let remarks end with exit code 4"}),
    ),
    needs=Needs.AIRFLOW,  # and the policy's options, which the others do not touch
)

COMMANDS: tuple[Command | Group, ...] = (
    Command(
        "check",
        "Examine a connection now, whatever is remembered of it, and say whether it works and what to do if not.",
        "check",
        (
            _CONN_ID,
            _requirements("what the task does and needs, fields as in a DAG"),
            _LOCK,
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
        "reauthenticate",
        "Log in anew, whatever is remembered, share the token with other tasks, and examine the connection with it.",
        "reauthenticate",
        (_CONN_ID, _requirements("what the task does and needs, fields as in a DAG"), _JSON),
    ),
    Command(
        "reset",
        "Forget the shared token, the refused login and the verdicts of a connection, so that the next task logs in.",
        "reset",
        (_CONN_ID,),
    ),
    Command(
        "history",
        "Show the last examinations of a connection, the newest first.",
        "history",
        (
            Argument(
                ("conn_id",), {"metavar": "CONN_ID", "help": "its id, also where Airflow does not know it any more"}
            ),
            Argument(
                ("--last",),
                {
                    "metavar": "N",
                    "type": _from_one_up,
                    "default": 20,
                    "help": "how many at most; by default %(default)s",
                },
            ),
            _JSON,
        ),
    ),
    _METADATA,
    _LINT,
    Command(
        "doctor",
        "Look at this installation, a line for each part: versions, what Airflow sees, policy, store, clock, proxies, keys.",
        "doctor",
        (
            Argument(
                ("--conn",),
                {
                    "metavar": "CONN_ID",
                    "help": "look at this connection too: its fields, an examination, what was not asked",
                },
            ),
            _JSON,
        ),
        needs=Needs.NOTHING,  # it starts Airflow by itself, to tell of one that does not start
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


def by_words() -> Iterator[tuple[str, Command]]:
    """Each command with the words that call it: `metadata lock`."""
    for each in COMMANDS:
        if isinstance(each, Group):
            yield from ((f"{each.name} {command.name}", command) for command in each.commands)
        else:
            yield each.name, each
