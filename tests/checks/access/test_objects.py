"""Check access.objects."""

from __future__ import annotations

from typing import Any

import pytest
from known import INACTIVE, finding, findings, refused_login
from uses import GONE, SETS, SLOW, described, looked, no_object, remembered, shape, text

from airflow_sf_health.checks import load
from airflow_sf_health.evidence.needs import ALL_PERMISSIONS, LOCK, OWN_PERMISSION_SETS, RUNNING_USER, Describe, Need
from airflow_sf_health.org.errors import Refusal, Shape
from airflow_sf_health.report import Finding, Level
from airflow_sf_health.requirements import ObjectUse, Requirements
from airflow_sf_health.schema.lock import Lock, LockedObject
from airflow_sf_health.schema.shape import ObjectShape

CHECK = "access.objects"


def judged(use: Any, *answers: Any, more: Any = None, **asked: Any) -> Finding:
    return finding(CHECK, {**looked({"objects": {"Account": use}}, *answers, **asked), **(more or {})})


def test_no_objects() -> None:
    """A task that names no objects is asked nothing."""
    assert finding(CHECK).level is Level.NOT_APPLICABLE
    assert load(CHECK).needs_for(Requirements()) == ()


def test_all_as_required() -> None:
    """All good objects are one line, with what is done with each."""
    uses = {
        "Account": {"read": ["Name"], "upsert": ["Name"], "external_id": "Number__c"},
        "Contact": {"insert": True, "delete": True},
    }
    key = text("Number__c", external_id=True, id_lookup=True)
    found = finding(CHECK, looked({"objects": uses}, described("Name", key), described(name="Contact")))
    assert found.level is Level.OK
    assert found.summary == "2 objects as required: Account (read, upsert by Number__c), Contact (insert, delete)"


@pytest.mark.parametrize(
    ("use", "facts", "words"),
    [
        (None, {"queryable": False}, "Account: the user may not query records, as read needs"),
        ({"insert": True}, {"createable": False}, "the user may not insert records, as insert needs"),
        ({"update": True}, {"updateable": False}, "the user may not update records, as update needs"),
        ({"upsert": True, "external_id": "Id"}, {"updateable": False}, "as upsert needs"),
        ({"delete": True}, {"deletable": False}, "the user may not delete records, as delete needs"),
        (
            {"insert": True, "upsert": True, "external_id": "Id"},
            {"createable": False, "updateable": False},
            "insert records, as insert and upsert needs; the user may not update records, as upsert needs",
        ),
    ],
)
def test_right_that_is_missing(use: Any, facts: dict[str, Any], words: str) -> None:
    """Each operation takes its right, and the message names operation, object and what describe said."""
    found = judged(use, described(**facts))
    assert (found.level, found.cause, found.certain) == (Level.FAILED, "object_or_field_access", True)
    assert words in found.summary
    assert words in found.hint
    assert next(iter(facts)) in found.saw


def test_since_when_a_right_is_missing() -> None:
    """When the user still could is told, and what it has lost since."""
    more = {**remembered(shape()), OWN_PERMISSION_SETS: SETS[:1]}
    uses = looked({"objects": {"Account": {"update": True, "insert": True}}}, described(updateable=False))
    hint = finding(CHECK, {**uses, **more}).hint
    words = "The user could update them on 2026-11-21 02:00 UTC, and the user no longer has the permission set 'Nightly Import'."
    assert words in hint


def test_event_that_is_only_published() -> None:
    """An event takes no query: where its describe did not come, the refusal of one does not say that it is not there."""
    uses = {"objects": {"BatchApexErrorEvent": {"insert": True}}}
    found = finding(CHECK, looked(uses, SLOW, rights_BatchApexErrorEvent=no_object("BatchApexErrorEvent")))
    assert (found.level, "there is no object" in found.summary) == (Level.UNKNOWN, False)
    found = finding(CHECK, looked({"objects": {"Lead": ["Id"]}}, SLOW, rights_Lead=no_object("Lead")))
    assert (found.level, "there is no object" in found.summary) == (Level.FAILED, True)


def test_rights_that_are_not_needed() -> None:
    """A task that only reads minds no right to write."""
    facts = {"createable": False, "updateable": False, "deletable": False}
    assert judged(["Name"], described("Name", **facts)).level is Level.OK
    assert judged({"delete": False}, described(**facts)).level is Level.OK


@pytest.mark.parametrize(
    ("key", "level", "words"),
    [
        (text("Number__c", external_id=True), Level.OK, "upsert by Number__c"),
        (text("Number__c", id_lookup=True), Level.OK, "upsert by Number__c"),
        (text("Number__c"), Level.FAILED, "Number__c is no external id, so no upsert finds records by it"),
        (text("Other__c", external_id=True), Level.FAILED, "its external id Number__c is not there for this user"),
    ],
)
def test_external_id(key: Any, level: Level, words: str) -> None:
    """An upsert needs a field that Salesforce can look records up by."""
    found = judged({"upsert": True, "external_id": "Number__c"}, described(key))
    assert found.level is level
    assert words in found.summary


def test_which_external_ids_there_are() -> None:
    """Whoever named the wrong field is told the right ones."""
    key = text("Number__c", external_id=True)
    found = judged({"upsert": True, "external_id": "Name"}, described("Name", key))
    assert found.hint.endswith("Upsert finds records of Account by Id, Number__c.")
    assert found.cause == "schema_changed"


@pytest.mark.parametrize(
    ("before", "certain", "said"),
    [
        (None, False, "Number__c was unmarked, or never was one: no earlier look at it is remembered."),
        (shape(text("Number__c")), False, "Number__c was none on 2026-11-21 02:00 UTC either"),
        (shape(text("Number__c", external_id=True)), True, "Number__c was one on 2026-11-21 02:00 UTC."),
    ],
)
def test_key_that_is_none(before: ObjectShape | None, certain: bool, said: str) -> None:
    """That it was unmarked is certain where an earlier look has seen the mark; else the requirements may name a wrong field."""
    use = {"upsert": True, "external_id": "Number__c"}
    found = judged(use, described("Number__c"), more=remembered(before) if before is not None else None)
    assert (found.cause, found.certain) == ("schema_changed", certain)
    assert [each.cause for each in found.candidates] == ([] if certain else ["query_error"])
    assert said in found.hint


@pytest.mark.parametrize(
    ("before", "certain", "said"),
    [
        (
            None,
            False,
            "Prson was made inactive, deleted or renamed, or is misspelt: no earlier look at it is remembered.",
        ),
        (
            shape(),
            False,
            "Prson is misspelt, or was gone before: Account had no such record type on 2026-11-21 02:00 UTC either.",
        ),
        (shape(record_types={"Prson": True}), True, "Prson was there on 2026-11-21 02:00 UTC, and was made inactive"),
    ],
)
def test_record_type_that_is_not_there(before: ObjectShape | None, certain: bool, said: str) -> None:
    """It may be misspelt, unless an earlier look has seen it; the nearest name is told."""
    use = {"insert": True, "record_types": ["Prson"]}
    now = described(record_types={"Person": True})
    found = judged(use, now, more=remembered(before) if before is not None else None)
    assert (found.cause, found.certain) == ("schema_changed", certain)
    assert [each.cause for each in found.candidates] == ([] if certain else ["query_error"])
    assert found.summary == "Account: there is no active record type Prson (nearest: Person)"
    assert said in found.hint


@pytest.mark.parametrize(("locked", "certain"), [(["Person"], True), ([], False)])
def test_record_type_and_the_lock_file(locked: list[str], certain: bool) -> None:
    """A lock file has what it was made for alone, so that it tells nothing of others."""
    part = shape(record_types={"Person": True}).only([], locked)
    more = {LOCK: Lock(objects={"Account": LockedObject(use=ObjectUse(name="Account"), shape=part)})}
    found = judged({"insert": True, "record_types": ["Person"]}, described(), more=more)
    assert found.certain is certain
    assert ("no earlier look" in found.hint) is not certain


@pytest.mark.parametrize(
    ("wanted", "level", "words"),
    [
        ("Person", Level.OK, "Account (insert)"),
        ("person account", Level.OK, "Account (insert)"),
        ("Business", Level.FAILED, "its record type Business is not assigned to the user"),
        ("Partner", Level.FAILED, "there is no active record type Partner"),
    ],
)
def test_record_types(wanted: str, level: Level, words: str) -> None:
    """A record type goes by developer name or label, and must be there and assigned."""
    types: dict[str, Any] = {
        "record_types": {"Person": True, "Business": False},
        "record_type_labels": {"Person": "Person Account"},
    }
    found = judged({"insert": True, "record_types": [wanted]}, described(**types))
    assert found.level is level
    assert words in found.summary
    if level is Level.FAILED:
        assert found.saw == "describe of Account: available record types Person"


@pytest.mark.parametrize(
    ("rows", "level", "words"),
    [
        (({"PermissionsBulkApiHardDelete": True},), Level.OK, "Account (hard delete)"),
        (({"PermissionsBulkApiHardDelete": False},), Level.FAILED, "the user lacks 'Bulk API Hard Delete'"),
        (({},), Level.UNKNOWN, "whether the user has 'Bulk API Hard Delete' could not be read"),
        (SLOW, Level.UNKNOWN, "could not be read"),
    ],
)
def test_hard_delete(rows: object, level: Level, words: str) -> None:
    """Deleting past the recycle bin takes a permission of its own; not knowing it stops nobody."""
    found = finding(
        CHECK, {**looked({"objects": {"Account": {"hard_delete": True}}}, described()), ALL_PERMISSIONS: rows}
    )
    assert found.level is level
    assert words in found.summary


# An object that is not there


def absent(name: str = "Invoice__c", more: dict[Need[Any], Any] | None = None) -> Finding:
    answers = looked({"objects": {name: None}}, GONE, **{f"rights_{name}": no_object(name)})
    found = finding(CHECK, {**answers, **(more or {})})
    assert (found.level, found.certain) == (Level.FAILED, False)
    return found


def test_absent_without_memory() -> None:
    """Without memory all explanations are told, and how to tell them apart."""
    found = absent()
    assert found.cause == "schema_changed"
    assert [each.cause for each in found.candidates] == ["object_or_field_access"]
    assert found.saw == "HTTP 404 NOT_FOUND: The requested resource does not exist · description of Account"
    assert found.hint == (
        "There is no object Invoice__c for this user. Deleted, renamed, hidden by permission, or misspelt: no earlier look at it is "
        "remembered. To tell: Setup > Object Manager shows an administrator what is only hidden from the user, and nothing of what "
        "was deleted or renamed; Setup > View Setup Audit Trail says who did it."
    )


@pytest.mark.parametrize("query", [True, False])
def test_absent_by_one_answer(query: bool) -> None:
    """Either answer is enough, while the other one did not come."""
    answers = (SLOW, {"rights_Account": no_object()}) if query else (GONE, {"rights_Account": SLOW})
    assert judged(None, answers[0], **answers[1]).summary == "there is no object Account for this user"


def test_absent_and_standard() -> None:
    """Nobody can delete Salesforce's own objects, so such a one is hidden; a slip in its name is told."""
    assert absent("Account").cause == "object_or_field_access"
    found = absent("Acount")
    assert found.cause == "schema_changed"
    assert found.summary == "there is no object Acount for this user; the nearest known name is Account"
    assert (
        "Misspelt, hidden by permission, or of a feature that this org has not switched on: an object without '__c'"
        in found.hint
    )


def test_nearest_of_the_remembered_ones() -> None:
    """A custom object is compared with what is remembered, and not with Salesforce's own."""
    assert "nearest known name is Invoice__c" in absent("Invoices__c", remembered(shape(name="Invoice__c"))).summary
    assert "nearest" not in absent("Account__c").summary


def test_absent_and_rights_as_they_were() -> None:
    """It was there yesterday and the user's rights are the same: deleted or renamed is likelier."""
    found = absent(more=remembered(shape(name="Invoice__c")))
    assert found.cause == "schema_changed"
    assert (
        "Deleted or renamed is likelier than hidden by permission: it was there on 2026-11-21 02:00 UTC" in found.hint
    )
    assert "profile, permission sets and permission stamp are what they were" in found.hint
    assert "To tell" not in found.hint


@pytest.mark.parametrize(
    ("now", "words"),
    [
        ({OWN_PERMISSION_SETS: SETS[:1]}, "the user no longer has the permission set 'Nightly Import'"),
        ({RUNNING_USER: {"ProfileId": "00e2"}}, "the user's profile was 'Minimum Access' and is 'Minimum Access' now"),
        (
            {ALL_PERMISSIONS: ({"LastCacheUpdate": "2026-11-22T01:30:00.000+0000"},)},
            "the user's permissions changed after that (LastCacheUpdate 2026-11-22 01:30 UTC)",
        ),
    ],
)
def test_absent_and_rights_moved(now: dict[Any, Any], words: str) -> None:
    """It was there yesterday and the user has lost something since: hidden is likelier, and what was lost is named."""
    found = absent(more={**remembered(shape(name="Invoice__c")), **now})
    assert found.cause == "object_or_field_access"
    assert [each.cause for each in found.candidates] == ["schema_changed"]
    assert "Hidden by permission is likelier than deleted or renamed" in found.hint
    assert words in found.hint


@pytest.mark.parametrize("then", [True, False])
def test_absent_and_rights_not_known(then: bool) -> None:
    """Where the rights could not be read now or then, nothing is said to be likelier."""
    now: dict[Any, Any] = {} if not then else {ALL_PERMISSIONS: SLOW}
    found = absent(more={**remembered(shape(name="Invoice__c"), digest=then), **now})
    assert "whether the user's rights changed since 2026-11-21 02:00 UTC could not be read" in found.hint
    assert "likelier" not in found.hint
    assert "To tell" in found.hint


def test_absent_and_in_the_lock_file() -> None:
    """A lock file says that it was there, and nothing of rights; of Salesforce's own objects that is enough."""
    for name, cause in (("Invoice__c", "schema_changed"), ("Account", "object_or_field_access")):
        lock = Lock(objects={name: LockedObject(use=ObjectUse(name=name), shape=shape(name=name))})
        found = absent(name, {LOCK: lock})
        assert found.cause == cause
        assert "it was there when the lock file was made" in found.hint


# What was not told


def test_slow_describe() -> None:
    """What the query has proven stands without the describe; what only a describe tells is not known."""
    found = judged(["Name"], SLOW)
    assert (found.level, found.summary) == (Level.OK, "1 object as required: Account (read)")
    found = judged({"insert": ["Name"]}, SLOW)
    assert found.level is Level.UNKNOWN
    assert "it can be queried, and whether the user may write it was not told" in found.summary


def test_unchanged_proves_no_rights() -> None:
    """An answer "not modified" counts beside the query, not without it."""
    assert judged(["Name"], described("Name", unchanged=True)).level is Level.OK
    assert judged(["Name"], described("Name", unchanged=True), rights_Account=SLOW).level is Level.UNKNOWN


def test_object_that_nobody_queries() -> None:
    """A platform event is not queried, and one that answers so is not absent."""
    assert (
        finding(CHECK, looked({"objects": {"Paid__e": {"insert": True}}}, described(name="Paid__e"))).level is Level.OK
    )
    words = "entity type Paid does not support query"
    no_query = Refusal(shape=Shape.REST, status=400, code="INVALID_TYPE_FOR_OPERATION", message=words)
    assert judged({"insert": True}, described(), rights_Account=no_query).level is Level.OK
    assert judged({"insert": True}, described(queryable=False), rights_Account=no_object()).level is Level.OK


@pytest.mark.parametrize("silence", [SLOW, INACTIVE])
def test_nothing_was_told(silence: Refusal) -> None:
    """What keeps every question from its answer is told once, not for each object."""
    uses = {"objects": {"Account": None, "Contact": None}}
    (found,) = findings(CHECK, looked(uses, silence, silence, rights_Account=silence, rights_Contact=silence))
    assert found.level is Level.UNKNOWN
    assert silence.said in found.summary


def test_refused_login() -> None:
    """After a refused login nothing is known of the objects."""
    answers = {**refused_login(INACTIVE), **looked({"objects": {"Account": None}}, INACTIVE, rights_Account=INACTIVE)}
    assert finding(CHECK, answers).level is Level.UNKNOWN


def test_each_bad_object_has_its_line() -> None:
    """Good objects are told together, each other one by itself."""
    uses = {"objects": {"Account": None, "Contact": None, "Lead": None}}
    found = findings(CHECK, looked(uses, GONE, described(name="Contact"), described(name="Lead", queryable=False)))
    assert [each.level for each in found] == [Level.FAILED, Level.FAILED, Level.OK]
    assert found[2].summary == "1 object as required: Contact (read)"


def test_what_is_asked() -> None:
    """One describe of each object, and one query that reads no row."""
    needs = load(CHECK).needs_for(Requirements.of({"objects": {"Account": ["Name"]}}))
    assert Describe("describe_Account", "Account") in needs
    assert "SELECT Name FROM Account LIMIT 0" in [getattr(each, "soql", "") for each in needs]


def test_absent_and_permission_sets_not_read() -> None:
    """Only what was read at both looks is said to be what it was."""
    found = absent(more={**remembered(shape(name="Invoice__c"), permission_sets=None)})
    assert "the user's profile and permission stamp are what they were" in found.hint
