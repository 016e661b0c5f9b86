"""What is being spent in this process at this moment, for whoever is about to end it.

A reply that nobody is there to keep is a token that is lost, and a task's process may end without waiting for its threads.
"""

from __future__ import annotations

import os
import threading
from types import TracebackType
from typing import Self

GRACE = 45.0
"""Seconds that a task which is told to end, or is over its time, waits for what was sent before."""


class Spending:
    """Something that is waited for from :meth:`begin` to the end of the ``with`` block."""

    def __enter__(self) -> Self:
        return self

    def begin(self) -> None:
        """Count from now on. Look after this, not before, whether it is still wanted: who does not want it any more says so and then waits."""
        with _now.changed:
            _now.running.add(self)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with _now.changed:
            _now.running.discard(self)
            _now.changed.notify_all()


class _Now:
    def __init__(self) -> None:
        self.changed = threading.Condition()
        self.running: set[Spending] = set()


_now = _Now()


def wait_for_spendings(seconds: float | None = None) -> None:
    """Wait for what is being spent now, for ``seconds`` (else :data:`GRACE`) at most; not at all where nothing is."""
    with _now.changed:
        met = set(_now.running)
        _now.changed.wait_for(lambda: not met & _now.running, GRACE if seconds is None else seconds)


# A child has none of the threads that spend.
os.register_at_fork(after_in_child=_now.__init__)  # type: ignore[misc]
