"""Check metadata.drift."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from known import AT, NO_API, NOT_FOUND, SILENCE, finding, findings

from airflow_sf_health.checks import CATALOGUE
from airflow_sf_health.evidence.facts import Described, MemoryFacts, Remembered
from airflow_sf_health.evidence.needs import LOCK, MEMORY, OPTIONS, REQUIREMENTS, Describe, Need
from airflow_sf_health.options import OWN_DEFAULTS
from airflow_sf_health.org.errors import Refusal
from airflow_sf_health.report import Finding, Level
from airflow_sf_health.requirements import ObjectUse, Requirements
from airflow_sf_health.schema.lock import Lock, LockedObject
from airflow_sf_health.schema.shape import FieldShape, ObjectShape

MAY: dict[str, Any] = {"createable": True, "updateable": True}
NAME = FieldShape(name="Name", type="string", label="Name", length=80, **MAY)
KEY = FieldShape(name="ERP_Id__c", type="string", label="ERP Id", length=20, **MAY)
NOTE = FieldShape(name="Note__c", type="string", label="Note", length=40, **MAY)
USE = ObjectUse(name="Account", read=("Name",), update=("ERP_Id__c",))


def account(*fields: FieldShape, **flags: bool) -> ObjectShape:
    return ObjectShape(name="Account", **{**MAY, **flags}, fields={each.name: each for each in fields})


BEFORE = account(NAME, KEY, NOTE)


def remembered(shape: ObjectShape = BEFORE) -> Remembered:
    at = AT.subtract(days=1)
    return Remembered(shape=shape, taken_at=at, compared_at=at, confirmed_at=at)


def looked(after: ObjectShape | Refusal, use: ObjectUse = USE, **options: Any) -> dict[Need[Any], Any]:
    """The evidence on Account, described so, with a snapshot of yesterday."""
    answer = after if isinstance(after, Refusal) else Described(shape=after, at=AT)
    return {
        REQUIREMENTS: Requirements(objects=(use,)),
        Describe("describe_Account", "Account"): answer,
        MEMORY: MemoryFacts(reach="this host only", snapshots={"Account": remembered()}),
        OPTIONS: replace(OWN_DEFAULTS, **options),
    }


def judged(after: ObjectShape | Refusal, use: ObjectUse = USE, **options: Any) -> Finding:
    return finding("metadata.drift", looked(after, use, **options))


SHORTER = account(NAME, replace(KEY, length=10), NOTE)
LONGER = account(NAME, replace(KEY, length=30), NOTE)


def test_no_objects() -> None:
    """A task that names no objects is asked nothing."""
    assert finding("metadata.drift").level is Level.NOT_APPLICABLE


def test_no_change() -> None:
    """An object that is as it was fits the task, and what it was compared with is told."""
    found = judged(BEFORE)
    assert found.level is Level.OK
    assert found.summary == "Account fits the task as in the snapshot of 2026-11-21 02:00 UTC"


@pytest.mark.parametrize(
    "after",
    [
        account(NAME, NOTE),
        account(NAME, replace(KEY, type="double"), NOTE),
        SHORTER,
        account(NAME, replace(KEY, updateable=False), NOTE),
        account(NAME, KEY, NOTE, updateable=False),
    ],
    ids=["removed", "retyped", "shortened", "not writeable", "no right"],
)
def test_breaking_change(after: ObjectShape | Refusal) -> None:
    """What breaks the task fails it at once, with what to change; after a choice it is a warning."""
    found = judged(after)
    assert (found.level, found.cause) == (Level.FAILED, "schema_changed")
    assert "compared with the snapshot of 2026-11-21 02:00 UTC" in found.saw
    assert "Account" in found.hint.splitlines()[0]
    warned = judged(after, on_drift="warn")
    assert (warned.level, "accept" in warned.hint) == (Level.WARNING, False)
    assert judged(after, on_drift="fail").level is Level.FAILED


@pytest.mark.parametrize("code", ["NOT_FOUND", "INVALID_TYPE"])
def test_object_that_is_gone(code: str) -> None:
    """Nobody can delete Salesforce's own objects, so the right is to be given back, and there is no new schema to accept."""
    found = judged(replace(NOT_FOUND, code=code))
    assert (found.level, found.cause) == (Level.FAILED, "object_or_field_access")
    assert [each.cause for each in found.candidates] == ["schema_changed"]
    assert found.hint == "Give the integration user access to Account again."
    assert judged(replace(NOT_FOUND, code=code), on_drift="warn").level is Level.WARNING


@pytest.mark.parametrize(
    ("after", "is_new"),
    [
        (SHORTER, True),
        (account(NAME, replace(KEY, type="double"), NOTE), True),
        (account(NAME, NOTE), True),
        (account(NAME, replace(KEY, updateable=False, calculated=True), NOTE), True),
        (account(NAME, replace(KEY, updateable=False), NOTE), False),
        (account(NAME, KEY, NOTE, updateable=False), False),
        (account(KEY, NOTE), False),
    ],
    ids=["shortened", "retyped", "removed", "calculated", "not writeable", "no right", "hidden"],
)
def test_how_a_change_is_accepted(after: ObjectShape, is_new: bool) -> None:
    """A new schema is accepted once the mapping fits it; a right that was taken, or a field that was hidden, never."""
    accept = "After the mapping is changed, accept the new schema: sf-health metadata refresh crm Account"
    assert (accept in judged(after).hint.splitlines()) is is_new
    assert ("accept" in judged(after).hint) is is_new


def test_change_that_may_refuse_some_rows() -> None:
    """A field that must be unique from now on is a warning with what to see to; a breaking change beside it still fails."""
    unique = replace(KEY, unique=True)
    found = judged(account(NAME, unique, NOTE))
    assert (found.level, found.cause) == (Level.WARNING, "schema_changed")
    assert "Account.ERP_Id__c must be unique now, so that a row" in found.summary
    assert found.hint == "See to it that no two records get the same value for Account.ERP_Id__c."
    both = findings("metadata.drift", looked(account(replace(NAME, type="double"), unique, NOTE)))
    assert [each.level for each in both] == [Level.FAILED, Level.WARNING]
    assert judged(account(NAME, unique, NOTE), on_drift="fail").level is Level.FAILED


def test_right_that_was_taken_and_a_field_that_was_shortened() -> None:
    """Beside a change of the schema a lost right is told by its own cure, and the change leads."""
    found = judged(account(replace(KEY, length=10), NOTE))
    assert found.cause == "schema_changed"
    assert found.hint.splitlines()[0] == "Give the integration user read access to Account.Name again."
    assert found.hint.splitlines()[1].startswith("Cut or round the values for Account.ERP_Id__c")
    assert found.hint.splitlines()[2].startswith("After the mapping is changed, accept the new schema")


def test_what_a_permission_could_be_as_well() -> None:
    """A field that vanished may be hidden, and that is told as the other candidate; a shorter one is shorter."""
    vanished, shortened = judged(account(NAME, NOTE)), judged(SHORTER)
    assert (vanished.certain, shortened.certain) == (False, True)
    assert "object_or_field_access" in [each.cause for each in vanished.candidates]
    assert "data_error" not in [each.cause for each in vanished.candidates]
    assert shortened.candidates == ()


@pytest.mark.parametrize(
    "after",
    [account(NAME, KEY), account(NAME, KEY, replace(NOTE, length=5)), account(NAME, KEY, replace(NOTE, type="double"))],
)
def test_change_of_what_is_not_used(after: ObjectShape) -> None:
    """What the task does not name fails nothing, whatever was chosen; it is summed up."""
    assert judged(after).level is Level.OK
    assert judged(after, on_drift="fail").level is Level.OK


def test_benign_changes_are_summed_up() -> None:
    """Changes that break nothing are counted by kind."""
    new = FieldShape(name="Rating__c", type="string", label="Rating")
    found = judged(account(NAME, replace(KEY, length=30), replace(NOTE, label="Notes"), new))
    assert found.level is Level.OK
    assert "1 new field" in found.summary
    assert "1 longer field" in found.summary
    assert "1 changed label" in found.summary


def test_each_change_of_what_is_used_may_fail() -> None:
    """With on_drift=fail a benign change of a used field fails as well, and is named."""
    found = judged(LONGER, on_drift="fail")
    assert (found.level, found.cause) == (Level.FAILED, "schema_changed")
    assert "Account.ERP_Id__c" in found.summary
    assert judged(LONGER).level is Level.OK


def test_stale_snapshot_of_what_has_changed() -> None:
    """What breaks the task leads, and that its snapshot is too old is not told beside it: the cure of that would accept the change."""
    old: dict[str, Any] = {"max_age": 3600.0, "on_stale": "fail"}
    assert finding("metadata.freshness", looked(BEFORE, **old)).level is Level.FAILED
    assert finding("metadata.freshness", looked(LONGER, **old)).level is Level.FAILED
    assert finding("metadata.freshness", looked(SHORTER, **old)).level is Level.OK
    assert finding("metadata.freshness", looked(SHORTER, **old, on_drift="warn")).level is Level.FAILED
    assert CATALOGUE.index("metadata.drift") < CATALOGUE.index("metadata.freshness")


def test_several_changes_lead_one_message() -> None:
    """All that breaks the task is one finding, with a line for each change and for what to do about it."""
    found = judged(account(replace(NAME, type="double"), replace(KEY, length=10), NOTE))
    assert found.summary.startswith("2 changes of the schema: Account.")
    assert len(found.saw.splitlines()) == 3
    assert len(found.hint.splitlines()) == 3


def test_several_objects() -> None:
    """Changes of several objects are one finding too, and the refresh names each that is there."""
    lead = ObjectShape(name="Lead", fields={"Name": NAME}, **MAY)
    answers = {
        **looked(SHORTER),
        REQUIREMENTS: Requirements(objects=(USE, ObjectUse(name="lead", read=("Name",)))),
        Describe("describe_lead", "lead"): replace(NOT_FOUND, code="INVALID_TYPE"),
        MEMORY: MemoryFacts(reach="here", snapshots={"Account": remembered(), "Lead": remembered(lead)}),
    }
    (found,) = findings("metadata.drift", answers)
    assert found.summary.startswith("2 changes of the schema: Account.ERP_Id__c")
    assert found.hint.endswith("sf-health metadata refresh crm Account")
    answers[Describe("describe_lead", "lead")] = Described(shape=lead, at=AT)
    assert finding("metadata.drift", answers).summary.startswith("the schema has changed: Account.ERP_Id__c")
    answers[Describe("describe_Account", "Account")] = Described(shape=BEFORE, at=AT)
    assert finding("metadata.drift", answers).summary == "2 objects fit the task as they were"


@pytest.mark.parametrize(
    ("queries", "level"),
    [
        (["SELECT Note__c FROM account WHERE Name = 'x'"], Level.FAILED),
        (["SELECT a.Name, a.NOTE__C FROM Account a"], Level.FAILED),
        (["SELECT Name FROM Account"], Level.OK),
    ],
)
@pytest.mark.parametrize("objects", [(), (USE,)])
def test_what_only_a_query_selects(objects: tuple[ObjectUse, ...], queries: list[str], level: Level) -> None:
    """A field that the task uses in a query alone is compared as one that is read, be its object named or not."""
    name = "Account" if objects else queries[0].split("FROM ")[1].split()[0]
    answers = {
        **looked(account(NAME, KEY, replace(NOTE, type="double"))),
        Describe(f"describe_{name}", name): Described(shape=account(NAME, KEY, replace(NOTE, type="double")), at=AT),
        REQUIREMENTS: Requirements(objects=objects, queries=tuple(queries)),
    }
    assert finding("metadata.drift", answers).level is level


def test_lock_file_goes_before_the_snapshot() -> None:
    """The mapping was made for the lock file's schema, so that is compared with; accepting is done by its command."""
    lock = Lock(objects={"account": LockedObject(use=USE, shape=BEFORE.only(["Name", "ERP_Id__c"]))})
    answers = {**looked(SHORTER), MEMORY: MemoryFacts(reach="here", snapshots={"Account": remembered(SHORTER)})}
    assert finding("metadata.drift", answers).level is Level.OK
    found = finding("metadata.drift", {**answers, LOCK: lock})
    assert found.level is Level.FAILED
    assert "compared with the lock file" in found.saw
    assert "sf-health metadata lock crm --requirements" in found.hint
    assert "--update" in found.hint
    unlocked = finding("metadata.drift", {**looked(BEFORE), LOCK: lock, MEMORY: MemoryFacts()})
    assert (unlocked.level, unlocked.summary) == (Level.OK, "Account fits the task as in the lock file")


def test_no_baseline() -> None:
    """Without anything to compare with nothing is known, and why is told."""
    answers = looked(BEFORE)
    first = finding("metadata.drift", {**answers, MEMORY: MemoryFacts(reach="here")})
    assert (first.level, first.summary) == (Level.UNKNOWN, "no baseline of Account before this look")
    none = finding("metadata.drift", {**answers, MEMORY: MemoryFacts()})
    assert none.level is Level.UNKNOWN
    assert none.summary.startswith("nothing to compare with for Account: nothing is remembered")


def test_object_that_could_not_be_described() -> None:
    """A describe that was refused otherwise, or did not come in time, is not known, and fails nothing."""
    found = judged(NO_API)
    assert (found.level, found.essential) == (Level.UNKNOWN, False)
    assert "Account could not be described: HTTP 403 API_DISABLED_FOR_ORG" in found.summary


def test_object_that_never_was_there() -> None:
    """An object that is not there, and of which nothing is remembered, has not changed."""
    answers = {**looked(replace(NOT_FOUND, code="INVALID_TYPE")), MEMORY: MemoryFacts(reach="here")}
    assert finding("metadata.drift", answers).level is Level.UNKNOWN


def test_line_that_was_dead_for_all() -> None:
    """A reason that holds for many objects is told once, with some of their names."""
    uses = tuple(ObjectUse(name=f"Thing{number}__c", read=("Id",)) for number in range(25))
    answers: dict[Need[Any], Any] = {Describe(f"describe_{each.name}", each.name): SILENCE for each in uses}
    answers[REQUIREMENTS] = Requirements(objects=uses)
    found = finding("metadata.drift", answers)
    assert found.level is Level.UNKNOWN
    assert found.summary.count(SILENCE.said) == 1
    assert "Thing0__c, Thing1__c" in found.summary
    assert "and 17 more could not be described" in found.summary


def test_very_many_changes() -> None:
    """Of very many changes the line names some; what was seen and what to do have them all."""
    fields = [FieldShape(name=f"F{number}__c", type="string", length=80, **MAY) for number in range(20)]
    use = ObjectUse(name="Account", update=tuple(each.name for each in fields))
    memory = MemoryFacts(reach="here", snapshots={"Account": remembered(account(*fields))})
    answers = {**looked(account(*(replace(each, length=10) for each in fields)), use), MEMORY: memory}
    found = finding("metadata.drift", answers)
    assert found.summary.startswith("20 changes of the schema: Account.F0__c")
    assert found.summary.endswith("; and 12 more")
    assert len(found.saw.splitlines()) == len(found.hint.splitlines()) == 21
