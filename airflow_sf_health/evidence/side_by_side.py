"""Requests side by side: the next one need not wait until a slow one has ended, and none is broken off that may still end."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from queue import Empty, SimpleQueue
from typing import Generic, TypeVar

K = TypeVar("K")
T = TypeVar("T")

GRACE = 0.3
"""Seconds that broken-off requests get to end, so that they are counted."""


class SideBySide(Generic[K, T]):
    """Acts in threads of their own, each under a key. The threads are daemons: one that hangs does not hold up the process."""

    def __init__(self) -> None:
        self._done: SimpleQueue[tuple[K, Future[T]]] = SimpleQueue()
        self._begun: list[tuple[threading.Thread, Future[T]]] = []

    def begin(self, key: K, act: Callable[[], T]) -> None:
        """Begin one more, beside those under way."""
        outcome: Future[T] = Future()

        def run() -> None:
            try:
                outcome.set_result(act())
            except BaseException as error:  # noqa: BLE001 - raised again in the caller's thread
                outcome.set_exception(error)
            self._done.put((key, outcome))

        thread = threading.Thread(target=run, name="sf-health-late-call", daemon=True)
        self._begun.append((thread, outcome))
        thread.start()

    def next(self, seconds: float) -> tuple[K, T] | None:
        """The next one that ends within so many seconds, whichever it is; raises what it raised."""
        try:
            key, outcome = self._done.get(timeout=seconds)
        except Empty:
            return None
        return key, outcome.result()

    def end(self, stop: Callable[[], None]) -> None:
        """Have ``stop`` break off what is under way, if anything is."""
        under_way = [thread for thread, outcome in self._begun if not outcome.done()]
        if under_way:
            stop()
            until = time.monotonic() + GRACE
            for thread in under_way:
                thread.join(max(0.0, until - time.monotonic()))
