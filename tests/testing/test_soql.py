"""SOQL as the fake org speaks it."""

from __future__ import annotations

import pytest

from airflow_sf_health.testing import soql
from airflow_sf_health.testing.direct import Direct
from airflow_sf_health.testing.state import License, OrgState, Rights


@pytest.fixture
def client() -> Direct:
    """The integration user of a new org."""
    return Direct()


@pytest.fixture
def state(client: Direct) -> OrgState:
    return client.state


@pytest.fixture
def admin(client: Direct) -> Direct:
    return client.of("admin@acme.com")


def names(client: Direct, condition: str) -> list[str]:
    return [row["Name"] for row in client.rows(f"SELECT Name FROM Account {condition}")]


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("WHERE Name = 'globex'", ["Globex"]),
        ("WHERE Name != 'Globex' AND Name < 'J' ORDER BY Name", ["Initech"]),
        ("WHERE Name <> 'Globex' AND Name <= 'Initech'", ["Initech"]),
        ("WHERE Name LIKE 'sm%' OR Name LIKE '_nitech' ORDER BY Name", ["Initech", "Smith Corp."]),
        ("WHERE Name IN ('Globex', 'Initech') ORDER BY Name DESC", ["Initech", "Globex"]),
        ("WHERE NOT Name NOT IN ('Globex')", ["Globex"]),
        ("WHERE (Name = 'Globex' OR Name = 'Initech') AND ERP_Id__c = 'ERP-3'", ["Initech"]),
        ("WHERE NumberOfEmployees > 5", []),
        ("WHERE AnnualRevenue = null AND Name = 'Globex'", ["Globex"]),
        ("WHERE AnnualRevenue != null", []),
        ("WHERE IsDeleted = false AND CreatedDate > 2020-01-01T00:00:00Z AND Name = 'Globex'", ["Globex"]),
        ("WHERE Id IN (SELECT AccountId FROM Contact WHERE LastName = 'Smith')", ["Smith Corp."]),
        ("WHERE Name = 'it\\'s'", []),
        ("ORDER BY Name LIMIT 2 OFFSET 1", ["Initech", "Smith Corp."]),
        ("LIMIT 0", []),
    ],
)
def test_conditions_choose_rows(client: Direct, condition: str, expected: list[str]) -> None:
    """Operators, lists, subqueries, null, LIKE, order and limit choose rows as Salesforce does, text without case."""
    assert names(client, condition) == expected


def test_an_id_is_found_by_its_15_characters(client: Direct, state: OrgState) -> None:
    """Ids of 15 and 18 characters name the same record."""
    account_id = next(iter(state.records["Account"]))
    assert client.rows(f"SELECT Id FROM Account WHERE Id = '{account_id[:15]}'") == [{"Id": account_id}]


@pytest.mark.parametrize(
    ("condition", "count"),
    [
        ("CreatedDate = TODAY", 5),
        ("CreatedDate = LAST_N_DAYS:3", 5),
        ("CreatedDate < today", 0),
        ("CreatedDate > YESTERDAY AND CreatedDate < TOMORROW", 5),
        ("CreatedDate >= NEXT_N_DAYS:2", 0),
        ("CreatedDate != TODAY", 0),
    ],
)
def test_days_are_counted_from_today(client: Direct, condition: str, count: int) -> None:
    """Relative days are ranges of whole days."""
    assert client.query(f"SELECT COUNT() FROM Account WHERE {condition}").body["totalSize"] == count


def test_nulls_come_first_unless_told_otherwise(client: Direct, state: OrgState) -> None:
    """Nulls sort first in both directions, and last where NULLS LAST says so."""
    first, second, *_ = state.records["Account"].values()
    first["AnnualRevenue"], second["AnnualRevenue"] = 1.0, 2.0

    def revenues(order: str) -> list[float | None]:
        rows = client.rows(f"SELECT AnnualRevenue FROM Account ORDER BY AnnualRevenue {order}")
        return [row["AnnualRevenue"] for row in rows]

    assert revenues("") == [None, None, None, 1.0, 2.0]
    assert revenues("DESC NULLS FIRST") == [None, None, None, 2.0, 1.0]
    assert revenues("DESC NULLS LAST") == [2.0, 1.0, None, None, None]


def test_related_records_are_nested(admin: Direct) -> None:
    """A path over relationships gives nested records, each with its own attributes."""
    reply = admin.query(
        "SELECT Profile.UserLicense.Name, Profile.Name FROM User WHERE Username = 'integration@acme.com'"
    )
    profile = reply.body["records"][0]["Profile"]
    assert profile["Name"] == "Minimum Access - API Only Integrations"
    assert profile["UserLicense"]["Name"] == "Salesforce Integration"
    assert profile["UserLicense"]["attributes"]["type"] == "UserLicense"


def test_a_relationship_that_leads_nowhere_is_null(client: Direct) -> None:
    """A contact without an account has a null account, not an empty one."""
    client.ask("POST", "sobjects/Contact", {"LastName": "Alone"})
    assert client.rows("SELECT Account.Name FROM Contact WHERE LastName = 'Alone'") == [{"Account": None}]


def test_names_are_found_in_any_case_and_answered_in_their_own(client: Direct) -> None:
    """Objects and fields are named in any case; the answer has the case of the schema."""
    assert list(client.rows("select ID, nAmE from account a where a.name = 'Globex'")[0]) == ["Id", "Name"]


def test_count_gives_a_number_and_no_rows(client: Direct) -> None:
    """``COUNT()`` answers by ``totalSize``, an aggregate by a row."""
    assert client.query("select count() from Account").body == {"totalSize": 5, "done": True, "records": []}
    row = client.query("SELECT COUNT(Id), MIN(Name) first FROM Account").body["records"]
    assert row == [{"attributes": {"type": "AggregateResult"}, "expr0": 5, "first": "Globex"}]


def test_a_long_answer_comes_in_pages(client: Direct) -> None:
    """2,000 rows come at once; ``nextRecordsUrl`` leads to the rest."""
    for number in range(2_001):
        client.ask("POST", "sobjects/Lead", {"LastName": str(number), "Company": "Acme"})
    first = client.query("SELECT Id FROM Lead").body
    assert (first["totalSize"], first["done"], len(first["records"])) == (2_002, False, 2_000)
    rest = client.ask("GET", first["nextRecordsUrl"].removeprefix("/services/data/v62.0/")).body
    assert (rest["totalSize"], rest["done"], len(rest["records"])) == (2_002, True, 2)
    assert "nextRecordsUrl" not in rest
    assert client.ask("GET", "query/01gnothing-2000").body[0]["errorCode"] == "INVALID_QUERY_LOCATOR"


@pytest.mark.parametrize(
    "text",
    [
        "SELECT FROM Account",
        "SELECT Id Account",
        "SELECT Id FROM Account WHERE Name = 'a' OR Name = 'b' AND Name = 'c'",
        "SELECT Id FROM Account WHERE Name IS NULL",
        "SELECT Id FROM Account WHERE",
        "SELECT Id FROM Account #",
        "",
    ],
)
def test_what_is_no_soql_is_malformed(client: Direct, text: str) -> None:
    """Text that the grammar does not know is refused as MALFORMED_QUERY."""
    reply = client.query(text)
    assert (reply.status, reply.body[0]["errorCode"]) == (400, "MALFORMED_QUERY")


def test_an_unknown_field_is_shown_where_it_stands(client: Direct) -> None:
    """INVALID_FIELD points at the field with a caret, and names its row and column."""
    error = client.query("SELECT Id, Nme FROM Account").body[0]
    assert error["errorCode"] == "INVALID_FIELD"
    snippet = "\nSELECT Id, Nme FROM Account\n           ^\nERROR at Row:1:Column:12\nNo such column 'Nme' on entity"
    assert error["message"].startswith(snippet)


def test_only_the_neighbourhood_of_a_mistake_is_shown() -> None:
    """Of a long query, whole words within some 35 characters of the mistake are shown."""
    text = "SELECT Id, DepartmentProbe__c FROM Account LIMIT 10"
    assert soql.mark(text, 11).splitlines()[1] == "SELECT Id, DepartmentProbe__c FROM Account"
    long = f"SELECT {', '.join(f'Field{number}' for number in range(40))} FROM Account"
    _, snippet, caret, place, *_ = soql.mark(long, long.index("Field20")).split("\n")
    assert snippet[caret.index("^") :].startswith("Field20")
    assert place == f"ERROR at Row:1:Column:{long.index('Field20') + 1}"


def test_the_row_of_a_mistake_is_told() -> None:
    """In a query of several lines, row and column are those of the line."""
    assert "ERROR at Row:2:Column:6" in soql.mark("SELECT Id\nFROM Accout", 15)


def test_a_literal_of_the_wrong_type_is_refused(client: Direct) -> None:
    """A quoted value for a boolean is INVALID_FIELD."""
    error = client.query("SELECT Id FROM User WHERE IsActive = 'true'").body[0]
    assert error["errorCode"] == "INVALID_FIELD"
    assert "must be of type boolean and should not be enclosed in quotes" in error["message"]


def test_what_is_hidden_answers_like_what_is_missing(client: Direct, state: OrgState) -> None:
    """A hidden field, object or relationship gets the same refusal as one that does not exist."""
    rights = state.permission_sets[0].objects
    rights["Account"].hidden_fields.add("Industry")
    del rights["Lead"]
    for query, hidden in [
        ("SELECT {} FROM Account", "Industry"),
        ("SELECT Id FROM {}", "Lead"),
        ("SELECT Id FROM {}", "UserLicense"),
        ("SELECT Profile.{}.Name FROM User", "UserLicense"),
    ]:
        of_hidden, of_missing = (client.query(query.format(name)).body for name in (hidden, hidden[::-1]))
        assert "^" in of_hidden[0]["message"]
        assert str(of_hidden).replace(hidden, hidden[::-1]) == str(of_missing)


def test_anyone_reads_their_own_permissions(client: Direct, admin: Direct) -> None:
    """UserPermissionAccess has one row for whoever asks: the effective permissions."""
    text = "SELECT PermissionsApiEnabled, PermissionsApiUserOnly, PermissionsViewSetup FROM UserPermissionAccess"
    assert list(client.rows(text)[0].values()) == [True, True, False]
    assert list(admin.rows(text)[0].values()) == [True, False, True]


def test_a_permission_set_adds_to_the_profile(client: Direct, state: OrgState) -> None:
    """Permissions are those of the profile and of the permission sets assigned, at this moment."""
    text = "SELECT PermissionsViewSetup FROM UserPermissionAccess"
    state.permission_sets[0].permissions.add("ViewSetup")
    assert client.rows(text) == [{"PermissionsViewSetup": True}]
    assert client.rows("SELECT Name FROM UserLicense")
    client.user.permission_set_ids.clear()
    assert client.rows(text) == [{"PermissionsViewSetup": False}]


def test_audit_permissions_exist_with_the_preference_only(client: Direct, state: OrgState) -> None:
    """PermissionsCreateAuditFields is no column of an org that has not switched audit fields on."""
    text = "SELECT PermissionsCreateAuditFields, PermissionsUpdateWithInactiveOwner FROM UserPermissionAccess"
    assert client.query(text).body[0]["errorCode"] == "INVALID_FIELD"
    state.org.audit_fields_enabled = True
    assert list(client.rows(text)[0].values()) == [False, False]


def test_private_user_sharing_hides_the_others(client: Direct, admin: Direct, state: OrgState) -> None:
    """An integration user sees its own row of User, and all rows when sharing is opened; an administrator sees all."""
    assert client.rows("SELECT Username FROM User") == [{"Username": "integration@acme.com"}]
    assert len(admin.rows("SELECT Id FROM User")) == 2
    state.org.user_sharing_private = False
    assert len(client.rows("SELECT Id FROM User")) == 2


def test_rows_of_the_system_follow_the_state(admin: Direct, state: OrgState) -> None:
    """A user who is deactivated, or a licence that ends, shows in the next answer."""
    state.users[0].active = False
    state.licenses[0].status = "Disabled"
    state.licenses.append(License("100000000000009AAA", "Platform", "AUL"))
    text = "SELECT IsActive FROM User WHERE Username = 'integration@acme.com'"
    assert admin.rows(text) == [{"IsActive": False}]
    statuses = admin.rows("SELECT Name, Status FROM UserLicense ORDER BY Name")
    assert [row["Status"] for row in statuses] == ["Active", "Active", "Disabled"]


def test_profiles_show_their_settings_to_administrators_only(client: Direct, admin: Direct) -> None:
    """A user sees its own profile by name and licence; its permissions and other profiles need View Setup."""
    assert len(client.rows("SELECT Name, UserLicenseId FROM Profile")) == 1
    assert client.query("SELECT PermissionsApiEnabled FROM Profile").status == 400
    assert len(admin.rows("SELECT PermissionsApiEnabled FROM Profile")) == 2


def test_field_rights_of_a_system_object_can_be_taken_away(client: Direct, state: OrgState) -> None:
    """Even a field of User can be hidden from a profile."""
    state.profiles[0].objects["User"] = Rights(hidden_fields={"LastLoginDate"})
    assert client.query("SELECT LastLoginDate FROM User").body[0]["errorCode"] == "INVALID_FIELD"
    assert client.query("SELECT Id, IsActive FROM User").status == 200
