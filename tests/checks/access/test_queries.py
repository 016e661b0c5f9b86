"""Check access.queries."""

from __future__ import annotations

from typing import Any

import pytest
from known import INACTIVE, finding, findings
from uses import SLOW, described, looked, malformed, no_column, no_object, remembered, shape

from airflow_sf_health.checks import load
from airflow_sf_health.evidence.needs import Query
from airflow_sf_health.org.errors import Refusal, Shape
from airflow_sf_health.report import Finding, Level
from airflow_sf_health.requirements import Requirements

CHECK = "access.queries"
SOQL = "SELECT Id, Nam FROM Account"


def judged(soql: str, answer: Any, more: Any = None) -> Finding:
    return finding(CHECK, {**looked({"queries": [soql]}, query_1=answer), **(more or {})})


def test_no_queries() -> None:
    """A task that names no queries is asked nothing."""
    assert finding(CHECK).level is Level.NOT_APPLICABLE
    assert load(CHECK).needs_for(Requirements()) == ()


def test_accepted() -> None:
    """Good queries are one line, with how many of them were tried by their plan only."""
    found = finding(CHECK, looked({"queries": [SOQL]}))
    assert (found.level, found.summary) == (Level.OK, "1 query is accepted, tried without reading a row")
    found = finding(CHECK, looked({"queries": [SOQL, "SELECT MAX(CreatedDate) FROM Account"]}))
    assert found.summary == "2 queries are accepted, tried without reading a row (1 of them by plan only)"


def test_how_queries_are_tried() -> None:
    """Each is asked late, with no row, or for its plan where it takes no limit."""
    soql = ["SELECT Id FROM Account WHERE Name = '{user_id}' LIMIT 5", "SELECT SUM(Amount) FROM Opportunity"]
    needs = load(CHECK).needs_for(Requirements.of({"queries": soql}))
    assert Query("query_1", "SELECT Id FROM Account WHERE Name = '{user_id}' LIMIT 0", late=True) in needs
    assert Query("query_2", soql[1], late=True, explain=True) in needs


def test_bad_column() -> None:
    """Salesforce's word names the column; the message names query and column, and how to tell why."""
    found = judged(SOQL, no_column("Nam"))
    assert (found.level, found.cause, found.certain) == (Level.FAILED, "object_or_field_access", False)
    assert found.summary == f"query 1 ({SOQL}) is refused: No such column 'Nam' on entity 'Account'"
    assert found.saw == "HTTP 400 INVALID_FIELD: No such column 'Nam' on entity 'Account' · query on Account"
    assert found.hint == (
        "Query 1 (SELECT Id, Nam FROM Account) is refused: No such column 'Nam' on entity 'Account'. Misspelt, hidden by "
        "permission, or of a feature that this org has not switched on: a field without '__c' at its end is Salesforce's own. To tell: Setup > Object Manager shows an "
        "administrator what is only hidden from the user, and nothing of what was deleted or renamed; Setup > View Setup Audit "
        "Trail says who did it."
    )


def test_nearest_column() -> None:
    """Where the object is described, or remembered, the nearest name is told."""
    required = {"objects": {"Account": None}, "queries": [SOQL]}
    found = finding(CHECK, looked(required, described("Name"), query_1=no_column("Nam")))
    assert found.summary.endswith("on entity 'Account'; the nearest name there is Name")
    assert found.cause == "schema_changed"
    found = judged(SOQL, no_column("Nam"), remembered(shape("Name")))
    assert "Misspelt, or hidden from this user then already" in found.hint
    assert found.summary.endswith("the nearest name there is Name")


def test_bad_object() -> None:
    """An object that is not there is named, with the usual spelling."""
    found = judged("SELECT Id FROM Acount", no_object("Acount"))
    assert found.summary.endswith("sObject type 'Acount' is not supported; the nearest name there is Account")
    assert found.cause == "schema_changed"


def test_malformed() -> None:
    """A slip in the query is certain, and Salesforce's own."""
    found = judged("SELECT Id FRO FROM Account", malformed("unexpected token: 'FRO'"))
    assert (found.level, found.cause, found.certain) == (Level.FAILED, "query_error", True)
    assert "is refused: unexpected token: 'FRO'" in found.summary


def test_unknown_relationship() -> None:
    """A relationship of which Salesforce does not name the object is told in its words."""
    words = "SELECT Foo.Bar FROM Account LIMIT 0 ^ ERROR at Row:1:Column:8 Didn't understand relationship 'Foo' in field path. "
    refusal = Refusal(shape=Shape.REST, status=400, code="INVALID_FIELD", message=f"{words}If you are attempting to")
    found = judged("SELECT Foo.Bar FROM Account", refusal)
    assert (found.level, found.cause) == (Level.FAILED, "schema_changed")
    assert found.summary.endswith("is refused: Didn't understand relationship 'Foo' in field path")


@pytest.mark.parametrize(
    "refusal",
    [
        SLOW,
        malformed("Non-grouped query that uses overall aggregate functions cannot also use LIMIT"),
        malformed("unexpected token: 'LIMIT'"),
        Refusal(
            shape=Shape.REST, status=400, code="QUERY_TIMEOUT", message="Your query request was running for too long."
        ),
        Refusal(shape=Shape.REST, status=403, code="REQUEST_LIMIT_EXCEEDED", message="TotalRequests Limit exceeded."),
        Refusal(shape=Shape.REST, status=500, code="UNKNOWN_EXCEPTION", message="An unexpected error occurred."),
    ],
)
def test_trial_that_tells_nothing(refusal: Refusal) -> None:
    """What is refused for the try's own reason, or for another moment's, fails no task."""
    first = findings(CHECK, looked({"queries": [SOQL, "SELECT Id FROM Lead"]}, query_1=refusal))[0]
    assert (first.level, first.cause) == (Level.UNKNOWN, None)
    assert first.summary.startswith(f"query 1 ({SOQL}) could not be tried with LIMIT 0: ")


@pytest.mark.parametrize(
    ("code", "level"),
    [("MALFORMED_QUERY", Level.FAILED), ("NOT_FOUND", Level.UNKNOWN), ("ILLEGAL_QUERY_PARAMETER_VALUE", Level.UNKNOWN)],
)
def test_plan_that_is_refused(code: str, level: Level) -> None:
    """A plan is a Beta of Salesforce's: only plain words on the query count."""
    refusal = Refusal(shape=Shape.REST, status=400, code=code, message="The requested resource does not exist")
    found = judged("SELECT MAX(Amount) FROM Account", refusal)
    assert found.level is level
    assert "could not be tried with its plan" in found.summary or level is Level.FAILED


def test_too_long() -> None:
    """A query that REST cannot take is told before and not sent; one that is no SOQL any more fails."""
    soql = f"SELECT Id FROM Account WHERE Name IN ('{'x' * 17_000}')"
    found = judged(soql, ())
    assert (found.level, found.cause) == (Level.WARNING, None)
    assert found.summary == "query 1 makes an address of 17,092 bytes, and REST takes 16,384: it was not tried"
    assert not [each for each in load(CHECK).needs_for(Requirements.of({"queries": [soql]})) if each.name == "query_1"]
    found = judged(f"SELECT Id FROM Account WHERE Name IN ('{'x' * 100_000}')", ())
    assert (found.level, found.cause) == (Level.FAILED, "query_error")


def test_each_bad_query_has_its_line() -> None:
    """The number in a line is the query's place in the requirements."""
    queries = {"queries": ["SELECT Id FROM Lead", SOQL, "SELECT Id FROM Acount"]}
    found = findings(CHECK, looked(queries, query_2=no_column("Nam"), query_3=no_object("Acount")))
    assert [each.summary[:8] for each in found] == ["query 2 ", "query 3 ", "1 query "]


def test_nothing_was_told() -> None:
    """What keeps every question from its answer is told once."""
    queries = {"queries": [SOQL, "SELECT Id FROM Lead"]}
    (found,) = findings(CHECK, looked(queries, query_1=INACTIVE, query_2=INACTIVE))
    assert (found.level, found.cause) == (Level.UNKNOWN, None)
