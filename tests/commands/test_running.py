"""How a command ends, and what it leaves on which stream."""

from __future__ import annotations

import argparse
import configparser
import errno
import io
import logging
import os
import subprocess
import sys
import types
import warnings
from collections.abc import Callable
from pathlib import Path

import pytest

from airflow_sf_health.commands import Command, ExitCode, Needs
from airflow_sf_health.commands.console import Console
from airflow_sf_health.commands.errors import CommandError
from airflow_sf_health.commands.running import run
from airflow_sf_health.errors import SettingsError
from airflow_sf_health.store import StoreError

ODD = Command("odd", "odd", "odd", (), needs=Needs.NOTHING)


def ending(monkeypatch: pytest.MonkeyPatch, act: Callable[[Console], ExitCode]) -> int:
    """Run a command that does this."""
    module = types.ModuleType("airflow_sf_health.commands.odd")
    module.run = lambda _, console: act(console)  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, module.__name__, module)
    return run(ODD, argparse.Namespace())


def raising(error: BaseException) -> Callable[[Console], ExitCode]:
    def act(_: Console) -> ExitCode:
        raise error

    return act


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (CommandError("no such\nthing."), 2, "sf-health: no such thing.\n"),
        (CommandError("nobody there.", ExitCode.NOT_ASKED), 3, "sf-health: nobody there.\n"),
        (SettingsError("a wrong option."), 2, "sf-health: a wrong option.\n"),
        (StoreError("the store is locked."), 3, "sf-health: the store is locked.\n"),
        (KeyboardInterrupt(), 130, ""),
    ],
)
def test_errors(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], error: BaseException, code: int, said: str
) -> None:
    """Each way to fail has its exit code, and at most one line."""
    assert ending(monkeypatch, raising(error)) == code
    assert capsys.readouterr() == ("", said)


def test_our_own_mistake_is_one_line_without_its_text(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """An error that should not be is told by kind and place, as nobody knows what its text holds."""
    assert ending(monkeypatch, raising(RuntimeError("hunter2"))) == 3
    said = capsys.readouterr().err
    assert said.startswith("sf-health: RuntimeError in test_running.py, line ")
    assert said.count("\n") == 1
    assert "hunter2" not in said


@pytest.mark.parametrize(
    ("error", "where"),
    [
        (configparser.MissingSectionHeaderError("/etc/airflow.cfg", 3, "hunter2"), "/etc/airflow.cfg, line 3"),
        (configparser.DuplicateOptionError("core", "parallelism", "/etc/airflow.cfg", 7), "/etc/airflow.cfg, line 7"),
        (configparser.InterpolationSyntaxError("parallelism", "core", "hunter2"), "airflow.cfg, [core] parallelism"),
    ],
)
def test_a_broken_settings_file_of_airflow(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], error: configparser.Error, where: str
) -> None:
    """The file and the place in it are named, and nothing of what stands there."""
    assert ending(monkeypatch, raising(error)) == 2
    said = capsys.readouterr().err
    assert f"{where}, is not written as it must be." in said
    assert "hunter2" not in said


def test_the_answer_is_alone_on_standard_output(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Prints, logs and warnings of others do not get between the answer's lines."""

    def act(console: Console) -> ExitCode:
        print("chatter")
        warnings.warn("old", DeprecationWarning, stacklevel=1)
        logging.getLogger("airflow").info("more chatter")
        console.print("answer")
        return ExitCode.DEGRADED

    assert ending(monkeypatch, act) == 4
    assert capsys.readouterr() == ("answer\n", "chatter\n")


class Full(io.StringIO):
    """A disk without room, which is noticed when the first line or the last is written."""

    def __init__(self, *, at_once: bool) -> None:
        super().__init__()
        self.at_once = at_once

    def write(self, text: str) -> int:
        if self.at_once:
            raise OSError(errno.ENOSPC, "No space left on device")
        return super().write(text)

    def flush(self) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")


@pytest.mark.parametrize("at_once", [True, False])
def test_an_answer_that_finds_no_room(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], at_once: bool
) -> None:
    """A full disk is named, and not mistaken for a fault of the command."""

    def act(console: Console) -> ExitCode:
        console.print("answer")
        return ExitCode.DONE

    monkeypatch.setattr(sys, "stdout", Full(at_once=at_once))
    assert ending(monkeypatch, act) == 3
    said = "sf-health: the answer cannot be written to standard output: No space left on device.\n"
    assert capsys.readouterr().err == said


@pytest.mark.parametrize("lines", [1, 10_000])
def test_a_reader_that_has_gone(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], lines: int
) -> None:
    """Who has seen enough, as `head` has, changes no exit code; nor does a failure after that."""
    read, written = os.pipe()
    os.close(read)

    def act(console: Console) -> ExitCode:
        console.print(*["answer"] * lines)
        return ExitCode.UNHEALTHY

    def fail(console: Console) -> ExitCode:
        act(console)
        raise CommandError("nobody there.", ExitCode.NOT_ASKED)

    with os.fdopen(written, "w") as out:
        monkeypatch.setattr(sys, "stdout", out)
        assert (ending(monkeypatch, act), ending(monkeypatch, fail)) == (1, 3)
    assert capsys.readouterr().err == "sf-health: nobody there.\n"


def test_nobody_reads_complaints(monkeypatch: pytest.MonkeyPatch) -> None:
    """`2>&1 | head` costs no exit code either."""
    read, written = os.pipe()
    os.close(read)
    with os.fdopen(written, "w", buffering=1) as gone:
        monkeypatch.setattr(sys, "stderr", gone)
        assert ending(monkeypatch, raising(CommandError("nobody there.", ExitCode.NOT_ASKED))) == 3


def test_a_closed_output(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Without standard output nothing is begun."""
    monkeypatch.setattr(sys, "stdout", None)
    assert ending(monkeypatch, raising(AssertionError())) == 2
    assert "standard output is closed" in capsys.readouterr().err


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
def test_a_full_device() -> None:
    """A process ends with our sentence alone, and not with Python's own complaint."""
    with Path("/dev/full").open("w") as full:
        command = [sys.executable, "-m", "airflow_sf_health.cli", "list"]
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert (done.returncode, done.stderr.count("\n")) == (3, 1)
    assert "cannot be written to standard output" in done.stderr


def test_streams_and_logs_are_as_before(monkeypatch: pytest.MonkeyPatch) -> None:
    """A command that runs within a program leaves nothing of its own behind."""
    before = (sys.stdout, logging.root.manager.disable, list(sys.warnoptions))
    ending(monkeypatch, raising(CommandError("x")))
    assert (sys.stdout, logging.root.manager.disable, list(sys.warnoptions)) == before
