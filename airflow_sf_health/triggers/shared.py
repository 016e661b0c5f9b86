"""One answer for all who ask the same at about the same time, on one event loop."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Hashable
from concurrent.futures import ThreadPoolExecutor
from typing import Generic, TypeVar
from weakref import WeakKeyDictionary

T = TypeVar("T")

THREADS = 16
"""Examinations at the same time in one triggerer. One takes about a second, but where an org hangs, its whole time limit (a
minute): a dozen orgs that hang must not keep the others waiting. A thread that waits for an answer costs next to nothing.
"""

_POOL = ThreadPoolExecutor(THREADS, thread_name_prefix="sf-health-trigger")


async def in_thread(work: Callable[[], T]) -> T:
    """Do what blocks in one of our threads. It must call nothing of Airflow's."""
    return await asyncio.get_running_loop().run_in_executor(_POOL, work)


class SharedAnswers(Generic[T]):
    """The answers that the askers of one event loop share."""

    def __init__(self) -> None:
        self._jobs: dict[Hashable, _Job[T]] = {}

    async def get(self, key: Hashable, work: Callable[[], Awaitable[T]], max_age: float) -> tuple[T, float]:
        """Give the answer for ``key`` and its age in seconds: one that is younger than ``max_age`` seconds, or that of the
        work under way, or else that of ``work``. An asker who is cancelled stops nobody else's work.
        """
        job = self._jobs.get(key)
        if job is None or job.age() >= max_age:
            self._forget_old()
            job = self._jobs[key] = _Job(work, max_age)
        return await asyncio.shield(job.task), job.age()

    def _forget_old(self) -> None:
        self._jobs = {key: job for key, job in self._jobs.items() if job.age() < 2 * job.max_age}


class _Job(Generic[T]):
    """Work, and when it was done. The task belongs to nobody who asks."""

    def __init__(self, work: Callable[[], Awaitable[T]], max_age: float) -> None:
        self.max_age = max_age
        self._loop = asyncio.get_running_loop()
        self._done_at: float | None = None
        self.task: asyncio.Task[T] = self._loop.create_task(self._do(work))

    async def _do(self, work: Callable[[], Awaitable[T]]) -> T:
        try:
            return await work()
        finally:
            self._done_at = self._loop.time()

    def age(self) -> float:
        """Seconds since the work was done; nothing while it goes on, and past all use where it failed."""
        if self._done_at is None:
            return 0.0
        if self.task.done() and (self.task.cancelled() or self.task.exception() is not None):
            return float("inf")
        return self._loop.time() - self._done_at


_ANSWERS: WeakKeyDictionary[asyncio.AbstractEventLoop, SharedAnswers[object]] = WeakKeyDictionary()


def answers_of_this_loop() -> SharedAnswers[object]:
    """The answers shared on the running event loop."""
    return _ANSWERS.setdefault(asyncio.get_running_loop(), SharedAnswers())
