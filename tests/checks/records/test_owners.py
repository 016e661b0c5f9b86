"""Check records.owners."""

from __future__ import annotations

from typing import Any

import pytest
from known import NO_API, SILENCE, findings

from airflow_sf_health.checks import load
from airflow_sf_health.checks._owners import queue_queries, support_queries, user_queries
from airflow_sf_health.evidence.needs import ALL_PERMISSIONS, REQUIREMENTS, Need, Query
from airflow_sf_health.report import Finding, Level
from airflow_sf_health.requirements import Requirements

ADA = {"Id": "005Hs00000000A1AAA", "Username": "ada@acme.com", "Name": "Ada", "IsActive": True}
BOB = {"Id": "005Hs00000000B1AAA", "Username": "bob@acme.com", "Name": "Bob", "IsActive": False}
EMEA = {"Id": "00GHs00000000Q1AAA", "DeveloperName": "EMEA_Leads", "Type": "Queue"}
STAFF = {"Id": "00GHs00000000Q2AAA", "DeveloperName": "Staff", "Type": "Regular"}
INSERTS = {"Lead": {"insert": ["LastName", "OwnerId"]}}
UPDATES = {"Lead": {"update": ["OwnerId"]}}
GRANTED: dict[Need[Any], Any] = {ALL_PERMISSIONS: ({"PermissionsUpdateWithInactiveOwner": True},)}


def judged(
    owners: list[str], answers: dict[Need[Any], Any] | None = None, *, supported: bool = True, **required: Any
) -> list[Finding]:
    """The findings on these owners in an org with Ada, Bob, a queue and a group."""
    requirements = Requirements.of({"owners": owners, **required})
    rows: dict[Need[Any], Any] = {
        **dict.fromkeys(user_queries(requirements), (ADA, BOB)),
        **dict.fromkeys(queue_queries(requirements), (EMEA, STAFF)),
        **dict.fromkeys(
            support_queries(requirements), ({"QueueId": EMEA["Id"], "SobjectType": "Lead"},) if supported else ()
        ),
    }
    return list(findings("records.owners", {REQUIREMENTS: requirements, **rows, **(answers or {})}))


def only(found: list[Finding], level: Level) -> Finding:
    (one,) = [each for each in found if each.level is level]
    return one


def test_no_owners() -> None:
    """A task that names no owners is asked nothing."""
    (found,) = findings("records.owners")
    assert found.level is Level.NOT_APPLICABLE
    assert load("records.owners").needs_for(Requirements()) == ()


@pytest.mark.parametrize("owner", [ADA["Id"], str(ADA["Id"])[:15], "ada@acme.com", "Ada@ACME.com"])
def test_active_user(owner: str) -> None:
    """An active user is right by its id of either length, or by its user name in any case."""
    (found,) = judged([owner])
    assert (found.level, found.summary) == (Level.OK, "1 of 1 owners exist and are active")


@pytest.mark.parametrize("owner", [EMEA["Id"], str(EMEA["Id"])[:15], "EMEA_Leads", "emea_leads"])
def test_queue(owner: str) -> None:
    """A queue is right by its id of either length, or by its developer name in any case."""
    assert [each.level for each in judged([owner], objects=INSERTS)] == [Level.OK]


def test_users_and_queues() -> None:
    """All that are right are counted together."""
    (found,) = judged(["ada@acme.com", "EMEA_Leads"])
    assert found.summary == "2 of 2 owners exist and are active"


@pytest.mark.parametrize("objects", [None, INSERTS, {"Lead": {"upsert": ["OwnerId"], "external_id": "Key__c"}}])
def test_inactive_owner_of_new_records(objects: dict[str, Any] | None) -> None:
    """An inactive owner fails a task that inserts, or that does not say what it does; no permission makes that legal."""
    found = only(judged(["bob@acme.com"], GRANTED, objects=objects), Level.FAILED)
    assert (found.cause, found.certain) == ("owner_inactive", True)
    assert found.summary == "the owner is inactive: bob@acme.com (005Hs00000000B1AAA)"
    assert found.saw == "User.IsActive = false · bob@acme.com (005Hs00000000B1AAA)"


def test_inactive_owner_beside_active_ones() -> None:
    """The inactive one is named, the others are counted."""
    found = judged(["ada@acme.com", "bob@acme.com"])
    assert only(found, Level.FAILED).cause == "owner_inactive"
    assert only(found, Level.OK).summary == "1 of 2 owners exist and are active"


@pytest.mark.parametrize(
    ("answers", "inactive_owners", "level"),
    [
        ({}, None, Level.FAILED),
        ({}, True, Level.FAILED),
        (GRANTED, None, Level.WARNING),
        (GRANTED, True, Level.OK),
        ({ALL_PERMISSIONS: NO_API}, True, Level.WARNING),
    ],
)
def test_inactive_owner_of_updates(answers: dict[Need[Any], Any], inactive_owners: bool | None, level: Level) -> None:
    """For updates the permission makes it legal: fine where the task means it, else worth a warning; unread, a warning too."""
    found = judged(["bob@acme.com"], answers, objects=UPDATES, inactive_owners=inactive_owners)
    assert found[0].level is level
    assert "bob@acme.com" in found[0].summary
    assert ("Update Records with Inactive Owners" in found[0].summary) is (level is not Level.FAILED)


def test_owner_that_cannot_be_seen() -> None:
    """An owner that is not shown is not known: user sharing may hide it."""
    found = only(judged(["ada@acme.com", "eve@acme.com"]), Level.UNKNOWN)
    assert "eve@acme.com" in found.summary
    assert "user sharing" in found.summary


def test_queue_that_is_not_there() -> None:
    """Queues are shown to all, so one that is not shown is not there."""
    found = only(judged(["EMEA_Led"]), Level.FAILED)
    assert (found.summary, found.cause) == ("the org has no queue 'EMEA_Led'", "queue_not_usable")
    assert "Setup > Queues" in found.hint


def test_group_that_is_no_queue() -> None:
    """A public group owns no records."""
    found = only(judged(["Staff"]), Level.FAILED)
    assert found.summary == "the owner 'Staff' is a group of the type Regular, and no queue"
    assert (found.cause, found.certain) == ("queue_not_usable", True)


def test_role_of_the_queue_s_name() -> None:
    """A name is unique among groups of one type alone: a role, which comes as two groups, may have the queue's."""
    roles = tuple({**EMEA, "Id": f"00GHs00000000R{each}AAA", "Type": "Role"} for each in range(2))
    asked = queue_queries(Requirements(owners=("EMEA_Leads",)))
    found = judged(["EMEA_Leads"], dict.fromkeys(asked, (*roles, EMEA)), objects=INSERTS)
    assert [each.level for each in found] == [Level.OK]


def test_queue_that_does_not_support_the_object() -> None:
    """A queue owns only records of the objects that it supports."""
    found = only(judged(["EMEA_Leads"], objects=INSERTS, supported=False), Level.FAILED)
    assert found.summary == "the queue 'EMEA_Leads' supports none of the objects that the task assigns (Lead)"
    assert "Supported Objects" in found.hint
    assert found.cause == "queue_not_usable"


@pytest.mark.parametrize(
    ("objects", "level", "words"),
    [
        ({"Account": {"insert": ["Name"]}}, Level.UNKNOWN, "(Account); none of their lists of fields has OwnerId"),
        ({"Account": {"insert": True}}, Level.WARNING, "(Account); none of their lists of fields has OwnerId"),
        ({**INSERTS, "Task": {"insert": True}}, Level.WARNING, "(Lead, Task); not all of their lists have OwnerId"),
        ({"Lead": {"insert": ["Owner:Group.Key__c"]}}, Level.FAILED, "that the task assigns (Lead)"),
    ],
)
def test_queue_for_what_is_not_named(objects: dict[str, Any], level: Level, words: str) -> None:
    """A queue may be meant for an object that the requirements do not name: only where they name the owner it is a failure."""
    found = only(judged(["EMEA_Leads"], objects=objects, supported=False), level)
    assert found.summary.endswith(words)
    assert ("with OwnerId among its fields to write" in found.hint) is (level is not Level.FAILED)


def test_objects_that_are_only_read_need_no_queue() -> None:
    """Objects that the task reads, or writes without an owner beside one that has it, are not asked about."""
    reads = Requirements.of({"owners": ["EMEA_Leads"], "objects": {"Lead": ["Id"]}})
    assert support_queries(reads) == ()
    one_assigns = {"Lead": {"insert": ["OwnerId"]}, "Task": {"insert": ["Subject"]}}
    (query,) = support_queries(Requirements.of({"owners": ["EMEA_Leads"], "objects": one_assigns}))
    assert "SobjectType IN ('Lead')" in query.soql


def test_users_that_may_not_be_asked() -> None:
    """Where users cannot be asked, queues still can."""
    requirements = Requirements(owners=("ada@acme.com", "EMEA_Leads"))
    found = judged(["ada@acme.com", "EMEA_Leads"], dict.fromkeys(user_queries(requirements), SILENCE))
    assert [each.level for each in found] == [Level.UNKNOWN, Level.OK]


def test_many_owners() -> None:
    """200 owners are one query, one more is another; each is asked late, so that its loss does not cost the verdict."""

    def asked(number: int) -> list[Query]:
        owners = tuple(f"005Hs{each:010d}AAA" for each in range(number))
        return [*user_queries(Requirements(owners=owners))]

    assert [len(asked(number)) for number in (1, 200, 201, 400, 401)] == [1, 1, 2, 2, 3]
    assert all(query.late for query in asked(401))
    assert len({query.name for query in asked(401)}) == 3
    assert all(len(query.soql) < 10_000 for query in asked(401))


def test_long_user_names() -> None:
    """A query stays short enough for an address, however long the names are."""
    owners = tuple(f"{number}{'x' * 70}@acme.com" for number in range(200))
    asked = user_queries(Requirements(owners=owners))
    assert len(asked) > 1
    assert all(len(query.soql) < 10_000 for query in asked)
    assert sum(query.soql.count("@") for query in asked) == 200


def test_names_are_quoted() -> None:
    """What means something in a text of SOQL is written so that it does not."""
    (query,) = user_queries(Requirements(owners=("back\\slash@acme.com",)))
    assert query.soql.endswith(r"WHERE Username IN ('back\\slash@acme.com')")


def test_many_inactive_owners() -> None:
    """Of very many inactive owners twenty are named, and the rest is counted."""
    requirements = Requirements(owners=tuple(f"u{each:02d}@acme.com" for each in range(25)))
    rows = tuple({"Id": f"005{n:015d}", "Username": f"u{n:02d}@acme.com", "IsActive": False} for n in range(25))
    (found,) = findings(
        "records.owners", {REQUIREMENTS: requirements, **dict.fromkeys(user_queries(requirements), rows)}
    )
    assert found.summary.startswith("25 owners are inactive: u00@acme.com")
    assert found.summary.endswith("and 5 more")


@pytest.mark.parametrize(
    ("objects", "level"),
    [
        ({"Lead": {"insert": ["LastName"], "update": ["OwnerId"]}}, Level.OK),
        ({"Lead": {"update": ["OwnerId"]}, "Task": {"insert": ["Subject"]}}, Level.OK),
        ({"Lead": {"update": ["OwnerId"]}, "Task": {"insert": True}}, Level.FAILED),
        ({"Lead": {"update": ["Company"], "insert": ["LastName"]}}, Level.FAILED),
        ({"Lead": {"update": True}}, Level.OK),
        ({"Lead": {"delete": True}}, Level.FAILED),
    ],
)
def test_where_the_owner_is_set(objects: dict[str, Any], level: Level) -> None:
    """What counts is where the owner is written, as far as the requirements name fields."""
    assert judged(["bob@acme.com"], GRANTED, objects=objects, inactive_owners=True)[0].level is level
