"""What is being spent is waited for by whoever is about to end."""

from __future__ import annotations

import os
import threading
from typing import Self

import pytest

from airflow_sf_health.org import deadline, spendings
from airflow_sf_health.org.deadline import DeadlineReached, within
from airflow_sf_health.org.spendings import Spending, wait_for_spendings

LONG = 60.0


class Spender:
    """Somebody who spends until ``end``, in a thread of his own."""

    def __init__(self) -> None:
        self.begun, self.end = threading.Event(), threading.Event()
        self.thread = threading.Thread(target=self._spend)

    def _spend(self) -> None:
        with Spending() as spending:
            spending.begin()
            self.begun.set()
            self.end.wait(LONG)

    def __enter__(self) -> Self:
        self.thread.start()
        assert self.begun.wait(LONG)
        return self

    def __exit__(self, *_: object) -> None:
        self.end.set()
        self.thread.join(LONG)


def test_nothing_is_spent() -> None:
    """Then nobody waits, nor for what has not begun."""
    with Spending():
        wait_for_spendings(LONG)


def test_end_of_a_spending() -> None:
    """It is waited for until it ends."""
    with Spender() as spender:
        threading.Timer(0.2, spender.end.set).start()
        wait_for_spendings(LONG)
        assert spender.end.is_set()


def test_spending_that_never_ends() -> None:
    """It is waited for no longer than that."""
    with Spender() as spender:
        wait_for_spendings(0.1)
        assert not spender.end.is_set()


def test_job_over_its_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """A time limit that is reached leaves nothing behind that is being spent."""
    monkeypatch.setattr(deadline, "GRACE", 0.01)
    let_go = threading.Event()
    with Spender() as spender:
        threading.Timer(0.2, spender.end.set).start()
        with pytest.raises(DeadlineReached):
            within(0.01, lambda: let_go.wait(LONG), stop=lambda: None, spends=True)
        assert spender.end.is_set()
    let_go.set()


def test_job_that_spends_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """A time limit of something else waits for nobody: the spending itself may be what calls it."""
    monkeypatch.setattr(deadline, "GRACE", 0.01)
    let_go = threading.Event()
    with Spender() as spender:
        with pytest.raises(DeadlineReached):
            within(0.01, lambda: let_go.wait(LONG), stop=lambda: None)
        assert not spender.end.is_set()
    let_go.set()


def test_child_process() -> None:
    """A forked process has none of the threads, and waits for none."""
    with Spender():
        child = os.fork()
        if child == 0:
            wait_for_spendings(LONG)
            os._exit(0 if not spendings._now.running else 1)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
