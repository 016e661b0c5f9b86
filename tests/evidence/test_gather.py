"""Needs become few composite calls, and each gets its own answer or its own refusal."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from answers import Answers
from connecting import connect

from airflow_sf_health import checks
from airflow_sf_health.evidence.calls import PARTS_PER_COMPOSITE, QUERIES_PER_COMPOSITE, with_parents
from airflow_sf_health.evidence.gather import gather
from airflow_sf_health.evidence.needs import (
    API,
    NOW,
    ORGANIZATION,
    OWN_LICENSE,
    OWN_PERMISSIONS,
    OWN_PROFILE,
    RUNNING_USER,
    SERVED_VERSIONS,
    Query,
    Record,
)
from airflow_sf_health.org.errors import Refusal, Shape
from airflow_sf_health.org.login import Identity
from airflow_sf_health.org.session import OrgSession
from airflow_sf_health.testing import FakeOrg

ADMIN = "admin@acme.com"


@pytest.fixture
def session(org: FakeOrg) -> Iterator[OrgSession]:
    """An open conversation; only what is gathered is counted."""
    with OrgSession(connect(org, "jwt")) as session:
        session.open()
        org.reset_counts()
        yield session


def who(session: OrgSession) -> Identity:
    assert session.login is not None
    assert session.login.identity is not None
    return session.login.identity


def test_default_examination_is_one_call(org: FakeOrg, session: OrgSession) -> None:
    """All that the default checks ask goes into one API call."""
    needs = [need for check_id in checks.CATALOGUE for need in checks.load(check_id).needs]
    answers = gather(session, needs, who(session))
    assert org.counts().api_calls == org.counts().http_requests == 1
    assert answers[RUNNING_USER]["Username"] == "integration@acme.com"
    assert answers[OWN_PROFILE]["Name"] == "Minimum Access - API Only Integrations"
    assert answers[OWN_PERMISSIONS][0]["PermissionsApiEnabled"] is True
    assert answers[ORGANIZATION]["Name"] == "Acme"
    assert NOW not in answers


def test_usage_comes_with_the_answers(session: OrgSession) -> None:
    """The API facts hold the org's usage as the reply told it, and no refusal."""
    facts = gather(session, [ORGANIZATION], who(session))[API]
    assert (facts.refusal, facts.allowed) == (None, 100_000)
    assert facts.used is not None


def test_nothing_to_ask(org: FakeOrg, session: OrgSession) -> None:
    """No need, no call."""
    assert list(gather(session, [NOW], who(session))) == [API]
    assert org.counts().http_requests == 0


@pytest.mark.parametrize(
    ("records", "queries", "calls"),
    [(25, 0, 1), (26, 0, 2), (20, 5, 1), (21, 5, 2), (0, 5, 1), (0, 6, 2), (0, 11, 3), (25, 5, 2), (30, 6, 3)],
)
def test_calls(org: FakeOrg, session: OrgSession, records: int, queries: int, calls: int) -> None:
    """A call takes 25 parts, five of them queries; whatever is over goes into the next."""
    needs = [
        *(Query(f"query{n}", f"SELECT Id FROM Account LIMIT {n + 1}") for n in range(queries)),
        *(Record(f"record{n}", "User", "{user_id}", ("Id",)) for n in range(records)),
    ]
    answers = gather(session, needs, who(session))
    assert org.counts().api_calls == calls
    assert not any(isinstance(answers[need], Refusal) for need in needs)
    assert (PARTS_PER_COMPOSITE, QUERIES_PER_COMPOSITE) == (25, 5)


def test_parents_come_first_and_once() -> None:
    """A record that another refers to is asked before it, also when nobody named it, and only once."""
    assert list(with_parents([OWN_LICENSE, OWN_PROFILE, NOW, OWN_PERMISSIONS, OWN_PERMISSIONS])) == [
        RUNNING_USER,
        OWN_PROFILE,
        OWN_LICENSE,
        OWN_PERMISSIONS,
    ]


def test_referenced_records_stay_together(org: FakeOrg, session: OrgSession) -> None:
    """References reach only within one call: a chain that would be cut by the cap is asked in one."""
    org.user().profile_id = org.user(ADMIN).profile_id  # may read licences
    fillers = [Record(f"record{n}", "User", "{user_id}", ("Id",)) for n in range(23)]
    answers = gather(session, [*fillers, OWN_LICENSE], who(session))
    assert org.counts().api_calls == 2
    assert answers[OWN_LICENSE]["Name"] == "Salesforce"


def test_refused_part_is_refused_alone(session: OrgSession) -> None:
    """What the user may not ask is refused for itself, in Salesforce's words and with its place; the rest is answered."""
    wrong = Query("wrong", "SELECT Nothing__c FROM Account")
    answers = gather(session, [RUNNING_USER, wrong], who(session))
    refusal = answers[wrong]
    assert (refusal.shape, refusal.status, refusal.code) == (Shape.REST, 400, "INVALID_FIELD")
    assert refusal.where == "query 'SELECT Nothing__c FROM Account'"
    assert answers[RUNNING_USER]["IsActive"] is True
    assert answers[API].refusal is None


def test_refused_parent_explains_its_children(session: OrgSession) -> None:
    """A record that refers to a refused one has the parent's refusal, not the empty reference's."""
    parent = Record("parent", "Nothing__c", "{user_id}", ("Id",))
    child = Record("child", "Profile", "@{parent.ProfileId}", ("Id",), after=parent)
    grandchild = Record("grandchild", "UserLicense", "@{child.Id}", ("Id",), after=child)
    answers = gather(session, [grandchild], who(session))
    assert answers[grandchild] == answers[child] == answers[parent]
    assert answers[parent].code == "NOT_FOUND"


def test_licence_of_a_minimal_user(session: OrgSession) -> None:
    """The minimal integration user may not read its licence: a refusal of that record alone."""
    answers = gather(session, [OWN_LICENSE], who(session))
    assert isinstance(answers[OWN_LICENSE], Refusal)
    assert answers[OWN_LICENSE].where == "record of UserLicense"
    assert answers[OWN_PROFILE]["Name"]


@pytest.mark.parametrize("fault", [{"status": 401}, {"status": 503}, {"status": 403, "body": "total_requests"}])
def test_refused_whole(org: FakeOrg, session: OrgSession, fault: dict[str, Any]) -> None:
    """A refused call is the answer to each of its needs, and to whether the API answers."""
    with org.fault(path="*/composite", **fault):
        answers = gather(session, [RUNNING_USER, OWN_PERMISSIONS], who(session))
    assert answers[RUNNING_USER] == answers[OWN_PERMISSIONS] == answers[API].refusal
    assert answers[API].refusal.where == "composite request"


def test_one_of_two_calls_refused(org: FakeOrg, session: OrgSession) -> None:
    """When the second call is refused, what the first told is kept, and the API has answered; only its own part is missing."""
    queries = [Query(f"query{n}", "SELECT Id FROM Account") for n in range(6)]
    with org.fault(path="*/composite", nth=2, status=503):
        answers = gather(session, queries, who(session))
    assert len(answers[queries[0]]) == 5
    assert answers[queries[5]].status == 503
    assert answers[API].refusal is None


def test_first_call_refused_and_no_part_of_the_second_answered(org: FakeOrg, session: OrgSession) -> None:
    """Where no part of any call was answered, the API is refused, in the words of the first."""
    queries = [Query(f"query{n}", "SELECT Nothing__c FROM Account") for n in range(6)]
    with org.fault(path="*/composite", times=1, status=503):
        answers = gather(session, queries, who(session))
    assert answers[queries[5]].code == "INVALID_FIELD"
    assert answers[API].refusal == answers[queries[0]]
    assert answers[API].refusal.status == 503


@pytest.mark.parametrize(
    "body",
    [
        {},
        [],
        {"compositeResponse": None},
        {"compositeResponse": [None, 7]},
        {"compositeResponse": [{"referenceId": "other", "httpStatusCode": 200, "body": {}}]},
    ],
)
def test_missing_part(session: OrgSession, body: Any) -> None:
    """A reply without the part is told as such, whatever it is instead."""
    session._http.mount("https://", Answers((200, body)))
    refusal = gather(session, [RUNNING_USER], who(session))[RUNNING_USER]
    assert (refusal.shape, refusal.message) == (Shape.UNREADABLE, "the composite answer lacks this part")


@pytest.mark.parametrize(
    ("part", "code"),
    [
        ({"httpStatusCode": 200, "body": None}, None),
        ({"httpStatusCode": 404, "body": []}, None),
        ({"httpStatusCode": 404, "body": [{"errorCode": "NOT_FOUND", "message": "no\nsuch"}]}, "NOT_FOUND"),
        ({"httpStatusCode": "404", "body": {"error": 5}}, None),
        ({"body": ["x"]}, None),
    ],
)
def test_odd_part(session: OrgSession, part: dict[str, Any], code: str | None) -> None:
    """A part that is no answer is a refusal, however it looks."""
    session._http.mount("https://", Answers((200, {"compositeResponse": [{"referenceId": "user", **part}]})))
    refusal = gather(session, [RUNNING_USER], who(session))[RUNNING_USER]
    assert isinstance(refusal, Refusal)
    assert refusal.code == code
    assert "\n" not in refusal.said


@pytest.mark.parametrize("records", [None, 5, "rows", {"Id": "x"}])
def test_rows_that_are_none(session: OrgSession, records: Any) -> None:
    """A query's answer without a list of rows is no answer."""
    body = {"httpStatusCode": 200, "body": {"records": records}, "referenceId": "permissions"}
    session._http.mount("https://", Answers((200, {"compositeResponse": [body]})))
    answers = gather(session, [OWN_PERMISSIONS], who(session))
    assert answers[OWN_PERMISSIONS].shape is Shape.UNREADABLE
    assert answers[API].refusal == answers[OWN_PERMISSIONS]


def test_all_parts_refused(org: FakeOrg, session: OrgSession) -> None:
    """Where each part is refused, the API does not answer this user, though the call as a whole succeeded."""
    parts = [
        {"referenceId": name, "httpStatusCode": 503, "body": [{"errorCode": "SERVER_UNAVAILABLE", "message": "Later."}]}
        for name in ("user", "permissions")
    ]
    session._http.mount("https://", Answers((200, {"compositeResponse": parts})))
    refusal = gather(session, [RUNNING_USER, OWN_PERMISSIONS], who(session))[API].refusal
    assert refusal is not None
    assert refusal.code == "SERVER_UNAVAILABLE"


@pytest.mark.parametrize("records", [[], [{"Id": "x"}]])
def test_rows_of_a_query(session: OrgSession, records: Any) -> None:
    """A query's answer is its rows; none is an answer too."""
    body = {"httpStatusCode": 200, "body": {"records": records}, "referenceId": "permissions"}
    session._http.mount("https://", Answers((200, {"compositeResponse": [body]})))
    assert gather(session, [OWN_PERMISSIONS], who(session))[OWN_PERMISSIONS] == tuple(records)


def test_unknown_identity(org: FakeOrg, session: OrgSession) -> None:
    """Without an identity the records that depend on it are not asked, and the others are."""
    answers = gather(session, [OWN_PROFILE, ORGANIZATION, OWN_PERMISSIONS], None)
    assert {answers[need].shape for need in (RUNNING_USER, OWN_PROFILE, ORGANIZATION)} == {Shape.NO_ANSWER}
    assert "whose token" in answers[OWN_PROFILE].message
    assert answers[OWN_PERMISSIONS][0]["PermissionsApiEnabled"]
    assert org.counts().api_calls == 1


def test_record_of_a_known_id_without_identity(org: FakeOrg, session: OrgSession) -> None:
    """A record that is named by its own id needs no identity."""
    account = Record("account", "Account", next(iter(org.state.records["Account"])), ("Name",))
    assert gather(session, [account], None)[account]["Name"] == "Smith Corp."


def test_soql_is_quoted(session: OrgSession) -> None:
    """A query's own signs reach the org as they are."""
    query = Query("quoted", "SELECT Id FROM Account WHERE Name = 'Smith & Sons + 100% #1'")
    assert gather(session, [query], who(session))[query] == ()


# Needs of anybody's making


def test_names_that_are_taken_or_unfit(session: OrgSession) -> None:
    """Needs with names that are taken, or no reference id can be, get their own answers; a reference finds its own parent."""
    other = Record("user", "User", "{user_id}", ("TimeZoneSidKey", "ProfileId"))
    child = Record("2nd profile!", "Profile", "@{user.ProfileId}", ("UserType",), after=other)
    needs = (RUNNING_USER, other, child, Query("USER", "SELECT Id FROM Organization"))
    answers = gather(session, needs, who(session))
    assert answers[RUNNING_USER]["Username"] == "integration@acme.com"
    assert answers[other]["TimeZoneSidKey"] == "America/Los_Angeles"
    assert answers[child]["UserType"] == "Standard"
    assert len(answers[needs[3]]) == 1
    assert answers[API].refusal is None


# Versions


@pytest.mark.parametrize("version", ["59.0", "67.0"])
def test_versions_are_not_asked_for_a_known_one(org: FakeOrg, version: str) -> None:
    """A version that each org serves needs no question."""
    with OrgSession(connect(org, "jwt", version=version)) as session:
        session.open()
        org.reset_counts()
        assert gather(session, [SERVED_VERSIONS], who(session))[SERVED_VERSIONS] == ()
    assert org.counts().http_requests == 0


def test_versions_that_the_org_serves(org: FakeOrg) -> None:
    """For a newer one the org's own list is read, which counts as no API call."""
    with OrgSession(connect(org, "jwt", version="95.0")) as session:
        session.open()
        org.reset_counts()
        served = gather(session, [SERVED_VERSIONS, RUNNING_USER], who(session))[SERVED_VERSIONS]
    assert (served[0], served[-1]) == ("31.0", "67.0")
    assert (org.counts().http_requests, org.counts().api_calls) == (2, 1)


@pytest.mark.parametrize("fault", [{"status": 503}, {"status": 200, "body": {}}, {"status": 200, "body": []}])
def test_versions_that_are_not_told(org: FakeOrg, fault: dict[str, Any]) -> None:
    """A list that could not be had is a refusal of that need alone."""
    with OrgSession(connect(org, "jwt", version="95.0")) as session:
        session.open()
        org.fault(path="/services/data*", times=1, **fault)
        answers = gather(session, [SERVED_VERSIONS, RUNNING_USER], who(session))
    assert isinstance(answers[SERVED_VERSIONS], Refusal)
    assert answers[API].refusal is None
