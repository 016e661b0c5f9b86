"""Describes and the queries beside them: all that can be had in the time there is, and a refusal for the rest alone."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any

import pendulum
import pytest
from answers import Answers
from connecting import connect
from objects import add_objects, asked_for, reading

from airflow_sf_health.evidence.facts import Described, Remembered
from airflow_sf_health.evidence.gather_late import LateQuestions, complete, contradicted
from airflow_sf_health.evidence.late_plan import NO_TIME
from airflow_sf_health.evidence.needs import Describe, Query
from airflow_sf_health.evidence.parts import Answer
from airflow_sf_health.org.errors import Refusal, Shape
from airflow_sf_health.org.failures import READ_LIMIT
from airflow_sf_health.org.session import OrgSession
from airflow_sf_health.schema.shape import ObjectShape
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
    org.state.schema_stamp_frozen = True
    allowed = next(each for each in org.state.permission_sets if "Account" in each.objects)
    allowed.objects["Account"].hidden_fields.add("Name")
    org.fault(path="*/composite", nth=2, status=503)
    assert late(session).answers([ACCOUNT, NAMES], known(first))[ACCOUNT].status == 503


def test_field_that_came_while_the_stamp_stood_still(org: FakeOrg, session: OrgSession) -> None:
    """Where a query names a field that the remembered shape lacks, the object is described as a whole at once, for no call more."""
    org.state.schema_stamp_frozen = True
    hidden = (
        next(each for each in org.state.permission_sets if "Account" in each.objects).objects["Account"].hidden_fields
    )
    hidden.add("Name")
    first = late(session).answers([ACCOUNT])[ACCOUNT]
    hidden.clear()
    org.reset_counts()
    again = late(session).answers([ACCOUNT, NAMES], known(first))
    assert (again[NAMES], again[ACCOUNT].unchanged, "Name" in again[ACCOUNT].shape.fields) == ((), False, True)
    assert org.counts().api_calls == 1


@pytest.mark.parametrize(
    ("soql", "kept"),
    [
        ("SELECT Id, name, Owner.Name FROM account LIMIT 0", True),
        ("SELECT Account.Name FROM Account LIMIT 0", True),
        ("SELECT Birthdate FROM Contact LIMIT 0", True),
        ("SELECT COUNT() FROM Account LIMIT 0", True),
        ("SELECT Id, Fax2__c FROM Account LIMIT 0", False),
        ("SELECT Boss.Name FROM Account WHERE Name = 'a' LIMIT 0", False),
    ],
)
def test_what_a_remembered_shape_is_good_for(session: OrgSession, soql: str, kept: bool) -> None:
    """A shape counts as known where it has each field that a query selects from its object, in any case and over relationships."""
    remembered = known(late(session).answers([ACCOUNT])[ACCOUNT])
    query = Query("query_1", soql, late=True)
    assert complete(remembered, [ACCOUNT, query]) == (remembered if kept else {})


def refused_by(code: str, soql: str = NAMES.soql, status: int = 400, **more: Any) -> list[Describe]:
    """Which describes are contradicted where this query was refused."""
    account = Described(shape=ObjectShape(name="Account"), at=pendulum.now("UTC"), unchanged=True)
    refusal = Refusal(shape=Shape.REST, status=status, code=code, **more)
    return contradicted({ACCOUNT: account, Query("rights_Account", soql, late=True): refusal})


def test_query_that_is_refused_for_its_form() -> None:
    """Where the query that would prove the rights proves nothing, as one that lacks a filter, "not modified" is no proof either."""
    assert refused_by("MALFORMED_QUERY") == [ACCOUNT]
    assert refused_by("QUERY_TOO_COMPLICATED") == [ACCOUNT]
    assert refused_by("REQUEST_LIMIT_EXCEEDED", status=403) == []
    assert refused_by("MALFORMED_QUERY", "SELECT Id FROM Account WHERE Name = = 'a' LIMIT 0") == []
    assert refused_by("INVALID_FIELD", "SELECT Id FROM Account WHERE Nme = 'a' LIMIT 0") == [ACCOUNT]


def test_object_that_insists_on_a_filter(session: OrgSession) -> None:
    """It is described as a whole then, which is the proof: one call more, without the condition."""
    first = late(session).answers([ACCOUNT])[ACCOUNT]
    refusal = [{"errorCode": "MALFORMED_QUERY", "message": "Implementation restriction: Account requires a filter"}]
    parts = [
        {"referenceId": ACCOUNT.name, "httpStatusCode": 304, "body": None, "httpHeaders": {}},
        {"referenceId": NAMES.name, "httpStatusCode": 400, "body": refusal},
    ]
    whole = {"referenceId": ACCOUNT.name, "httpStatusCode": 200, "body": first.body, "httpHeaders": {}}
    sent = Answers((200, {"compositeResponse": parts}), (200, {"compositeResponse": [whole]}))
    session._http.mount("https://", sent)
    answers = late(session).answers([ACCOUNT, NAMES], known(first))
    assert (answers[ACCOUNT].unchanged, answers[NAMES].code) == (False, "MALFORMED_QUERY")
    asked = [json.loads(request.body or "")["compositeRequest"] for request in sent.requests]
    assert [["httpHeaders" in part for part in each] for each in asked] == [[False, True], [False]]


# Slow describes


def test_slow_describe(org: FakeOrg, session: OrgSession) -> None:
    """One describe that never comes costs itself: the queries and describes of its call are asked again, and each call is counted."""
    org.describe_latency["Contact"] = 30
    answers = late(session, 4).answers([NAMES, ACCOUNT, CONTACT, LEAD])
    assert levels(answers) == {NAMES.name: True, ACCOUNT.name: True, CONTACT.name: False, LEAD.name: True}
    assert (answers[CONTACT].message, answers[CONTACT].where) == (READ_LIMIT, "description of Contact")
    # together, and at last the query and each describe alone
    assert org.counts().http_requests == session.traffic.api_calls == 5


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


def test_all_moderately_slow(org: FakeOrg, session: OrgSession) -> None:
    """Describes that take most of the time together are all there, by as few calls as quick ones."""
    names = add_objects(org, 25)
    org.describe_latency.update(dict.fromkeys(names, 0.2))
    assert all(levels(late(session, 6).answers(asked_for(reading(*names)))).values())  # type: ignore[arg-type]
    assert org.counts().api_calls == 5


def test_one_slow_describe_in_each_call(org: FakeOrg, session: OrgSession) -> None:
    """Only describes are left unknown: each right is proven, and no more than three calls are left behind."""
    names = add_objects(org, 25)
    org.describe_latency.update(dict.fromkeys(names[::5], 3.5))
    answers = late(session, 6).answers(asked_for(reading(*names)))  # type: ignore[arg-type]
    unknown = [name for name, is_known in levels(answers).items() if not is_known]
    assert all(name.startswith("describe_") for name in unknown)
    assert len(unknown) <= 12
    assert org.counts().http_requests <= 23
    assert org.counts().http_requests - org.counts().api_calls <= 3  # the org counts a call when it answers


def test_call_that_the_edge_gives_up(org: FakeOrg, session: OrgSession) -> None:
    """A 504 is no stumble where describes are asked, but the edge's word for silence: the call is taken apart, not repeated."""
    org.fault(path="*/composite", times=1, status=504)
    answers = late(session).answers([NAMES, ACCOUNT, CONTACT])
    assert all(levels(answers).values())
    assert org.counts().http_requests == 4


def test_edge_that_gives_everything_up(org: FakeOrg, session: OrgSession) -> None:
    """Where each call ends so, none is asked for a third time, and the refusal is the edge's."""
    org.fault(path="*/composite", status=504)
    answers = late(session).answers([ACCOUNT, CONTACT])
    assert {each.status for each in answers.values()} == {504}
    assert org.counts().http_requests == 3


def test_stumble_of_the_edge_without_describes(org: FakeOrg, session: OrgSession) -> None:
    """Queries alone are quick, so that a 504 is a stumble there, and they are asked once more."""
    org.fault(path="*/composite", times=1, status=504)
    assert late(session).answers([NAMES])[NAMES] == ()
    assert org.counts().http_requests == 2


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
