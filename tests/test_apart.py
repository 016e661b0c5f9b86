"""Work in a process of its own."""

from __future__ import annotations

import os
import signal
import sys
from typing import NoReturn

import pytest

from airflow_sf_health.edges.apart import Apart, Tell, apart


def test_what_is_told_comes_back() -> None:
    """In its order; what the work changes in its process is not changed here."""

    def work(tell: Tell) -> None:
        sys.argv.append("changed")
        tell({"process": os.getpid() != here})
        tell("two\nlines")

    here = os.getpid()
    assert apart(work) == Apart(({"process": True}, "two\nlines"))
    assert "changed" not in sys.argv


@pytest.mark.parametrize(
    ("end", "how"),
    [
        (lambda: os._exit(3), "exit code 3"),
        (lambda: os.kill(os.getpid(), signal.SIGKILL), "signal 9"),
        (lambda: 1 // 0, "ZeroDivisionError in test_apart.py, line "),
        (lambda: sys.exit("hunter2"), "SystemExit in test_apart.py, line "),
    ],
)
def test_work_that_ends_before_it_is_done(end: object, how: str) -> None:
    """How it ended is told, with all that it had said before, and without the text of an error."""

    def work(tell: Tell) -> None:
        tell("begun")
        end()  # type: ignore[operator]

    done = apart(work)
    assert done.said == ("begun",)
    assert done.ended.startswith(how)
    assert "hunter2" not in done.ended


def test_whoever_waits_no_longer_ends_it() -> None:
    """Ctrl-C leaves no process behind."""
    begun, told = os.pipe()

    def work(_: Tell) -> NoReturn:
        os.write(told, f"{os.getpid()}\n".encode())
        os.kill(os.getppid(), signal.SIGINT)
        while True:
            signal.pause()

    before = signal.signal(
        signal.SIGINT, signal.default_int_handler
    )  # whoever starts tests in the background ignores it
    try:
        with pytest.raises(KeyboardInterrupt):
            apart(work)
    finally:
        signal.signal(signal.SIGINT, before)
    process = int(os.read(begun, 100))
    with pytest.raises(ProcessLookupError):
        os.kill(process, 0)
    os.close(begun)
    os.close(told)
