"""`sf-health fake-org …`: serve a fake Salesforce org, or change the one that runs.

Its options and actions stand here and not with the other commands, as it is no command of `airflow`.
"""

from __future__ import annotations

import argparse
import json
from typing import TYPE_CHECKING, Any

from airflow_sf_health.commands import Command, ExitCode, Needs
from airflow_sf_health.commands.errors import CommandError

if TYPE_CHECKING:
    from airflow_sf_health.commands.console import Console

    Commands = argparse._SubParsersAction[argparse.ArgumentParser]  # noqa: SLF001 (the class has no public name)

FAKE_ORG = Command(
    "fake-org",
    "Start a fake Salesforce org on this machine, or change the one that runs.",
    "fake_org",
    arguments=(),
    needs=Needs.NOTHING,
)


def run(arguments: argparse.Namespace, console: Console) -> ExitCode:
    """Serve, or do the one thing that was asked of the org that runs."""
    arguments.act(arguments, console)
    return ExitCode.DONE


def add_fake_org(commands: Commands) -> None:
    fake = commands.add_parser(FAKE_ORG.name, help=FAKE_ORG.about, description=FAKE_ORG.about)
    fake.add_argument("--port-control", type=int, default=0, metavar="PORT", help="port of the control endpoint")
    fake.add_argument("--latency", type=float, default=0.0, metavar="SECONDS", help="time that each request takes")
    fake.add_argument("--part-latency", type=float, default=0.0, metavar="SECONDS", help="… each composite part")
    fake.set_defaults(command=FAKE_ORG, act=_serve)
    actions = fake.add_subparsers(title="with the fake org that runs", metavar="ACTION")
    _action(actions, "set", "change it: user.active=false", _set, pairs="KEY=VALUE")
    _action(actions, "state", "print all that can be changed", lambda _: ("GET", "/state", None))
    _action(actions, "env", "print the export lines again", lambda _: ("GET", "/environ", None))
    _action(actions, "fault", "inject a fault: path='/services/data/*' status=503 times=2", _fault, pairs="NAME=VALUE")
    _action(actions, "clear-faults", "take all faults back", lambda _: ("DELETE", "/faults", None))
    contain = _action(actions, "contain", "freeze a user and revoke its refresh tokens", _contain)
    contain.add_argument("user", nargs="?", metavar="USERNAME", help="by default the integration user")
    _action(actions, "expire-sessions", "end all live sessions", lambda _: ("POST", "/expire-sessions", {}))
    _action(actions, "counts", "print what it counted", lambda _: ("GET", "/counts", None))
    _action(actions, "reset", "bring it back to how it started", lambda _: ("POST", "/reset", {}))


def _action(actions: Commands, name: str, about: str, ask: Any, pairs: str = "") -> argparse.ArgumentParser:
    action = actions.add_parser(name, help=about, description=about)
    if pairs:
        action.add_argument("pairs", nargs="+", type=_pair, metavar=pairs)
    action.add_argument(
        "--control", metavar="URL", help="its control endpoint, where it is not the one of this machine"
    )
    action.set_defaults(act=_control, ask=ask)
    return action


def _serve(arguments: argparse.Namespace, console: Console) -> None:
    """Serve until Ctrl-C."""
    try:
        from airflow_sf_health.testing.command import serve
    except ModuleNotFoundError as error:
        from airflow_sf_health.testing.extra import what_is_missing

        told = what_is_missing(error)
        if told is None:
            raise
        raise CommandError(told) from error

    def show(text: str) -> None:
        console.print(text)
        console.flush()

    try:
        serve(arguments.port_control, arguments.latency, arguments.part_latency, show)
    except OSError as error:
        raise CommandError(f"the fake org cannot start: {error}") from error


def _control(arguments: argparse.Namespace, console: Console) -> None:
    """Ask the running org for one thing, and print its answer unless that is only "done"."""
    from airflow_sf_health.testing.remote import RemoteError, call, export_lines

    method, path, body = arguments.ask(arguments)
    try:
        answer = call(method, path, body, arguments.control)
    except RemoteError as error:
        raise CommandError(str(error)) from error
    if path == "/environ":
        console.print(export_lines(answer))
    elif method == "GET":
        console.print(json.dumps(answer, indent=2))


def _set(arguments: argparse.Namespace) -> tuple[str, str, dict[str, str]]:
    return "POST", "/set", dict(arguments.pairs)


def _fault(arguments: argparse.Namespace) -> tuple[str, str, dict[str, Any]]:
    return "POST", "/faults", {name: _value(text) for name, text in arguments.pairs}


def _contain(arguments: argparse.Namespace) -> tuple[str, str, dict[str, Any]]:
    return "POST", "/contain", {"user": arguments.user}


def _value(text: str) -> Any:
    """A number, `true`, `null` or a list where the text is one in JSON, else the text itself."""
    try:
        return json.loads(text)
    except ValueError:
        return text


def _pair(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals or not name:
        raise argparse.ArgumentTypeError(f"{text!r} must be written as name=value")
    return name, value
