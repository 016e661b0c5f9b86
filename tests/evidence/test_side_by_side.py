"""Acts side by side: each reply as it comes, and an end for what does not."""

from __future__ import annotations

import threading

import pytest

from airflow_sf_health.evidence.side_by_side import SideBySide


def test_the_first_to_end_comes_first() -> None:
    """A slow one does not hold up the others."""
    calls: SideBySide[str, int] = SideBySide()
    slow = threading.Event()
    calls.begin("slow", lambda: 1 if slow.wait(20) else 0)
    calls.begin("quick", lambda: 2)
    assert calls.next(20) == ("quick", 2)
    assert calls.next(0.01) is None
    slow.set()
    assert calls.next(20) == ("slow", 1)


def test_an_error_is_raised_where_the_reply_is_awaited() -> None:
    """No error is lost in a thread."""
    calls: SideBySide[str, float] = SideBySide()
    calls.begin("wrong", lambda: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        calls.next(20)


def test_end() -> None:
    """What is under way is stopped and waited for; where nothing is, nothing is stopped."""
    calls: SideBySide[str, bool] = SideBySide()
    stopped = threading.Event()
    calls.begin("slow", lambda: stopped.wait(20))
    calls.end(stopped.set)
    assert calls.next(0) == ("slow", True)
    calls.end(lambda: pytest.fail("nothing is under way"))


def test_what_has_been_answered_is_not_stopped() -> None:
    """Whose answer has been given is over, even if its thread has still to go."""
    for _ in range(300):
        calls: SideBySide[str, int] = SideBySide()
        calls.begin("quick", lambda: 1)
        assert calls.next(20) == ("quick", 1)
        calls.end(lambda: pytest.fail("nothing is under way"))
