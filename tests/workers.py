"""Python processes of their own that do what they are told, one thing after another, so that several can be told at once.

::

    with workers(3, "from pathlib import Path") as started:
        assert at_once(started, "Path.home().exists()") == [True] * 3
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any

PROGRAM = """
import json, os, sys
answers = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)  # whatever else is printed is no answer
names = {}
def answer(kind, value):
    answers.write(json.dumps([kind, value]) + "\\n")
    answers.flush()
exec(json.loads(sys.stdin.readline()), names)
answer("ready", None)
for line in sys.stdin:
    try:
        answer("done", eval(json.loads(line), names))
    except Exception as error:
        answer("raised", f"{type(error).__name__}: {error}")
"""


class WorkerError(Exception):
    """What was raised in a worker, with its name."""


class Worker:
    """One process. It has the environment of the moment at which it was started.

    :param setup: statements whose names the expressions may use.
    :param environ: variables that it has beside, or in the place of, this process's.
    :param quiet: whether what it prints is thrown away.
    """

    def __init__(self, setup: str, environ: Mapping[str, str] | None = None, *, quiet: bool = False) -> None:
        code = f"import sys; sys.path[:0] = {sys.path!r}\n{PROGRAM}"
        self.process = subprocess.Popen(
            [sys.executable, "-c", code],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL if quiet else None,
            text=True,
            env={**os.environ, **(environ or {})},
        )
        self.tell(setup)

    def tell(self, code: str) -> None:
        """Have it begin with an expression."""
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(code) + "\n")
        self.process.stdin.flush()

    def hear(self) -> Any:
        """What came of it, once that is there.

        :raises WorkerError: it raised.
        """
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if not line:
            raise WorkerError("the process has ended")
        kind, value = json.loads(line)
        if kind == "raised":
            raise WorkerError(value)
        return value

    def close(self) -> None:
        for stream in (self.process.stdin, self.process.stdout):
            assert stream is not None
            stream.close()
        self.process.wait()


@contextmanager
def workers(
    number: int, setup: str, environ: Mapping[str, str] | None = None, *, quiet: bool = False
) -> Iterator[Sequence[Worker]]:
    """So many processes, all of them ready, while the block runs."""
    with ExitStack() as stack:
        started = []
        for _ in range(number):
            started.append(Worker(setup, environ, quiet=quiet))
            stack.callback(started[-1].close)
        for worker in started:
            worker.hear()
        yield started


def at_once(told: Sequence[Worker], *codes: str) -> list[Any]:
    """What comes of an expression in all of them at the same time; of one for each, where several are given."""
    for number, worker in enumerate(told):
        worker.tell(codes[number % len(codes)])
    return [worker.hear() for worker in told]
