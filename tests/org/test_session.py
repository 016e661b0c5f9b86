"""A conversation: what it asks, what it repeats, and how it ends at once."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest
from answers import Answers
from connecting import connect

from airflow_sf_health.org.connection import OrgConnection, TimeLimits
from airflow_sf_health.org.errors import Refusal, Refused, Shape
from airflow_sf_health.org.session import EXAMINATION_VERSION, OrgSession
from airflow_sf_health.org.transport import Traffic
from airflow_sf_health.testing import FakeOrg

Begin = Callable[[OrgConnection], OrgSession]


@pytest.fixture
def session(org: FakeOrg, begin: Begin) -> OrgSession:
    """An open conversation; only what a test asks is counted."""
    session = begin(connect(org, "jwt", version="50.0"))
    session.open()
    org.reset_counts()
    return session


def refusal_of(session: OrgSession, path: str = "sobjects", **options: Any) -> Refusal:
    with pytest.raises(Refused) as raised:
        session.ask(path, where="a question", **options)
    return raised.value.refusal


def test_question_and_answer(org: FakeOrg, session: OrgSession) -> None:
    """A question goes to the examination's own version, whatever the connection pins; the answer has its headers."""
    reply = session.ask("sobjects", where="a question")
    assert "sobjects" in reply.value
    assert reply.headers["sforce-limit-info"].startswith("api-usage=")
    assert [each.path for each in org.requests()] == [f"/services/data/v{EXAMINATION_VERSION}/sobjects"]


def test_post_question(session: OrgSession) -> None:
    """A question with a body is posted."""
    part = {"method": "GET", "url": f"/services/data/v{EXAMINATION_VERSION}/sobjects", "referenceId": "x"}
    reply = session.ask("composite", json={"compositeRequest": [part]}, where="composite request")
    assert reply.value["compositeResponse"][0]["httpStatusCode"] == 200


def test_users_client_speaks_the_pinned_version(org: FakeOrg, session: OrgSession) -> None:
    """The user's own client keeps the connection's API version."""
    session.client().query("SELECT Id FROM Account LIMIT 1")
    assert org.requests()[-1].path.startswith("/services/data/v50.0/")


@pytest.mark.parametrize(
    ("fault", "shape", "code", "requests"),
    [
        ({"status": 401}, Shape.REST, "INVALID_SESSION_ID", 1),
        ({"status": 403, "body": "total_requests"}, Shape.REST, "REQUEST_LIMIT_EXCEEDED", 1),
        ({"status": 503}, Shape.HTML, None, 1),
        ({"status": 420}, Shape.TEXT, None, 1),
        ({"status": 500}, Shape.REST, "UNKNOWN_EXCEPTION", 1),
        ({"status": 500, "body": ""}, Shape.EMPTY, None, 2),
        ({"status": 502}, Shape.HTML, None, 2),
        ({"status": 504, "body": "late"}, Shape.TEXT, None, 2),
        ({"status": 406}, Shape.EMPTY, None, 1),
        ({"status": 200, "body": "<html>hello</html>"}, Shape.HTML, None, 1),
        ({"status": 200, "body": "{"}, Shape.UNREADABLE, None, 1),
        ({"reset": True}, Shape.NO_ANSWER, None, 2),
    ],
)
def test_refused_question(
    org: FakeOrg, session: OrgSession, fault: dict[str, Any], shape: Shape, code: str | None, requests: int
) -> None:
    """Only a cut line and a bare 500, 502 or 504 are worth one repetition; a page that says maintenance is not."""
    with org.fault(path="/services/data/*", **fault):
        refusal = refusal_of(session)
    assert (refusal.shape, refusal.code, refusal.where) == (shape, code, "a question")
    assert org.counts().http_requests == requests


@pytest.mark.parametrize("fault", [{"reset": True}, {"status": 502}])
def test_repetition_that_helps(org: FakeOrg, session: OrgSession, fault: dict[str, Any]) -> None:
    """A stumble that passes is not told."""
    with org.fault(path="/services/data/*", times=1, **fault):
        assert session.ask("sobjects", where="a question").value
    assert org.counts().http_requests == 2


def test_reset_login_is_repeated_once(org: FakeOrg, begin: Begin) -> None:
    """A login that met a cut line is made again, once."""
    with org.fault(path="*/token", times=1, reset=True):
        assert begin(connect(org, "jwt")).open().fresh
    assert org.counts().http_requests == 2


@pytest.mark.parametrize("stall", ["headers", "body"])
def test_silence_ends_at_the_read_limit(org: FakeOrg, begin: Begin, stall: str) -> None:
    """An org that says nothing more is left at the read limit, and not asked again."""
    session = begin(connect(org, "jwt", limits=TimeLimits(read=0.2)))
    with org.fault(path="*/token", stall=stall), pytest.raises(Refused) as raised:
        session.open()
    assert raised.value.refusal.said == "read time limit reached"
    assert org.counts().http_requests == 1


@pytest.mark.parametrize("fault", [{"stall": "headers"}, {"stall": "body"}, {"drip": 0.05}])
@pytest.mark.parametrize("name", ["jwt", "soap_token", "session"])
def test_abort_ends_what_is_under_way(org: FakeOrg, begin: Begin, name: str, fault: dict[str, Any]) -> None:
    """Told to end from another thread, a conversation under way fails at once, by its own limit's name."""
    session = begin(connect(org, name))
    met = org.fault(**fault)
    ended: list[Refusal] = []

    def converse() -> None:
        with pytest.raises(Refused) as raised:
            session.open()
        ended.append(raised.value.refusal)

    thread = threading.Thread(target=converse)
    thread.start()
    while not met.met:
        thread.join(0.01)
    session.abort()
    thread.join(10)
    assert not thread.is_alive()
    assert ended[0].said == "examination time limit of 60 s reached"


def test_aborted_conversation_begins_nothing(org: FakeOrg, begin: Begin, session: OrgSession) -> None:
    """After the end nothing is sent, neither by a new session nor on a connection that was kept."""
    new = begin(connect(org, "jwt"))
    new.abort()
    with pytest.raises(Refused):
        new.open()
    session.abort()
    assert "examination time limit" in refusal_of(session).said
    assert org.counts().http_requests == 0


def test_redirect_is_not_followed(session: OrgSession) -> None:
    """A question that is sent elsewhere is not asked there: the token stays here."""
    adapter = Answers((302, b""))
    session._http.mount("https://", adapter)
    assert refusal_of(session).status == 302
    assert len(adapter.requests) == 1


def test_traffic_goes_on(org: FakeOrg) -> None:
    """A second conversation may count on where the first has stopped."""
    traffic = Traffic()
    for _ in range(2):
        with OrgSession(connect(org, "client_credentials"), traffic) as session:
            session.open()
    assert (traffic.logins, traffic.http_requests) == (2, 2)
