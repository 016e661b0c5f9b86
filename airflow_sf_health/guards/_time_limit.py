"""A time limit around all that an examination does before a task's own one has begun."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

SOON = 0.001
"""Seconds until a limit ends that should have ended meanwhile; zero would switch it off."""


class OutOfTime(BaseException):
    """No ``Exception``, so that nothing on the way takes it for an answer."""


@contextmanager
def limited(seconds: float) -> Iterator[None]:
    """Raise :class:`OutOfTime` in the main thread after so many seconds.

    Where another limit runs already, as Airflow's ``execution_timeout``, whichever ends first counts, and what is left of the other
    one goes on afterwards. There is none in another thread, since there is only one such clock in a process and it is the main
    thread's, and none where the clock's handler is not Python's, which could not be put back. An examination has its own limit beside
    this one.
    """
    left, every = signal.getitimer(signal.ITIMER_REAL) if _is_free() else (0.0, 0.0)
    if not _is_free() or 0 < left <= seconds:
        yield
        return
    began = time.monotonic()
    before = signal.signal(signal.SIGALRM, _end)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
        if left:
            signal.setitimer(signal.ITIMER_REAL, max(left - (time.monotonic() - began), SOON), every)


def _is_free() -> bool:
    """Whether the clock can be used here, and left as it was."""
    is_main = threading.current_thread() is threading.main_thread()
    return is_main and hasattr(signal, "setitimer") and signal.getsignal(signal.SIGALRM) is not None


def _end(number: int, frame: Any) -> None:
    raise OutOfTime
