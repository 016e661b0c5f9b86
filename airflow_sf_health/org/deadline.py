"""A time limit that holds whatever the network does."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

from airflow_sf_health.org.spendings import wait_for_spendings

T = TypeVar("T")

GRACE = 0.5
"""Seconds that a job gets, after it was told to stop, to end by itself and say what it was doing."""


class DeadlineReached(TimeoutError):
    """The job did not end in time, nor within the grace after it was told to stop."""


class _Outcome(Generic[T]):
    value: T
    error: BaseException | None = None


def within(seconds: float, job: Callable[[], T], *, stop: Callable[[], None], spends: bool = False) -> T:
    """Run ``job`` in a thread of its own and give its value or raise its error; after ``seconds`` call ``stop``.

    Read time limits bound neither a body that drips nor a name look-up that hangs. The thread is a daemon: one that hangs in
    the resolver holds up neither this call nor the end of the process.

    :param spends: the job may spend what must not be lost. What is under way then is waited for, since the process may end after this.
    :raises DeadlineReached: the time is over and the job goes on regardless.
    """
    outcome: _Outcome[T] = _Outcome()

    def run() -> None:
        try:
            outcome.value = job()
        except BaseException as error:  # noqa: BLE001 - raised again in the caller's thread
            outcome.error = error

    thread = threading.Thread(target=run, name="sf-health-examination", daemon=True)
    try:
        thread.start()
        thread.join(seconds)
        if thread.is_alive():
            stop()
            thread.join(GRACE)
            if spends:
                wait_for_spendings()
    except BaseException:
        stop()
        if threading.current_thread() is threading.main_thread():  # where a process is told to end
            wait_for_spendings()
        raise
    if thread.is_alive():
        raise DeadlineReached(f"examination time limit of {seconds:g} s reached")
    if outcome.error is not None:
        raise outcome.error
    return outcome.value
