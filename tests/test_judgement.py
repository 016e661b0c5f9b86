"""What a report says of its proof and of the next login, judged from evidence made by hand."""

from __future__ import annotations

from dataclasses import replace

import pendulum
import pytest
from known import AT, INACTIVE, login, refused_login
from reports import report_of

from airflow_sf_health.evidence.facts import ApiFacts, NextTokenFacts
from airflow_sf_health.evidence.needs import API, LOGIN, NEXT_TOKEN
from airflow_sf_health.org.errors import Refusal, Shape
from airflow_sf_health.org.flows import LoginFlow
from airflow_sf_health.report import Proof, Verdict

DEAD = Refusal(shape=Shape.REST, status=401, code="INVALID_SESSION_ID", message="Session expired or invalid")
KEPT = replace(INACTIVE, at=AT.to_iso8601_string(), not_before="2026-11-22T02:01:13.123456Z")


def test_proof_by_another_task() -> None:
    """A shared login is a proof as of when it was made, and is told as one."""
    report = report_of({LOGIN: login(at=AT.subtract(seconds=48), shared=True)})
    assert report.proof == Proof(at=AT.subtract(seconds=48), flow="jwt_bearer", fresh=True, shared=True)
    assert report.verdict is Verdict.HEALTHY


@pytest.mark.parametrize(
    ("facts", "is_proven"),
    [({}, True), ({"shared": True}, False), ({"fresh": False, "flow": LoginFlow.SESSION}, False)],
)
def test_proof_of_a_session_that_is_dead(facts: dict[str, bool], is_proven: bool) -> None:
    """A login of this very look has proven itself, whatever became of its session; a session of before proves nothing then."""
    report = report_of({LOGIN: login(**facts), API: ApiFacts(refusal=DEAD)})
    assert (report.proof is not None) is is_proven


@pytest.mark.parametrize("repeated", [False, True])
def test_next_login(repeated: bool) -> None:
    """First met or remembered, the refusal says when that login is tried again; verdict and cause are the same."""
    report = report_of(refused_login(replace(KEPT, repeated=repeated)))
    assert report.next_login == pendulum.datetime(2026, 11, 22, 2, 1, 13, 123456)
    assert (report.verdict, report.main.cause if report.main else None) == (Verdict.UNHEALTHY, "user_inactive")


def test_next_login_beside_a_ready_session() -> None:
    """The login that would replace the session is the one that is tried again then."""
    ready = login(flow=LoginFlow.SESSION, fresh=False)
    following = NextTokenFacts(by="renewal", flow=LoginFlow.JWT_BEARER, refusal=KEPT)
    report = report_of({LOGIN: ready, NEXT_TOKEN: following}, LoginFlow.SESSION)
    assert report.next_login == pendulum.datetime(2026, 11, 22, 2, 1, 13, 123456)


def test_login_that_may_be_tried_at_once() -> None:
    """Where nothing is remembered, nothing is said of a next attempt."""
    assert report_of(refused_login(INACTIVE)).next_login is None
    assert report_of().next_login is None
