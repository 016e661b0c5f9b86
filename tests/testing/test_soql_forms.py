"""Forms of SOQL beside plain fields and conditions: groups of fields, subqueries, totals, TYPEOF, scopes, relative dates."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from airflow_sf_health.testing.direct import Direct
from airflow_sf_health.testing.soql_days import days
from airflow_sf_health.testing.soql_tree import Days
from airflow_sf_health.testing.state import OrgState


@pytest.fixture
def client() -> Direct:
    """The integration user of a new org."""
    return Direct()


@pytest.fixture
def state(client: Direct) -> OrgState:
    return client.state


def plain(value: Any) -> Any:
    """The value without the attributes of records."""
    if isinstance(value, dict):
        return {name: plain(each) for name, each in value.items() if name != "attributes"}
    return [plain(each) for each in value] if isinstance(value, list) else value


def rows(client: Direct, soql: str) -> Any:
    return plain(client.rows(soql))


def refusal(client: Direct, soql: str) -> tuple[str, str]:
    """Code and last line of the message with which a query is refused."""
    reply = client.query(soql)
    assert reply.status == 400, reply.body
    return reply.body[0]["errorCode"], reply.body[0]["message"].splitlines()[-1]


@pytest.mark.parametrize(
    ("group", "has", "lacks"),
    [("STANDARD", "Phone", "ERP_Id__c"), ("custom", "ERP_Id__c", "Phone"), ("All", "Phone", "Nothing")],
)
def test_groups_of_fields(client: Direct, state: OrgState, group: str, has: str, lacks: str) -> None:
    """FIELDS() selects the fields of the group that the user sees."""
    state.permission_sets[0].objects["Account"].hidden_fields.add("Industry")
    (row,) = client.rows(f"SELECT FIELDS({group}) FROM Account WHERE Name = 'Globex' LIMIT 200")
    assert has in row
    assert lacks not in row
    assert "Industry" not in row


@pytest.mark.parametrize("group", ["ALL", "CUSTOM"])
@pytest.mark.parametrize("limit", ["", "LIMIT 201"])
def test_unbounded_groups_need_a_limit(client: Direct, group: str, limit: str) -> None:
    """All fields, and the custom ones, are given for at most 200 rows."""
    code, message = refusal(client, f"SELECT FIELDS({group}) FROM Account {limit}")
    assert (code, message) == ("MALFORMED_QUERY", "The SOQL FIELDS function must have a LIMIT of at most 200")


@pytest.mark.parametrize(
    ("soql", "code", "message"),
    [
        ("SELECT Id, FIELDS(STANDARD) FROM Account", "INVALID_FIELD", "duplicate field selected: Id"),
        ("SELECT Name, Phone, name FROM Account", "INVALID_FIELD", "duplicate field selected: Name"),
        ("SELECT FIELDS(SOME) FROM Account", "MALFORMED_QUERY", "unexpected token: 'some'"),
        ("SELECT Name AS FROM Account", "MALFORMED_QUERY", "only aggregate expressions use field aliasing"),
        ("SELECT Id FROM Account WHERE COUNT(Id) > 1", "MALFORMED_QUERY", "unexpected token: 'count'"),
        ("SELECT Id, (SELECT COUNT(Id) FROM Contacts) FROM Account", "MALFORMED_QUERY", "unexpected token: an aggregate"),
        ("SELECT Id FROM Account WHERE CreatedDate = LAST_FORTNIGHT", "MALFORMED_QUERY", "unexpected token: 'LAST_FORTNIGHT'"),
        ("SELECT COUNT(Id) FROM Account LIMIT 0", "MALFORMED_QUERY", "Non-grouped query that uses overall aggregate functions cannot also use LIMIT"),
        ("SELECT Name, COUNT(Id) FROM Account GROUP BY Industry", "MALFORMED_QUERY", "Field must be grouped or aggregated: Name"),
        ("SELECT FIELDS(STANDARD), COUNT(Id) FROM Account", "MALFORMED_QUERY", "Field must be grouped or aggregated: Id"),
        ("SELECT Industry FROM Account GROUP BY Industry HAVING Industry IN ('a')", "MALFORMED_QUERY", "unexpected token: 'in'"),
        ("SELECT TYPEOF Owner WHEN User THEN Id END, COUNT(Id) FROM Lead GROUP BY Id", "MALFORMED_QUERY", "unexpected token: '('"),
    ],
)  # fmt: skip
def test_what_makes_no_sense_is_refused(client: Direct, soql: str, code: str, message: str) -> None:
    """With the code of Salesforce, and its words where they are known."""
    assert refusal(client, soql) == (code, message)


@pytest.mark.parametrize(
    ("soql", "code", "name"),
    [
        ("SELECT Name, Nane, Fhone FROM Account LIMIT 0", "INVALID_FIELD", "No such column 'Nane' on entity 'Account'"),
        ("SELECT Name, Nane FROM Account WHERE Fhone = 'x'", "INVALID_FIELD", "No such column 'Nane' on entity 'Account'"),
        ("SELECT COUNT(Nane) FROM Account WHERE Fhone = 'x'", "INVALID_FIELD", "No such column 'Nane' on entity 'Account'"),
        ("SELECT Id FROM Account GROUP BY Id, Nane", "INVALID_FIELD", "No such column 'Nane' on entity 'Account'"),
        ("SELECT Id, (SELECT Nane FROM Contacts) FROM Account", "INVALID_FIELD", "No such column 'Nane' on entity 'Contact'"),
        ("SELECT Id, (SELECT Id FROM Contact) FROM Account", "INVALID_TYPE", "Didn't understand relationship 'Contact' in FROM part"),
        ("SELECT Onwer.Name FROM Account", "INVALID_FIELD", "Didn't understand relationship 'Onwer' in field path"),
        ("SELECT TYPEOF Onwer WHEN User THEN Id END FROM Lead", "INVALID_FIELD", "Didn't understand relationship 'Onwer'"),
        ("SELECT TYPEOF Owner WHEN Usr THEN Id END FROM Lead", "INVALID_TYPE", "sObject type 'Usr' is not supported"),
        ("SELECT TYPEOF Owner WHEN User THEN Nane END FROM Lead", "INVALID_FIELD", "No such column 'Nane' on entity 'User'"),
    ],
)  # fmt: skip
def test_the_first_bad_name_is_told(client: Direct, soql: str, code: str, name: str) -> None:
    """In Salesforce's words, with a caret below it, also where no row is asked for."""
    message = client.query(soql).body[0]["message"]
    assert refusal(client, soql)[0] == code
    assert name in message
    assert "ERROR at Row:1:Column:" in message


def test_rows_of_a_child_relationship(client: Direct) -> None:
    """They come nested with their number, and as null where there are none; a custom relationship ends in __r."""
    asked = "SELECT Name, (SELECT LastName FROM Contacts ORDER BY LastName LIMIT 5) FROM Account WHERE Name IN ('Smith Corp.', 'Globex')"
    assert rows(client, f"{asked} ORDER BY Name DESC") == [
        {"Name": "Smith Corp.", "Contacts": {"totalSize": 1, "done": True, "records": [{"LastName": "Smith"}]}},
        {"Name": "Globex", "Contacts": None},
    ]
    nested = rows(client, "SELECT (SELECT Number__c FROM Invoices__r) FROM Account WHERE Name = 'Smith Corp.'")
    assert nested[0]["Invoices__r"]["records"] == [{"Number__c": "INV-1"}]
    children = client.ask("GET", "sobjects/Account/describe").body["childRelationships"]
    names = {child["childSObject"]: child["relationshipName"] for child in children}
    assert (names["Contact"], names["Invoice__c"]) == ("Contacts", "Invoices__r")


@pytest.mark.parametrize(
    ("soql", "expected"),
    [
        ("SELECT COUNT(Id), MAX(Name) last FROM Account", [{"expr0": 5, "last": "Umbrella"}]),
        ("SELECT Industry, COUNT(Id), MIN(Name) FROM Account GROUP BY Industry", [{"Industry": "Technology", "expr0": 5, "expr1": "Globex"}]),
        ("SELECT Name n FROM Account GROUP BY Name ORDER BY Name DESC LIMIT 1", [{"n": "Umbrella"}]),
        ("SELECT Name FROM Account GROUP BY Name HAVING COUNT(Id) > 1", []),
        ("SELECT Name FROM Account GROUP BY Name HAVING COUNT() = 1 AND (NOT Name != 'Globex')", [{"Name": "Globex"}]),
        ("SELECT Industry FROM Account GROUP BY Industry ORDER BY COUNT(Id) DESC LIMIT 0", []),
        ("SELECT SUM(Amount), AVG(Amount), COUNT_DISTINCT(StageName) FROM Opportunity", [{"expr0": 12000.0, "expr1": 12000.0, "expr2": 1}]),
        ("SELECT SUM(Amount) FROM Opportunity WHERE Name = 'none'", [{"expr0": None}]),
    ],
)  # fmt: skip
def test_totals(client: Direct, soql: str, expected: list[dict[str, Any]]) -> None:
    """Over all rows or by group, under their aliases or as expr0, expr1 …; groups are chosen, sorted and limited."""
    assert rows(client, soql) == expected


def test_a_number_of_rows_may_be_limited(client: Direct) -> None:
    """COUNT() alone takes a LIMIT, 0 too."""
    assert client.query("SELECT COUNT() FROM Account LIMIT 3").body["totalSize"] == 3
    assert client.query("SELECT COUNT() FROM Account LIMIT 0").body["totalSize"] == 0


def test_the_fields_of_an_owner_by_its_kind(client: Direct, state: OrgState) -> None:
    """TYPEOF gives those of the branch that fits, of ELSE, or null."""
    client.ask("POST", "sobjects/Lead", {"LastName": "Queue", "Company": "b", "OwnerId": state.queues[0].id})
    state.org.user_sharing_private = False
    asked = "SELECT LastName, TYPEOF Owner WHEN User THEN Username {} END FROM Lead ORDER BY LastName"
    doe = {"LastName": "Doe", "Owner": {"Username": "admin@acme.com"}}
    assert rows(client, asked.format("")) == [doe, {"LastName": "Queue", "Owner": {}}]
    assert rows(client, asked.format("ELSE Name"))[1]["Owner"] == {"Name": "New Leads"}
    assert rows(client, asked.format("WHEN Group THEN DeveloperName, Name"))[1]["Owner"] == {
        "DeveloperName": "New_Leads",
        "Name": "New Leads",
    }
    state.org.user_sharing_private = True
    assert rows(client, asked.format(""))[0] == {"LastName": "Doe", "Owner": None}


def test_a_scope_narrows_to_own_rows(client: Direct) -> None:
    """USING SCOPE mine is for the rows that the user owns."""
    assert len(client.rows("SELECT Id FROM Account USING SCOPE everything")) == 5
    client.ask("POST", "sobjects/Account", {"Name": "own"})
    assert rows(client, "SELECT Name FROM Account USING SCOPE Mine WITH USER_MODE") == [{"Name": "own"}]


def test_a_query_for_view_is_noted(client: Direct) -> None:
    """LastViewedDate moves with the rows that were viewed, not when none was asked for, and not by an explanation."""
    seen = "SELECT LastViewedDate, LastReferencedDate FROM Account WHERE Name = 'Globex'"
    client.query("SELECT Id FROM Account LIMIT 0 FOR VIEW")
    client.ask("GET", "query", explain="SELECT Id FROM Account FOR VIEW")
    assert rows(client, seen) == [{"LastViewedDate": None, "LastReferencedDate": None}]
    client.rows("SELECT Id FROM Account WHERE Name = 'Globex' FOR REFERENCE")
    assert rows(client, seen)[0]["LastViewedDate"] is None
    client.rows("SELECT Id FROM Account WHERE Name = 'Globex' FOR VIEW FOR REFERENCE")
    assert None not in rows(client, seen)[0].values()
    client.rows("SELECT Id FROM User FOR VIEW")


def test_labels_are_selected_like_fields(client: Direct) -> None:
    """toLabel() gives the field, or an alias for it."""
    assert rows(client, "SELECT toLabel(Industry), format(Name) n FROM Account WHERE Name = 'Globex'") == [
        {"Industry": "Technology", "n": "Globex"}
    ]


def test_explain_is_a_query_among_parts(client: Direct) -> None:
    """It is answered within a composite request and counts against the five queries."""

    def part(number: int, soql: str) -> dict[str, str]:
        return {"referenceId": f"p{number}", "method": "GET", "url": f"/services/data/v62.0/query?explain={soql}"}

    good, bad = client.composite(part(0, "SELECT COUNT(Id) FROM Account"), part(1, "SELECT Nane FROM Account"))
    assert (good["httpStatusCode"], good["body"]["plans"][0]["cardinality"]) == (200, 1)
    assert (bad["httpStatusCode"], bad["body"][0]["errorCode"]) == (400, "INVALID_FIELD")
    six = [part(number, "SELECT Id FROM Account") for number in range(6)]
    assert client.ask("POST", "composite", {"compositeRequest": six}).status == 400


@pytest.mark.parametrize(
    ("literal", "expected"),
    [
        ("TODAY", Days(0, 0)),
        ("last_n_days:7", Days(-7, 0)),
        ("NEXT_N_DAYS:7", Days(1, 7)),
        ("LAST_90_DAYS", Days(-90, 0)),
        ("N_DAYS_AGO:3", Days(-3, -3)),
        ("THIS_WEEK", Days(-3, 3)),
        ("LAST_MONTH", Days(-48, -18)),
        ("THIS_QUARTER", Days(-48, 41)),
        ("NEXT_YEAR", Days(317, 681)),
        ("LAST_FISCAL_YEAR", Days(-413, -49)),
        ("LAST_N_MONTHS:2", Days(-79, -18)),
        ("NEXT_N_WEEKS:1", Days(4, 10)),
        ("N_YEARS_AGO:1", Days(-413, -49)),
        ("NEVER", None),
    ],
)
def test_relative_dates(literal: str, expected: Days | None) -> None:
    """They are whole days from a day on, here from Wednesday 2026-02-18."""
    assert days(literal, date(2026, 2, 18)) == expected
