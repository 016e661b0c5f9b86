"""Answers by need; what could not be asked is neither good nor bad."""

from __future__ import annotations

import pytest

from airflow_sf_health.evidence.evidence import Evidence, NotGathered, Unavailable
from airflow_sf_health.evidence.needs import ORGANIZATION, RUNNING_USER
from airflow_sf_health.org.errors import Refusal, Shape

REFUSED = Refusal(shape=Shape.REST, code="NOT_FOUND")
EVIDENCE = Evidence({RUNNING_USER: {"Id": "005"}, ORGANIZATION: REFUSED})


def test_answer() -> None:
    """A need that was answered gives its value, and no refusal."""
    assert EVIDENCE[RUNNING_USER] == EVIDENCE.get(RUNNING_USER) == {"Id": "005"}
    assert EVIDENCE.refusal(RUNNING_USER) is None


def test_refused_need() -> None:
    """A need that was refused raises with the refusal, or is None where that is all that matters."""
    with pytest.raises(Unavailable, match="organization: NOT_FOUND") as raised:
        EVIDENCE[ORGANIZATION]
    assert (raised.value.need, raised.value.refusal) == (ORGANIZATION, REFUSED)
    assert EVIDENCE.get(ORGANIZATION) is None
    assert EVIDENCE.refusal(ORGANIZATION) is REFUSED


def test_need_that_was_not_declared() -> None:
    """A check that looks up what it has not declared is told so in words, whichever way it looks."""
    for look_up in (Evidence.__getitem__, Evidence.get, Evidence.refusal):
        with pytest.raises(NotGathered, match="'user' was not gathered: name it in the check's needs") as raised:
            look_up(Evidence({}), RUNNING_USER)
        assert raised.value.need == RUNNING_USER
