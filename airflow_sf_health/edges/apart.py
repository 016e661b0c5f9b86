"""Work in a process of its own, for what may end its process, leave threads behind, or import modules that nobody else is to see."""

from __future__ import annotations

import json
import os
import signal
import sys
import tempfile
import traceback
import warnings
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

Tell = Callable[[Any], None]
"""Takes what JSON can say."""
_DONE = "done"
_FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Apart:
    """What came of it.

    :param said: all that it told, in this order.
    :param ended: how the process ended though its work was not done, in a few words; empty: it was done.
    """

    said: tuple[Any, ...]
    ended: str = ""


def apart(work: Callable[[Tell], None]) -> Apart:
    """Do it in a copy of this process, as Airflow's DAG processor does with each file: Airflow need not start again for it.

    The copy ends hard: no handler at exit, no thread that still runs and no child of its own keeps it, or adds to the answer.
    """
    with tempfile.TemporaryDirectory(prefix="sf-health-") as folder:
        file = Path(folder) / "said"
        file.touch()
        _flush()
        status = _done_by_a_copy(work, file)
        return _outcome([json.loads(line) for line in file.read_text().splitlines(True) if line.endswith("\n")], status)


def _done_by_a_copy(work: Callable[[Tell], None], file: Path) -> int:
    """Its exit status. Ctrl-C waits until each of the two processes is where it is taken care of."""
    process, before = None, signal.pthread_sigmask(signal.SIG_BLOCK, (signal.SIGINT,))
    try:
        with warnings.catch_warnings():
            # Of threads: whatever started them is Airflow's, or the caller's.
            warnings.simplefilter("ignore", DeprecationWarning)
            process = os.fork()
        if process == 0:
            _work(work, file, before)
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
        return os.waitpid(process, 0)[1]
    except BaseException:
        if process is not None:
            with suppress(OSError):
                os.kill(process, signal.SIGKILL)
                os.waitpid(process, 0)
        raise
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _work(work: Callable[[Tell], None], file: Path, signals: Iterable[int]) -> NoReturn:
    """In the copy. A file, and no pipe: that would stay open as long as anything that the work has started.

    :param signals: those that are to wait while the work is done.
    """
    me = os.getpid()

    def tell(message: Any) -> None:
        if os.getpid() != me:  # the work has made a copy of itself, and both go on
            os._exit(0)
        with file.open("a") as out:
            out.write(f"{json.dumps(message, default=str)}\n")

    try:
        signal.pthread_sigmask(signal.SIG_SETMASK, signals)
        work(tell)
        tell(_DONE)
    except BaseException as error:  # noqa: BLE001 - nothing may come back from here, where the caller's code would go on twice
        place = traceback.extract_tb(error.__traceback__)[-1]
        tell([_FAILED, f"{type(error).__name__} in {Path(place.filename).name}, line {place.lineno}"])
    finally:
        _flush()
        os._exit(0)


def _flush() -> None:
    for stream in (sys.stdout, sys.stderr, sys.__stdout__, sys.__stderr__):
        with suppress(Exception):
            stream.flush()  # type: ignore[union-attr] # None where it is closed


def _outcome(said: list[Any], status: int) -> Apart:
    last = said[-1] if said else None
    if last == _DONE:
        return Apart(tuple(said[:-1]))
    if isinstance(last, list) and last[0] == _FAILED:
        return Apart(tuple(said[:-1]), last[1])
    code = os.waitstatus_to_exitcode(status)
    return Apart(tuple(said), f"exit code {code}" if code >= 0 else f"signal {-code}")
