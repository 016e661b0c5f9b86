"""Where a command's answer goes: standard output, as wide as the terminal, coloured only on one. Beside it goes standard error.

Four colours are all that is needed, so they are written by hand: `rich` comes with each Airflow today, but costs a tenth of a second
to import, and would be one more dependency of ours to keep.
"""

from __future__ import annotations

import os
import re
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from airflow_sf_health.commands import ExitCode
from airflow_sf_health.commands.errors import CommandError

WIDEST = 120
NARROWEST = 40

_STYLES = {"good": "32", "warn": "33", "bad": "31", "dim": "2", "bold": "1"}
_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
"""What Salesforce, a proxy or a log said may hold anything; a terminal would obey it."""


class CannotPrint(CommandError):
    """The answer could not be written."""


@dataclass(frozen=True, slots=True)
class Console:
    """``width`` is how many columns there are."""

    out: TextIO
    width: int
    coloured: bool

    @classmethod
    def on(cls, out: TextIO) -> Console:
        """The console of this stream, by the environment (``COLUMNS``, ``NO_COLOR``, ``TERM``)."""
        columns = shutil.get_terminal_size((WIDEST, 24)).columns
        return cls(out, min(max(columns, NARROWEST), WIDEST), _wants_colours(out))

    def print(self, *lines: str) -> None:
        """Where whoever reads has gone, such as `head`, it has seen enough; the command goes on, for its exit code.

        :raises CannotPrint: the stream takes no more.
        """
        with _printing(self.out):
            for line in lines:
                self.out.write(f"{line}\n")

    def flush(self) -> None:
        """:raises CannotPrint: as :meth:`print`."""
        with _printing(self.out):
            self.out.flush()

    def paint(self, style: str, text: str) -> str:
        return f"\033[{_STYLES[style]}m{text}\033[0m" if self.coloured and text else text


def complain(sentence: str) -> None:
    """One line on standard error, if anybody reads there."""
    try:
        print(f"sf-health: {' '.join(sentence.split())}", file=sys.stderr)
    except OSError:
        _let_go_of(sys.stderr)


def printable(text: str) -> str:
    """The text with what would steer a terminal shown as a replacement character."""
    return _UNPRINTABLE.sub("\N{REPLACEMENT CHARACTER}", text.replace("\r\n", "\n"))


@contextmanager
def _printing(out: TextIO) -> Iterator[None]:
    try:
        yield
    except BrokenPipeError:
        _let_go_of(out)
    except OSError as error:
        _let_go_of(out)
        said = f"the answer cannot be written to standard output: {error.strerror or error}."
        raise CannotPrint(said, ExitCode.NOT_ASKED) from error


def _let_go_of(stream: TextIO) -> None:
    """Throw away what cannot be written to it, of which Python's own flush at exit would complain."""
    with suppress(OSError, ValueError), Path(os.devnull).open("w") as nothing:
        os.dup2(nothing.fileno(), stream.fileno())


def _wants_colours(out: TextIO) -> bool:
    return out.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
