"""Run one command: its answer alone on standard output, whatever goes wrong as one sentence on standard error."""

from __future__ import annotations

import configparser
import logging
import os
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from importlib import import_module
from pathlib import Path, PurePath
from traceback import extract_tb
from typing import TYPE_CHECKING, TextIO

from airflow_sf_health.commands import Command, ExitCode, Needs
from airflow_sf_health.commands.console import Console, complain
from airflow_sf_health.commands.errors import CommandError
from airflow_sf_health.errors import ConfigurationError, SalesforceHealthError

if TYPE_CHECKING:
    import argparse

INTERRUPTED = 130
"""What shells give for a command that was ended by Ctrl-C."""


def run(command: Command, arguments: argparse.Namespace) -> int:
    """Give the exit code; nothing is raised."""
    try:
        with answering() as out, _needed(command, out):
            console = Console.on(out)
            try:
                return int(import_module(f"airflow_sf_health.commands.{command.module}").run(arguments, console))
            finally:
                console.flush()
    except CommandError as error:
        return _failed(str(error), error.exit_code)
    except ConfigurationError as error:
        return _failed(str(error), ExitCode.USAGE)
    except SalesforceHealthError as error:  # a sentence of ours on what could not be asked, such as the store
        return _failed(str(error), ExitCode.NOT_ASKED)
    except KeyboardInterrupt:
        return INTERRUPTED
    except configparser.Error as error:
        return _failed(broken_settings(error), ExitCode.USAGE)
    except Exception as error:  # noqa: BLE001 - a traceback tells the user of a command nothing
        return _failed(_own_words(error), ExitCode.NOT_ASKED)


@contextmanager
def answering() -> Iterator[TextIO]:
    """Keep standard output for the answer: what is logged, warned of or printed meanwhile goes to standard error, and of the logs
    only what is wrong.
    """
    out, disabled = sys.stdout, logging.root.manager.disable
    if out is None:
        raise CommandError("standard output is closed, so that there is no place for an answer.")
    if hasattr(out, "reconfigure"):
        out.reconfigure(errors="replace")  # a terminal without UTF-8 costs an ellipsis, not the answer
    with _no_warnings():
        sys.stdout = sys.stderr
        logging.disable(max(disabled, logging.INFO))
        try:
            yield out
        finally:
            logging.disable(disabled)
            sys.stdout = out


@contextmanager
def _no_warnings() -> Iterator[None]:
    """As `python -W ignore`, so that Airflow, which has more to say of its own parts than of connections, switches none on."""
    if sys.warnoptions:
        yield
        return
    sys.warnoptions.append("ignore")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        sys.warnoptions.remove("ignore")


@contextmanager
def _needed(command: Command, out: TextIO) -> Iterator[None]:
    """Start Airflow, and take over the site's causes, as far as the command asks for them."""
    with nullcontext() if command.needs is Needs.NOTHING else started(out):
        if command.needs is Needs.SITE:
            from airflow_sf_health.edges.site import site

            site()
        yield


@contextmanager
def started(out: TextIO) -> Iterator[None]:
    """Start Airflow, with logs in one line each and not on standard output. The handlers stay Airflow's, as they mask secrets."""
    from airflow_sf_health import compat

    with compat.command():
        changed = list(_handlers())
        for handler in changed:
            handler.addFilter(_in_one_line)
            if isinstance(handler, logging.StreamHandler) and handler.stream in (out, sys.__stdout__):
                handler.stream = sys.stderr
        try:
            yield
        finally:
            for handler in changed:
                handler.removeFilter(_in_one_line)


def _handlers() -> Iterator[logging.Handler]:
    loggers = [logging.getLogger(), *logging.root.manager.loggerDict.values()]
    return (handler for each in loggers if isinstance(each, logging.Logger) for handler in each.handlers)


def _in_one_line(record: logging.LogRecord) -> bool:
    record.exc_info = record.exc_text = record.stack_info = None
    return True


def _failed(sentence: str, code: int) -> int:
    complain(sentence)
    return code


def broken_settings(error: configparser.Error) -> str:
    """Airflow's own file, which it reads when it starts. Its text is not shown: it may hold secrets."""
    file = getattr(error, "source", None) or Path(os.environ.get("AIRFLOW_CONFIG") or _home() / "airflow.cfg")
    line = getattr(error, "lineno", None) or next((each[0] for each in getattr(error, "errors", ())), None)
    section, option = getattr(error, "section", None), getattr(error, "option", None)
    where = f", line {line}" if line else f", [{section}] {option}" if section and option else ""
    return f"Airflow does not start: its airflow.cfg, {file}{where}, is not written as it must be. Mend it there: {type(error).__name__}."


def _home() -> Path:
    return Path(os.environ.get("AIRFLOW_HOME") or "~/airflow").expanduser()


def _own_words(error: Exception) -> str:
    """Kind and place, and not the error's text: nobody knows what a text that should not be holds."""
    place = extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__} in {PurePath(place.filename).name}, line {place.lineno}; nothing was found out."
