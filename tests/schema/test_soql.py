"""The form of a query that reads no row, and what a simple query selects."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from shapes import UNTIMED

from airflow_sf_health.schema.soql import limited, needs_explain, plain_fields

LIMITED = [
    ("SELECT Id FROM Account", "SELECT Id FROM Account LIMIT 0"),
    ("  SELECT Id FROM Account \n", "SELECT Id FROM Account LIMIT 0"),
    ("SELECT Id FROM Account LIMIT 10", "SELECT Id FROM Account LIMIT 0"),
    ("select id from account limit 10 offset 20", "select id from account limit 0"),
    ("SELECT Id FROM Account OFFSET 20", "SELECT Id FROM Account LIMIT 0"),
    ("SELECT Id FROM Account\nORDER BY Name\nLIMIT\n10", "SELECT Id FROM Account\nORDER BY Name\nLIMIT\n0"),
    ("SELECT Id FROM Account FOR VIEW", "SELECT Id FROM Account LIMIT 0"),
    ("SELECT Id FROM Account LIMIT 5 FOR REFERENCE, VIEW", "SELECT Id FROM Account LIMIT 0"),
    ("SELECT Id FROM Account FOR VIEW FOR REFERENCE", "SELECT Id FROM Account LIMIT 0"),
    ("SELECT Id FROM Account LIMIT 1 FOR UPDATE", "SELECT Id FROM Account LIMIT 0"),
    (
        "SELECT Id FROM KnowledgeArticleVersion UPDATE TRACKING, VIEWSTAT",
        "SELECT Id FROM KnowledgeArticleVersion LIMIT 0",
    ),
    ("SELECT Id FROM Account ALL ROWS", "SELECT Id FROM Account LIMIT 0 ALL ROWS"),
    ("SELECT Id FROM Account LIMIT 7 ALL ROWS", "SELECT Id FROM Account LIMIT 0 ALL ROWS"),
    ("SELECT Id FROM Account OFFSET 3 ALL  ROWS", "SELECT Id FROM Account LIMIT 0 ALL  ROWS"),
    ("SELECT Id FROM Account WITH USER_MODE LIMIT 9", "SELECT Id FROM Account WITH USER_MODE LIMIT 0"),
    ("SELECT Id FROM Account WHERE Name = 'no LIMIT 5'", "SELECT Id FROM Account WHERE Name = 'no LIMIT 5' LIMIT 0"),
    (
        r"SELECT Id FROM Account WHERE Name = 'O\'Hara FOR VIEW LIMIT 5' LIMIT 5",
        r"SELECT Id FROM Account WHERE Name = 'O\'Hara FOR VIEW LIMIT 5' LIMIT 0",
    ),
    (r"SELECT Id FROM A WHERE N = '\\' LIMIT 5", r"SELECT Id FROM A WHERE N = '\\' LIMIT 0"),
    ("SELECT Id FROM A WHERE N = ';'", "SELECT Id FROM A WHERE N = ';' LIMIT 0"),
    (
        "SELECT Id, (SELECT Id FROM Contacts LIMIT 5 OFFSET 1) FROM Account",
        "SELECT Id, (SELECT Id FROM Contacts LIMIT 5 OFFSET 1) FROM Account LIMIT 0",
    ),
    (
        "SELECT Id FROM Account WHERE Id IN (SELECT AccountId FROM Contact)LIMIT 3",
        "SELECT Id FROM Account WHERE Id IN (SELECT AccountId FROM Contact)LIMIT 0",
    ),
    ("SELECT Limit__c FROM A WHERE Limit__c > 5", "SELECT Limit__c FROM A WHERE Limit__c > 5 LIMIT 0"),
    ("SELECT Type, COUNT(Id) FROM A GROUP BY Type LIMIT 5", "SELECT Type, COUNT(Id) FROM A GROUP BY Type LIMIT 0"),
    ("SELECT COUNT() FROM Account", "SELECT COUNT() FROM Account LIMIT 0"),
    (
        "SELECT TYPEOF What WHEN Account THEN Id END FROM Task",
        "SELECT TYPEOF What WHEN Account THEN Id END FROM Task LIMIT 0",
    ),
    ("SELECT Id FROM Order", "SELECT Id FROM Order LIMIT 0"),
]


@pytest.mark.parametrize(("query", "tried"), LIMITED)
def test_limited(query: str, tried: str) -> None:
    """The outer query asks for no row, and all else that it says is left as it was."""
    assert limited(query) == tried


@pytest.mark.parametrize("query", [query for query, _ in LIMITED])
def test_limited_twice(query: str) -> None:
    """The tried form of the tried form is itself."""
    assert limited(limited(query)) == limited(query)


@pytest.mark.parametrize(
    ("query", "tried"),
    [
        ("SELECT Id FROM A LIMIT 5 ORDER BY Name", "SELECT Id FROM A LIMIT 0 ORDER BY Name"),
        ("SELECT Id FROM A LIMIT 5 LIMIT 6", "SELECT Id FROM A LIMIT 0 LIMIT 0"),
        ("SELECT Id FROM A LIMIT many", "SELECT Id FROM A LIMIT many LIMIT 0"),
        ("SELECT Id FROM A WHERE (B = 1", "SELECT Id FROM A WHERE (B = 1 LIMIT 0"),
        ("SELECT Id", "SELECT Id LIMIT 0"),
        ("SELECT Id FROM A;", "SELECT Id FROM A; LIMIT 0"),
        ("SELECT Id FROM A LIMIT 5;", "SELECT Id FROM A LIMIT 0;"),
    ],
)
def test_what_is_wrong_stays_wrong(query: str, tried: str) -> None:
    """A query that the server would refuse is not mended on the way."""
    assert limited(query) == tried


@UNTIMED
@given(st.text(alphabet=st.sampled_from("SELECTFROMLIMIT ()';\\,.05\naZ_"), max_size=60) | st.text(max_size=40))
def test_any_text(query: str) -> None:
    """No text makes it raise, and each comes out with a limit."""
    assert "LIMIT" in limited(query).upper()
    needs_explain(query)
    plain_fields(query)


@pytest.mark.parametrize(
    ("query", "needed"),
    [
        ("SELECT MAX(CreatedDate) FROM Account", True),
        ("select count(Id) from Account", True),
        ("SELECT COUNT_DISTINCT ( Type ) FROM Account WHERE Name = 'GROUP BY'", True),
        ("SELECT COUNT(Id) n FROM Account WHERE Id IN (SELECT AccountId FROM Contact)", True),
        ("SELECT COUNT() FROM Account", False),
        ("SELECT COUNT( ) FROM Account", False),
        ("SELECT Type, COUNT(Id) FROM Account GROUP  BY Type", False),
        ("SELECT Id, (SELECT COUNT(Id) FROM Contacts) FROM Account", False),
        ("SELECT toLabel(Type), FORMAT(Amount) FROM Account", False),
        ("SELECT Max__c FROM Account WHERE Name = 'MAX(x)'", False),
        ("SELECT FIELDS(ALL) FROM Account", True),
        ("SELECT FIELDS(custom) FROM Account LIMIT 201", True),
        ("SELECT FIELDS(ALL) FROM Account LIMIT 200", False),
        ("SELECT FIELDS(ALL) FROM Account WHERE Id = '001000000000001'", False),
        ("SELECT FIELDS(STANDARD) FROM Account", False),
        ("SELECT QualifiedApiName FROM EntityDefinition", True),
        ("select Label\nfrom  fielddefinition where EntityDefinitionId = 'Account' limit 5", True),
        ("SELECT EntityDefinition.Label FROM CustomField", False),
        ("SELECT Id FROM Account WHERE Name = 'FROM EntityDefinition'", False),
        ("SELECT Id, (SELECT FIELDS(ALL) FROM Contacts LIMIT 200) FROM Account", False),
    ],
)
def test_needs_explain(query: str, needed: bool) -> None:
    """Only where a limit is refused, or hides what the server would refuse, is the plan to be asked for."""
    assert needs_explain(query) is needed


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("SELECT Id, Name FROM Account", ("Account", ("Id", "Name"))),
        ("select id\n, name\nfrom account where Name = 'x, y'", ("account", ("id", "name"))),
        ("SELECT Owner.Name FROM Account LIMIT 5", ("Account", ("Owner.Name",))),
        ("SELECT a.Id, a.Owner.Name FROM Account a WHERE a.Name = 'x'", ("Account", ("Id", "Owner.Name"))),
        ("SELECT Account.Id FROM Account AS a", ("Account", ("Id",))),
        ("SELECT Id FROM Account ORDER BY Name, Id", ("Account", ("Id",))),
        ("SELECT Id FROM Contact c, c.Account a", None),
        ("SELECT Id FROM Contact, Contact.Account a", None),
        ("SELECT COUNT() FROM Account", None),
        ("SELECT toLabel(Type) FROM Account", None),
        ("SELECT Name n FROM Account", None),
        ("SELECT Id, (SELECT Id FROM Contacts) FROM Account", None),
        ("SELECT TYPEOF What WHEN Account THEN Id END FROM Task", None),
        ("FIND {x}", None),
        ("", None),
    ],
)
def test_plain_fields(query: str, found: tuple[str, tuple[str, ...]] | None) -> None:
    """Of a query that names fields alone: its object and the fields, without the object's alias."""
    assert plain_fields(query) == found
