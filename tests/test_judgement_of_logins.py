"""What a report says of the logins that it rests on, for those who take it over: how old they are, and whether the clock was wrong."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from known import AT, INACTIVE, login, refused_login
from reports import report_of

from airflow_sf_health.evidence.facts import NextTokenFacts
from airflow_sf_health.evidence.needs import LOGIN, NEXT_TOKEN
from airflow_sf_health.org.flows import LoginFlow

if TYPE_CHECKING:
    import pendulum

EARLIER = AT.subtract(seconds=48)
MET = replace(
    INACTIVE, at=EARLIER.to_iso8601_string(), not_before=EARLIER.add(seconds=60).to_iso8601_string(), repeated=True
)
DATED = replace(INACTIVE, at="2026-11-22T02:05:00Z", server_date="Sun, 22 Nov 2026 02:00:00 GMT")
READY: dict[Any, Any] = {LOGIN: login(flow=LoginFlow.SESSION, fresh=False)}


def following(**facts: Any) -> NextTokenFacts:
    return NextTokenFacts(**{"by": "renewal", "flow": LoginFlow.JWT_BEARER, **facts})


@pytest.mark.parametrize(
    ("answers", "at"),
    [
        ({}, AT),
        ({LOGIN: login(at=EARLIER, shared=True)}, EARLIER),
        ({**READY, NEXT_TOKEN: following(proven_at=EARLIER)}, EARLIER),
        ({**READY, NEXT_TOKEN: following(refusal=MET)}, EARLIER),
        ({**READY, NEXT_TOKEN: following(refusal=replace(MET, repeated=False))}, None),
        ({NEXT_TOKEN: following(proven_at=EARLIER)}, EARLIER),
        (refused_login(MET), EARLIER),
        (refused_login(INACTIVE), None),
        (READY, None),
    ],
)
def test_how_old_the_oldest_login_is(answers: Any, at: pendulum.DateTime | None) -> None:
    """Of the one in use and the one beside a ready session, made or refused; a refusal of this look is as old as the look."""
    assert report_of(answers).proven_at == at


@pytest.mark.parametrize(
    ("answers", "ahead"),
    [
        ({}, None),
        ({LOGIN: login(clock_ahead=-120.0)}, -120.0),
        ({LOGIN: login(clock_ahead=60.0)}, None),
        ({LOGIN: login(flow=LoginFlow.CLIENT_CREDENTIALS, clock_ahead=300.0)}, None),
        ({**READY, NEXT_TOKEN: following(refusal=DATED)}, 300.0),
        ({**READY, NEXT_TOKEN: following(refusal=replace(DATED, repeated=True))}, None),
        (refused_login(DATED), 300.0),
        (refused_login(INACTIVE), None),
    ],
)
def test_a_clock_that_is_wrong(answers: Any, ahead: float | None) -> None:
    """By the logins that were made in this look, where they are such as a wrong clock forbids."""
    assert report_of(answers).clock_ahead == ahead
