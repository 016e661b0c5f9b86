"""How far two clocks are apart, by the Date header."""

from __future__ import annotations

import pytest
from known import AT

from airflow_sf_health.org.clocks import ahead, ahead_at, apart, date_of, exactly, instant
from airflow_sf_health.org.errors import Refusal, Shape

DATE = "Sun, 22 Nov 2026 02:05:15 GMT"
REFUSED = Refusal(shape=Shape.OAUTH, at="2026-11-22T02:00:13.400000Z", server_date=DATE)


def test_behind_and_ahead() -> None:
    """A clock that shows less than Salesforce's is behind: a negative number."""
    assert ahead(DATE, AT) == -302
    assert ahead(DATE, AT.add(minutes=10)) == 298
    assert ahead_at(REFUSED) == pytest.approx(-301.6)


@pytest.mark.parametrize(
    "header", [None, "", "tomorrow", "Sun, 99 Nov 2026 02:05:15 GMT", "x" * 1_000, "1, 2 3 4 5:6:7 8"]
)
def test_no_date(header: str | None) -> None:
    """Without a date that can be read nothing is said of the clocks."""
    assert date_of(header) is None
    assert ahead(header, AT) is None


@pytest.mark.parametrize("text", ["", "yesterday", "PT5M", "2026-99-99T00:00:00Z"])
def test_no_instant(text: str) -> None:
    """A refusal whose instant cannot be read tells nothing of the clocks either."""
    assert instant(text) is None
    assert ahead_at(Refusal(shape=Shape.OAUTH, at=text, server_date=DATE)) is None


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0.2, "0 s"),
        (59.4, "59 s"),
        (60, "1 min"),
        (302, "5 min 2 s"),
        (3_600, "1 h"),
        (3_725, "1 h 2 min"),
        (180_000, "2 days 2 h"),
    ],
)
def test_words(seconds: float, words: str) -> None:
    """How far, in the two largest units, and in which direction."""
    assert exactly(seconds) == words
    assert apart(-302) == "5 min 2 s behind Salesforce's"
    assert apart(302) == "5 min 2 s ahead of Salesforce's"
