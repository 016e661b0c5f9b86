"""A time limit around all that an examination does before a task's own one has begun."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


class OutOfTime(BaseException):
    """No ``Exception``, so that nothing on the way takes it for an answer."""


@contextmanager
def limited(seconds: float) -> Iterator[None]:
    """Raise :class:`OutOfTime` in the main thread after so many seconds.

    Not where another limit runs already, which is Airflow's ``execution_timeout``, and not in another thread: there is only one such
    clock in a process, and it is the main thread's. An examination has its own limit beside this one.
    """
    is_main = threading.current_thread() is threading.main_thread()
    if not is_main or not hasattr(signal, "setitimer") or signal.getitimer(signal.ITIMER_REAL)[0] > 0:
        yield
        return
    before = signal.signal(signal.SIGALRM, _end)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def _end(number: int, frame: Any) -> None:
    raise OutOfTime
