"""A time limit that holds whatever the job does."""

from __future__ import annotations

import signal
import threading

import pytest

from airflow_sf_health.org import deadline
from airflow_sf_health.org.deadline import DeadlineReached, within

LONG = 60.0


class Interrupted(BaseException):
    """As a task's own time limit, or Ctrl-C, ends the waiting thread."""


def threads() -> set[str]:
    return {thread.name for thread in threading.enumerate()}


def test_value_of_the_job() -> None:
    """A job that ends in time gives its value, is told nothing, and leaves no thread."""
    stopped = threading.Event()
    assert within(LONG, lambda: 42, stop=stopped.set) == 42
    assert not stopped.is_set()
    assert "sf-health-examination" not in threads()


@pytest.mark.parametrize("error", [ValueError("x"), Interrupted()])
def test_error_of_the_job(error: BaseException) -> None:
    """What the job raises is raised to the caller, whatever it is."""

    def fail() -> None:
        raise error

    with pytest.raises(type(error)) as raised:
        within(LONG, fail, stop=lambda: None)
    assert raised.value is error


def test_job_that_ends_when_it_is_told() -> None:
    """A job over its time is told to stop, and may still say what it was doing."""
    told = threading.Event()

    def work() -> str:
        told.wait(LONG)
        return "stopped at the third question"

    assert within(0.01, work, stop=told.set) == "stopped at the third question"


def test_job_that_does_not_listen(monkeypatch: pytest.MonkeyPatch) -> None:
    """A job that goes on regardless is left behind."""
    monkeypatch.setattr(deadline, "GRACE", 0.01)
    let_go = threading.Event()
    with pytest.raises(DeadlineReached, match=r"time limit of 0\.01 s"):
        within(0.01, lambda: let_go.wait(LONG), stop=lambda: None)
    let_go.set()


def test_interrupted_wait_stops_the_job() -> None:
    """When the waiting thread is interrupted, the job is told to stop and the interruption goes on."""
    told, ready = threading.Event(), threading.Event()

    def interrupt(*_: object) -> None:
        raise Interrupted

    def work() -> None:
        signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGUSR1)
        ready.set()
        told.wait(LONG)

    before = signal.signal(signal.SIGUSR1, interrupt)
    try:
        with pytest.raises(Interrupted):
            within(LONG, work, stop=told.set)
    finally:
        signal.signal(signal.SIGUSR1, before)
    assert ready.wait(LONG)
    assert told.is_set()
