"""Describes and the queries beside them: all that can be had in the time there is, and a refusal for the rest alone."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pendulum
import pytest
from answers import Answers
from connecting import connect
from objects import add_objects, asked_for, reading

from airflow_sf_health.evidence.facts import Described, Remembered
from airflow_sf_health.evidence.gather_late import NO_TIME, LateQuestions
from airflow_sf_health.evidence.needs import Describe, Query
from airflow_sf_health.evidence.parts import Answer
from airflow_sf_health.org.errors import Refusal, Shape
from airflow_sf_health.org.failures import READ_LIMIT
from airflow_sf_health.org.session import OrgSession
from airflow_sf_health.testing import FakeOrg

ACCOUNT, CONTACT = Describe("describe_Account", "Account"), Describe("describe_Contact", "Contact")
LEAD = Describe("describe_Lead", "Lead")
NAMES = Query("rights_Account", "SELECT Id, Name FROM Account LIMIT 0", late=True)


@pytest.fixture
def session(org: FakeOrg) -> Iterator[OrgSession]:
    """An open conversation; only what is asked late is counted."""
    with OrgSession(connect(org, "jwt")) as session:
        session.open()
        org.reset_counts()
        yield session


def late(session: OrgSession, seconds: float = 20) -> LateQuestions:
    assert session.login is not None
    return LateQuestions(session=session, identity=session.login.identity, until=time.monotonic() + seconds)


def known(answer: Described, need: Describe = ACCOUNT) -> dict[Describe, Remembered]:
    at = pendulum.now("UTC")
    stamp = answer.last_modified
    return {need: Remembered(shape=answer.shape, taken_at=at, compared_at=at, confirmed_at=at, last_modified=stamp)}


def levels(answers: dict[Any, Answer]) -> dict[str, bool]:
    """Whether there is an answer, by name."""
    return {need.name: not isinstance(each, Refusal) for need, each in answers.items()}


def test_describe(org: FakeOrg, session: OrgSession) -> None:
    """A describe is the object as the user sees it, with the whole body and its stamp."""
    answers = late(session).answers([ACCOUNT, NAMES])
    account = answers[ACCOUNT]
    assert (account.shape.name, account.unchanged, answers[NAMES]) == ("Account", False, ())
    assert account.shape.fields["ERP_Id__c"].external_id
    assert account.body["name"] == "Account"
    assert account.last_modified.endswith("GMT")
    assert org.counts().api_calls == 1


def test_unchanged(session: OrgSession) -> None:
    """What is known is asked for with a condition; the shape is the known one then."""
    first = late(session).answers([ACCOUNT])[ACCOUNT]
    again = late(session).answers([ACCOUNT, CONTACT], known(first))
    assert (again[ACCOUNT].unchanged, again[ACCOUNT].body) == (True, None)
    assert again[ACCOUNT].shape is first.shape
    assert again[ACCOUNT].last_modified == first.last_modified
    assert not again[CONTACT].unchanged


def test_changed_stamp(org: FakeOrg, session: OrgSession) -> None:
    """Where the stamp has moved the whole describe comes, changed or not."""
    first = late(session).answers([ACCOUNT])[ACCOUNT]
    org.state.schema["Account"].fields["Fax"].label = "Telefax"
    again = late(session).answers([ACCOUNT], known(first))[ACCOUNT]
    assert (again.unchanged, again.shape.fields["Fax"].label) == (False, "Telefax")


def test_no_such_object(session: OrgSession) -> None:
    """An object that is not there is a refusal of that object alone, named as such."""
    gone = Describe("describe_Gone__c", "Gone__c")
    answers = late(session).answers([ACCOUNT, gone])
    assert (answers[gone].code, answers[gone].where) == ("NOT_FOUND", "description of Gone__c")
    assert isinstance(answers[ACCOUNT], Described)


def test_unchanged_and_contradicted(org: FakeOrg, session: OrgSession) -> None:
    """Where a query meets a field that is gone while the stamp stands still, the object is described anew, for one call more."""
    first = late(session).answers([ACCOUNT])[ACCOUNT]
    org.state.schema_stamp_frozen = True
    allowed = next(each for each in org.state.permission_sets if "Account" in each.objects)
    allowed.objects["Account"].hidden_fields.add("Name")
    org.reset_counts()
    again = late(session).answers([ACCOUNT, NAMES], known(first))
    assert again[NAMES].code == "INVALID_FIELD"
    assert not again[ACCOUNT].unchanged
    assert "Name" not in again[ACCOUNT].shape.fields
    assert org.counts().api_calls == 2


def test_a_query_of_another_object_contradicts_nothing(session: OrgSession) -> None:
    """An object stays unchanged while the query on another one is refused."""
    first = late(session).answers([ACCOUNT])[ACCOUNT]
    wrong = Query("query_1", "SELECT Nothing__c FROM Contact LIMIT 0", late=True)
    assert late(session).answers([ACCOUNT, wrong], known(first))[ACCOUNT].unchanged


def test_contradicted_and_then_silent(org: FakeOrg, session: OrgSession) -> None:
    """What is contradicted and cannot be described anew is not known; it is not called unchanged."""
    first = late(session).answers([ACCOUNT])[ACCOUNT]
    wrong = Query("rights_Account", "SELECT Nothing__c FROM Account LIMIT 0", late=True)
    org.fault(path="*/composite", nth=2, status=503)
    assert late(session).answers([ACCOUNT, wrong], known(first))[ACCOUNT].status == 503


# Slow describes


def test_slow_describe(org: FakeOrg, session: OrgSession) -> None:
    """One describe that never comes costs itself: the queries and describes of its call are asked again."""
    org.describe_latency["Contact"] = 30
    answers = late(session, 4).answers([NAMES, ACCOUNT, CONTACT, LEAD])
    assert levels(answers) == {NAMES.name: True, ACCOUNT.name: True, CONTACT.name: False, LEAD.name: True}
    assert (answers[CONTACT].message, answers[CONTACT].where) == (READ_LIMIT, "description of Contact")
    # together, the query, each describe alone, and the slow one once more
    assert org.counts().http_requests == session.traffic.api_calls == 6


def test_slow_describe_that_comes_at_last(org: FakeOrg, session: OrgSession) -> None:
    """The slow one has all the time that is left when the others are there."""
    org.describe_latency["Account"] = 2.4
    answers = late(session, 5).answers([NAMES, ACCOUNT, CONTACT, LEAD])
    assert all(levels(answers).values())


def test_slow_describe_among_many_calls(org: FakeOrg, session: OrgSession) -> None:
    """A slow one in the first call leaves time for the other calls."""
    names = add_objects(org, 12)
    org.describe_latency[names[0]] = 30
    answers = late(session, 5).answers(asked_for(reading(*names)))  # type: ignore[arg-type]
    assert [name for name, known in levels(answers).items() if not known] == [f"describe_{names[0]}"]


def test_no_time(org: FakeOrg, session: OrgSession) -> None:
    """Where no time is left nothing is asked."""
    answers = late(session, 0).answers([ACCOUNT, NAMES])
    assert {each.message for each in answers.values()} == {NO_TIME.message}
    assert org.counts().http_requests == 0


def test_a_refused_call_is_not_taken_apart(org: FakeOrg, session: OrgSession) -> None:
    """Only silence is worth another try: a call that Salesforce refuses is refused part by part as well."""
    org.fault(path="*/composite", status=503)
    answers = late(session).answers([ACCOUNT, NAMES])
    assert {each.status for each in answers.values()} == {503}
    assert org.counts().http_requests == 1


def test_slow_by_itself(org: FakeOrg, session: OrgSession) -> None:
    """The read limit of a connection is that of other calls: a describe may take longer."""
    org.describe_latency["Account"] = 1.5
    with OrgSession(connect(org, "jwt", read_timeout=1)) as hasty:
        hasty.open()
        assert isinstance(late(hasty, 10).answers([ACCOUNT])[ACCOUNT], Described)


# Odd answers


@pytest.mark.parametrize(
    "part",
    [
        {"httpStatusCode": 200, "body": None},
        {"httpStatusCode": 200, "body": {"name": "Account"}},
        {"httpStatusCode": 200, "body": {"name": "Account", "fields": [None]}},
        {"httpStatusCode": 304, "body": None, "httpHeaders": None},
    ],
)
def test_what_is_no_describe(session: OrgSession, part: dict[str, Any]) -> None:
    """A reply that is no describe, or says "not modified" though nothing was known, is a refusal of that object."""
    session._http.mount("https://", Answers((200, {"compositeResponse": [{"referenceId": ACCOUNT.name, **part}]})))
    refusal = late(session).answers([ACCOUNT])[ACCOUNT]
    assert (refusal.shape, refusal.where) == (Shape.UNREADABLE, "description of Account")


def test_unknown_identity(session: OrgSession) -> None:
    """What is about the own user is not asked where nobody told which that is."""
    own = Query("own", "SELECT Id FROM User WHERE Id = '{user_id}'", late=True)
    questions = LateQuestions(session=session, identity=None, until=time.monotonic() + 5)
    assert "whose token" in questions.answers([own, ACCOUNT])[own].message


def test_explained_query(org: FakeOrg, session: OrgSession) -> None:
    """A query that is only explained has the plans for rows."""
    plan = Query("query_1", "SELECT Id FROM Account", late=True, explain=True)
    (first, *_) = late(session).answers([plan])[plan]
    assert first["sobjectType"] == "Account"
