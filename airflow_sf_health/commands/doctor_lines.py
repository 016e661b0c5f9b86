"""The lines of `sf-health doctor`, each looked for by itself: what fails, or does not end, costs no other line."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import PurePath
from traceback import extract_tb

from airflow_sf_health.commands import ExitCode
from airflow_sf_health.errors import SalesforceHealthError, SettingsError
from airflow_sf_health.org.deadline import DeadlineReached, within

PATIENCE = 15.0
"""Seconds for the lines that are looked for together. What is quicker has shorter limits of its own."""
NOT_STARTED = "not known, since Airflow does not start"
SEE_START = "See the line airflow.starts."


class State(StrEnum):
    """``problem``: something does not work; ``note``: it works, and may not be what is wanted, or nobody could look."""

    OK = "ok"
    NOTE = "note"
    PROBLEM = "problem"


@dataclass(frozen=True, slots=True)
class Line:
    """``id`` is what it is about; ``fix``, a sentence, is empty only where there is nothing to do. ``ends``: the exit code that it asks for,
    where its state does not say that.
    """

    id: str
    state: State
    said: str
    fix: str = ""
    ends: ExitCode | None = None

    @property
    def exit_code(self) -> ExitCode:
        if self.ends is not None:
            return self.ends
        return ExitCode.UNHEALTHY if self.state is State.PROBLEM else ExitCode.DONE


Look = Callable[[], Iterable[Line]]


def ok(id: str, said: str) -> Line:
    return Line(id, State.OK, said)


def note(id: str, said: str, fix: str) -> Line:
    return Line(id, State.NOTE, said, fix)


def problem(id: str, said: str, fix: str) -> Line:
    return Line(id, State.PROBLEM, said, fix)


def looked(id: str, look: Look, seconds: float = PATIENCE, *, is_started: bool = True) -> Sequence[Line]:
    """What was found, or one line on why nothing was.

    :param is_started: whether Airflow is; where it is not, what others raise is but a consequence.
    """
    try:
        return within(seconds, lambda: tuple(look()), stop=lambda: None)
    except DeadlineReached:
        fix = "Look what it may be waiting for: a secrets backend, a database, or a disk that does not answer."
        return (problem(id, f"not known: there was no answer within {seconds:g} s", fix),)
    except SettingsError:
        return (note(id, "not known, since [sf_health] is wrong", "See the line settings.values."),)
    except (Exception, SystemExit) as error:  # noqa: BLE001 - whatever somebody else's code raises
        if not is_started:
            return (note(id, NOT_STARTED, SEE_START),)
        fix = "Mend what it says; where that is in airflow_sf_health, report it."
        return (problem(id, f"not known: {in_short(error)}", fix),)


def in_short(error: BaseException) -> str:
    """An error in a few words: its text only where it is ours, or a failed import's, since nobody knows what others hold."""
    if isinstance(error, (SalesforceHealthError, ImportError)):
        return " ".join(str(error).split()).rstrip(".") or type(error).__name__
    found = extract_tb(error.__traceback__)
    where = f" in {PurePath(found[-1].filename).name}, line {found[-1].lineno}" if found else ""
    return f"{type(error).__name__}{where}"


def exit_code(lines: Iterable[Line]) -> ExitCode:
    """That of the whole: a question that cannot be meant so, then what is wrong, then what could not be asked."""
    found = {line.exit_code for line in lines}
    order = (ExitCode.USAGE, ExitCode.UNHEALTHY, ExitCode.NOT_ASKED)
    return next((code for code in order if code in found), ExitCode.DONE)
