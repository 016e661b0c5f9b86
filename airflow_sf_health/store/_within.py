"""Do something that may hang (a database, a network disk) for a few seconds at most."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from threading import Thread
from typing import TypeVar

T = TypeVar("T")


def within(seconds: float, job: Callable[[], T]) -> T:
    """What the job gives, or raises. It runs in a thread of its own, which nothing waits for when the time is up.

    :raises TimeoutError: the time was up.
    """
    answer: Future[T] = Future()
    Thread(target=_fulfil, args=(answer, job), name="sf-health-store", daemon=True).start()
    return answer.result(seconds)


def _fulfil(answer: Future[T], job: Callable[[], T]) -> None:
    try:
        result = job()
    except BaseException as error:  # noqa: BLE001 - whatever it is, it is raised to who waits
        answer.set_exception(error)
    else:
        answer.set_result(result)
