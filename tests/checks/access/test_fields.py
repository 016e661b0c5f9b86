"""Check access.fields."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from known import INACTIVE, finding, findings
from uses import GONE, SETS, SLOW, described, looked, malformed, no_column, no_object, remembered, shape, text

from airflow_sf_health.checks import load
from airflow_sf_health.checks._uses import LONGEST_LIST, rights
from airflow_sf_health.evidence.needs import LOCK, OWN_PERMISSION_SETS
from airflow_sf_health.org.errors import Refusal, Shape
from airflow_sf_health.report import Finding, Level
from airflow_sf_health.requirements import ObjectUse, Requirements
from airflow_sf_health.schema.lock import Lock, LockedObject
from airflow_sf_health.schema.shape import FieldShape

CHECK = "access.fields"
OWNER = FieldShape(name="OwnerId", type="reference", relationship_name="Owner", createable=True, updateable=True)


def judged(use: Any, *answers: Any, more: Any = None, **asked: Any) -> Finding:
    return finding(CHECK, {**looked({"objects": {"Account": use}}, *answers, **asked), **(more or {})})


@pytest.mark.parametrize("required", [{}, {"objects": {"Account": None, "Contact": {"delete": True}}}])
def test_no_fields(required: dict[str, Any]) -> None:
    """A task that names no fields is asked nothing."""
    requirements = Requirements.of(required)
    assert finding(CHECK, looked(required)).level is Level.NOT_APPLICABLE
    assert load(CHECK).needs_for(requirements) == ()


def test_all_as_required() -> None:
    """All good fields are one line, with their number and their objects."""
    uses = {"Account": {"read": ["Name", "owner.name"], "update": ["name", "Phone"]}, "Contact": ["LastName"]}
    found = finding(
        CHECK, looked({"objects": uses}, described("Name", "Phone", OWNER), described("LastName", name="Contact"))
    )
    assert (found.level, found.summary) == (Level.OK, "4 fields as required, of Account, Contact")


# Not there


def test_missing_field() -> None:
    """A missing field is told with the nearest name that is there, and with Salesforce's own words."""
    found = judged(["Name", "Region__c"], described("Name", "Regions__c"), rights_Account=no_column("Region__c"))
    assert (found.level, found.cause, found.certain) == (Level.FAILED, "schema_changed", False)
    assert found.summary == "Account: 1 of 2 fields is not there for this user: Region__c (nearest: Regions__c)"
    assert found.saw == "HTTP 400 INVALID_FIELD: No such column 'Region__c' on entity 'Account' · query on Account"
    assert found.hint == (
        "Account: 1 of 2 fields is not there for this user: Region__c (nearest: Regions__c). Deleted, renamed, hidden by "
        "permission, or misspelt: no earlier look at it is remembered. To tell: Setup > Object Manager shows an administrator what "
        "is only hidden from the user, and nothing of what was deleted or renamed; Setup > View Setup Audit Trail says who did it."
    )


def test_many_missing_fields() -> None:
    """All of an object's missing fields are one finding; beyond eight, their number."""
    names = [f"F{n}__c" for n in range(20)]
    found = judged(["Name", *names], described("Name"), rights_Account=no_column("F0__c"))
    assert found.summary == (
        "Account: 20 of 21 fields are not there for this user: F0__c, F1__c, F2__c, F3__c, F4__c, F5__c, F6__c, F7__c and 12 more"
    )
    assert found.hint.count("no earlier look") == 1


def test_missing_by_the_describe_alone() -> None:
    """A describe that lacks a field is enough where the query did not come."""
    found = judged(["Gone__c"], described("Name"), rights_Account=SLOW)
    assert (found.level, found.saw) == (Level.FAILED, "describe of Account: no Gone__c")


def test_missing_by_the_query_alone() -> None:
    """Salesforce names one column: what is behind it is said not to be known."""
    found = judged(["Name", "Gone__c", "Owner.Name"], SLOW, rights_Account=no_column("Gone__c"))
    assert found.level is Level.FAILED
    assert "1 of 3 fields is not there for this user: Gone__c" in found.summary
    assert "Salesforce names one column at a time, so nothing is known yet of Name, Owner.Name." in found.hint


def test_query_counts_against_the_describe() -> None:
    """A field that the describe shows, and the query refuses, is not there for the task."""
    found = judged(["Name", "Secret__c"], described("Name", "Secret__c"), rights_Account=no_column("secret__c"))
    assert (found.level, found.cause) == (Level.FAILED, "object_or_field_access")
    assert "The describe shows Secret__c, and the query for it is refused, which counts" in found.hint


def test_query_refused_for_what_is_not_named() -> None:
    """A refusal about a column that cannot be read is a failure too, in Salesforce's words."""
    words = Refusal(shape=Shape.REST, status=400, code="INVALID_FIELD", message="something new about a field")
    found = judged(["Name"], described("Name"), rights_Account=words)
    assert found.level is Level.FAILED
    assert "the query for its 1 field is refused: something new about a field" in found.summary


def test_missing_over_a_relationship() -> None:
    """Of a path Salesforce names the last part, with the object that lacks it; of a relationship the path is told."""
    found = judged(["Owner.Region__c"], described(OWNER), rights_Account=no_column("Region__c", "User"))
    assert "1 of 1 field is not there for this user: Owner.Region__c" in found.summary
    uses = ["Region__c", "Owner.Region__c", "Account.Region__c"]
    account = FieldShape(name="AccountId", type="reference", relationship_name="Account", reference_to=("Account",))
    now = described(OWNER, account, "Region__c", name="Contact")
    found = finding(
        CHECK, looked({"objects": {"Contact": uses}}, now, rights_Contact=no_column("Region__c", "Account"))
    )
    assert found.summary == "Contact: 1 of 3 fields is not there for this user: Account.Region__c"
    assert "Deleted, renamed, hidden by permission, or misspelt" in found.hint
    parents = {"objects": {"Contact": ["Account.Region__c"], "Account": ["Name"]}}
    words = no_column("Region__c", "Account")
    (found, _) = findings(CHECK, looked(parents, now, described("Name", "Regions__c"), rights_Contact=words))
    assert "Account.Region__c (nearest: Account.Regions__c)" in found.summary
    boss = FieldShape(name="Boss__c", type="reference", relationship_name="Boss__r")
    found = judged(["Bos__r.Name"], described(OWNER, boss), rights_Account=SLOW)
    assert found.summary.endswith("Bos__r.Name (nearest: Boss__r.Name)")
    assert "Deleted, renamed, hidden by permission, or misspelt" in found.hint


def test_written_reference_to_one_of_several_objects() -> None:
    """A query cannot name what each of several objects may have, and a write can: that is a failure of what is read alone."""
    use = {"insert": ["Owner.Number__c", "Owner:User.Number__c"]}
    words = no_column("Number__c", "Name")
    assert judged(use, described(OWNER), rights_Account=words).level is Level.OK
    found = judged({**use, "read": ["owner.number__c"]}, described(OWNER), rights_Account=words)
    assert found.summary == "Account: 1 of 2 fields is not there for this user: owner.number__c"
    assert (found.level, found.cause) == (Level.FAILED, "query_error")
    assert "TYPEOF in a query reads those of one kind" in found.hint


# Which is likelier


def test_renamed() -> None:
    """A new field of the same type with the same label is said to be the old one."""
    before = remembered(shape(text("ERP_Id__c", label="ERP Id")))
    now = described(text("ERP_Number__c", label="ERP Id"), text("Other__c"))
    found = judged(["ERP_Id__c"], now, more=before, rights_Account=no_column("ERP_Id__c"))
    assert found.cause == "schema_changed"
    assert (
        "Likely renamed to ERP_Number__c, which is new, of its type (string), and has its label 'ERP Id'." in found.hint
    )


def test_renamed_by_name() -> None:
    """Without its label the likeness of the name tells, among new fields of the same type."""
    before = remembered(shape(text("Region__c", label="a"), "Old__c"))
    now = described(text("Region_1__c", label="b"), text("Regions__c", type="double"), "Old__c")
    assert "Likely renamed to Region_1__c, which is new, of its type (string), and has nearly its name" in (
        judged(["Region__c"], now, more=before).hint
    )


def test_never_was_there() -> None:
    """What this user did not see yesterday either is misspelt, or was hidden then already: the nearest name tells which is likelier."""
    found = judged(["Nmae"], described("Name"), more=remembered(shape("Name")))
    assert found.cause == "schema_changed"
    assert (
        "Misspelt, or hidden from this user then already: Account had no such field for this user on 2026-11-21"
        in found.hint
    )
    assert "Nmae (nearest: Name)" in found.summary
    for name, words in (
        ("Birthdate", "or misspelt: Acc"),
        ("New__c", "or misspelt, or made since and not shown to this user: Acc"),
    ):
        found = judged([name], described("Name"), more=remembered(shape("Name")))
        assert (found.cause, [each.cause for each in found.candidates]) == (
            "object_or_field_access",
            ["schema_changed"],
        )
        assert f"Hidden from this user then already, {words}" in found.hint


def test_deleted_is_likelier() -> None:
    """The user's rights are as they were, so it was deleted or renamed."""
    found = judged(["Gone__c"], described("Name"), more=remembered(shape("Gone__c", "Name")))
    assert found.cause == "schema_changed"
    assert "Deleted or renamed is likelier than hidden by permission" in found.hint


def test_hidden_is_likelier() -> None:
    """The user lost a permission set, so it is hidden."""
    more = {**remembered(shape("Gone__c", "Name")), OWN_PERMISSION_SETS: SETS[:1]}
    found = judged(["Gone__c"], described("Name"), more=more)
    assert found.cause == "object_or_field_access"
    assert [each.cause for each in found.candidates] == ["schema_changed"]
    assert "the user no longer has the permission set 'Nightly Import'" in found.hint


def test_standard_field_proves_it() -> None:
    """Salesforce's own fields can only be hidden, and what went with one of them likely is hidden too."""
    found = judged(["Gone__c", "Phone"], described("Name"), more=remembered(shape("Gone__c", "Phone")))
    assert found.cause == "object_or_field_access"
    assert "nobody deletes or renames what is Salesforce's own" in found.hint


@pytest.mark.parametrize("name", ["BillingStateCode", "PersonEmail", "CurrencyIsoCode"])
def test_field_of_a_feature(name: str) -> None:
    """Some standard fields go with a feature that is switched off, so that they prove nothing of others."""
    found = judged(["Gone__c", name], described("Name"), more=remembered(shape("Gone__c", name)))
    assert "gone with a feature of the org that was switched off: it was there on 2026-11-21" in found.hint
    assert found.cause == "schema_changed"


@pytest.mark.parametrize("name", ["Region__pc", "Place__Latitude__s", "Old__pr", "Boss__r.Name", "acme__Kind__c"])
def test_what_an_administrator_made(name: str) -> None:
    """Whatever has two underscores in its name may be deleted and renamed."""
    found = judged([name], described("Name"))
    assert (found.cause, "Deleted, renamed, hidden by permission, or misspelt" in found.hint) == (
        "schema_changed",
        True,
    )


def test_lock_file() -> None:
    """A lock file knows that the field was there, not who may see it; what it does not hold it says nothing of."""
    locked = LockedObject(use=ObjectUse(name="Account"), shape=shape("Gone__c").only(["Gone__c"]))
    more = {LOCK: Lock(objects={"Account": locked})}
    found = judged(["Gone__c"], described("Name"), more=more)
    assert "it was there when the lock file was made, and a lock file says nothing of rights" in found.hint
    assert "no earlier look" in judged(["Other__c"], described("Name"), more=more).hint


# Written


@pytest.mark.parametrize(
    ("use", "facts", "words"),
    [
        ({"insert": ["F__c"]}, ["createable"], "F__c (not in new records)"),
        ({"update": ["F__c"]}, ["updateable", "createable"], "F__c (not in existing records)"),
        ({"upsert": ["F__c"], "external_id": "Id"}, ["createable", "updateable"], "F__c (not in new records)"),
    ],
)
def test_not_writeable(use: Any, facts: list[str], words: str) -> None:
    """A field that takes no value is told with the operation; perhaps nobody can write it. When the user still could is told."""
    found = judged(use, described(text("F__c", **dict.fromkeys(facts, False))), more=remembered(shape("F__c")))
    assert (found.level, found.cause, found.certain) == (Level.FAILED, "object_or_field_access", False)
    assert [each.cause for each in found.candidates] == ["query_error"]
    assert found.summary == f"Account: the user may not write {words}"
    assert found.saw == f"describe of Account: F__c.{facts[0]} = false"
    assert "The user could write F__c on 2026-11-21 02:00 UTC." in found.hint


def test_not_writeable_with_its_object() -> None:
    """Of an object that the user may not change no field takes a value, and that is certain."""
    found = judged({"update": ["F__c"]}, described(text("F__c", updateable=False), updateable=False))
    assert (found.level, found.cause, found.certain) == (Level.FAILED, "object_or_field_access", True)


@pytest.mark.parametrize(("fixed", "certain"), [(True, True), (False, False)])
def test_only_in_new_records(fixed: bool, certain: bool) -> None:
    """What takes a value in new records alone does so for everybody: an update has to leave it out."""
    found = judged({"update": ["F__c"]}, described(text("F__c", updateable=False, master_detail=fixed)))
    assert (found.level, found.cause, found.certain) == (Level.FAILED, "query_error", certain)
    assert found.summary == "Account: nobody can write F__c (not in existing records)"
    assert "Only new records take F__c, and no permission changes that: take it out of the update." in found.hint


@pytest.mark.parametrize("field", [text("F__c", updateable=False), text("CreatedDate", updateable=False)])
def test_upsert_of_what_only_new_records_take(field: FieldShape) -> None:
    """An upsert writes it into new records, and is refused where a record is there: a warning, since both may be meant."""
    found = judged({"upsert": [field.name], "external_id": "Id"}, described(field))
    assert (found.level, found.cause) == (Level.WARNING, None)
    assert found.summary == f"Account: only new records take {field.name}"
    assert "The upsert is refused for each record that is there already, whatever the rights" in found.hint


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        ({"calculated": True}, "(calculated)"),
        ({"auto_number": True}, "(numbered by Salesforce)"),
        ({"type": "address"}, "(not in new records)"),
    ],
)
def test_what_salesforce_fills(facts: dict[str, Any], words: str) -> None:
    """No permission helps where nobody can write: the mapping is at fault."""
    field = text("Total__c", createable=False, updateable=False, **facts)
    found = judged({"upsert": ["Total__c"], "external_id": "Id"}, described(field))
    assert (found.cause, found.certain, found.summary) == (
        "query_error",
        True,
        f"Account: nobody can write Total__c {words}",
    )
    assert "Nobody can write what Salesforce fills itself: take Total__c out of the mapping." in found.hint


@pytest.mark.parametrize("use", [{"insert": ["CreatedDate"]}, {"upsert": ["CreatedDate"], "external_id": "Id"}])
def test_audit_field(use: dict[str, Any]) -> None:
    """Fields that Salesforce fills itself have a cause of their own."""
    found = judged(use, described(text("CreatedDate", createable=False, updateable=False)))
    assert found.cause == "audit_field_permission"
    assert "require audit_fields" in found.hint


def test_audit_field_of_an_update() -> None:
    """In records that exist no permission helps, whether the user may set them in new ones or not."""
    for may_set in (True, False):
        found = judged(
            {"update": ["CreatedDate"]}, described(text("CreatedDate", updateable=False, createable=may_set))
        )
        assert (found.cause, found.certain) == ("query_error", True)
        assert "no permission changes that: take it out of the update" in found.hint


def test_keys_are_not_written() -> None:
    """What records are only found by need not be writeable; of a new one the id is written by nobody."""
    key = text("Number__c", updateable=False, external_id=True)
    use = {"update": ["Id"], "upsert": ["Number__c"], "external_id": "Number__c"}
    assert judged(use, described(key)).level is Level.OK
    found = judged({"insert": ["Id", "Number__c"]}, described(key))
    assert (found.level, found.cause, found.certain) == (Level.FAILED, "query_error", True)
    assert found.summary == "Account: nobody can write Id (not in new records)"


@pytest.mark.parametrize("upsert", [True, ["Number__c", "Name"]])
def test_key_that_new_records_cannot_have(upsert: Any) -> None:
    """An upsert writes its external id into new records: a warning, since all may be there already."""
    key = text("Number__c", createable=False, updateable=False, external_id=True)
    use = {"upsert": upsert, "external_id": "Number__c"}
    found = judged(use, described(key, "Name"))
    assert (found.level, found.cause) == (Level.WARNING, "object_or_field_access")
    assert found.summary == "Account: the user may not write Number__c, so that an upsert by it makes no new records"
    assert found.saw == "describe of Account: Number__c.createable = false"
    assert found.hint.endswith("Unless all records are there already, have the user given edit access to Number__c.")
    numbered, fine = findings(
        CHECK, looked({"objects": {"Account": use}}, described(replace(key, auto_number=True), "Name"))
    )
    assert (numbered.level, fine.level) == (Level.INFO, Level.OK)
    assert "nobody can write Number__c" in numbered.summary
    (fine,) = findings(CHECK, looked({"objects": {"Account": use}}, described(key, "Name", createable=False)))
    assert fine.level is Level.OK  # that the user may make no records at all is another check's to tell


def test_name_of_a_person() -> None:
    """Salesforce puts it together, for everybody."""
    name = text("Name", createable=False, updateable=False)
    found = judged({"insert": ["Name"]}, described(name, "FirstName", "LastName"))
    assert (found.level, found.cause, found.certain) == (Level.FAILED, "query_error", True)
    assert found.summary == "Account: nobody can write Name (put together of FirstName and LastName)"
    assert "take Name out of the mapping. Map FirstName and LastName in its place." in found.hint
    for now in (described(name), described(name, "LastName", createable=False, updateable=False)):
        assert judged({"insert": ["Name"]}, now).cause == "object_or_field_access"


def test_name_of_a_person_account() -> None:
    """An account that gets a last name is a person's, and needs no other name; one that gets a name is a business's."""
    name, last = text("Name", nillable=False), text("LastName", nillable=False)
    assert judged({"insert": ["Name"]}, described(name, last)).level is Level.OK
    assert judged({"insert": ["LastName", "Phone"]}, described(name, last, "Phone")).level is Level.OK
    found = judged({"insert": ["Phone"]}, described(name, last, "Phone"))
    assert found.summary == "Account: new records need Name, LastName, which the task does not name"


def test_reference_is_written_by_its_field() -> None:
    """To write a parent by its external id is to write the lookup."""
    lookup = FieldShape(name="AccountId", type="reference", relationship_name="Account", createable=False)
    found = finding(
        CHECK, looked({"objects": {"Contact": {"insert": ["Account.Number__c"]}}}, described(lookup, name="Contact"))
    )
    assert found.saw == "describe of Contact: AccountId.createable = false"


def test_missing_and_unwriteable() -> None:
    """Both kinds of trouble of one object stand in one finding."""
    now = described(text("F__c", createable=False))
    found = judged({"insert": ["Gone__c", "F__c"]}, now, rights_Account=SLOW)
    assert found.summary == (
        "Account: 1 of 2 fields is not there for this user: Gone__c; the user may not write F__c (not in new records)"
    )
    assert found.saw == "describe of Account: no Gone__c · describe of Account: F__c.createable = false"


@pytest.mark.parametrize(
    ("use", "level", "words"),
    [
        ({"insert": ["Email"]}, Level.WARNING, ": new records need LastName"),
        ({"upsert": ["Email"], "external_id": "Key__c"}, Level.INFO, "an upsert that makes new records needs LastName"),
        (
            {"insert": ["LastName"], "upsert": ["Email"], "external_id": "Key__c"},
            Level.INFO,
            "an upsert that makes new",
        ),
        ({"insert": ["LastName"]}, None, ""),
        ({"upsert": ["Email"], "external_id": "LastName"}, None, ""),
        ({"update": ["Email"]}, None, ""),
        ({"insert": True, "read": ["Email"]}, None, ""),
    ],
)
def test_required_fields_that_are_not_named(use: Any, level: Level | None, words: str) -> None:
    """New records may be refused without them, or the mapping fills them unnamed: a warning; an upsert may meet no new record, so that it
    is only told. What has a default, or whoever creates the record for owner, needs no value.
    """
    owner, flag = text("OwnerId", nillable=False), text("Flag__c", nillable=False, type="boolean")
    status, name = text("Status__c", nillable=False, defaulted=True), text("LastName", nillable=False)
    found = findings(
        CHECK, looked({"objects": {"Account": use}}, described(owner, flag, status, name, "Email", "Key__c"))
    )
    assert found[0].level is (level or Level.OK)
    assert words in found[0].summary
    assert [each.level for each in found[1:]] == ([Level.OK] if level is Level.INFO else [])


@pytest.mark.parametrize(
    ("key", "level"),
    [
        (text("Key__c", external_id=True), Level.OK),
        (text("Key__c", id_lookup=True), Level.OK),
        (text("Key__c"), Level.FAILED),
    ],
)
def test_key_of_a_parent(key: FieldShape, level: Level) -> None:
    """A parent is found by an external id, as far as the parent is among the objects that the task names."""
    lookup = text("AccountId", type="reference", relationship_name="Account", reference_to=("Account",))
    uses = {"Contact": {"insert": ["Account.Key__c"]}, "Account": {"delete": True}}
    found = finding(CHECK, looked({"objects": uses}, described(lookup, name="Contact"), described(key)))
    assert found.level is level
    if level is Level.FAILED:
        assert (found.cause, found.certain) == ("schema_changed", False)
        assert "Key__c was unmarked, or never was one: no earlier look at it is remembered." in found.hint
        assert found.summary == "Contact: Account.Key__c finds no parent, since Key__c is no external id of Account"
        assert "A parent is found by a key of Account: Id." in found.hint
    del uses["Account"]
    assert finding(CHECK, looked({"objects": uses}, described(lookup, name="Contact"))).level is Level.OK


# What was not told


@pytest.mark.parametrize("unchanged", [True, False])
def test_describe_that_is_behind_the_query(unchanged: bool) -> None:
    """What the query has shown is there, whatever an old describe lacks; whether it may be written is then not known."""
    now = described("Name", unchanged=unchanged)
    assert judged(["Name", "Granted__c"], now, rights_Account=()).level is Level.OK
    found = judged({"update": ["Name", "Granted__c"]}, now, rights_Account=())
    assert found.level is Level.UNKNOWN
    assert "the user sees Granted__c; whether it may write that was not told" in found.summary


def test_old_describe_and_no_query() -> None:
    """That nothing has changed since it was not there is no word on whether it is there now."""
    found = judged(["Name", "Gone__c"], described("Name", unchanged=True), rights_Account=SLOW)
    assert found.level is Level.UNKNOWN
    words = no_column("Gone__c")
    found = judged(["Gone__c", "Other__c"], described("Name", unchanged=True), rights_Account=words)
    assert "1 of 2 fields is not there for this user: Gone__c" in found.summary
    assert "nothing is known yet of Other__c" in found.hint


def test_event_that_is_only_published() -> None:
    """An event takes no query, so that the refusal of one tells nothing; nothing is asked of one that is named so."""
    found = finding(
        CHECK,
        looked({"objects": {"BatchApexErrorEvent": {"insert": ["F"]}}}, SLOW, rights_BatchApexErrorEvent=no_object()),
    )
    assert (found.level, "no such object" in found.summary) == (Level.UNKNOWN, False)
    assert rights(Requirements.of({"objects": {"Order_Event__E": {"insert": ["F__c"]}}})) == ()


def test_slow_describe() -> None:
    """What the query has proven stands without the describe; what is written is then not known."""
    assert judged(["Name"], SLOW).level is Level.OK
    found = judged({"read": ["Phone"], "insert": ["Name"]}, SLOW)
    assert found.level is Level.UNKNOWN
    assert found.summary.startswith("Account: the user sees all 2 fields; whether it may write them was not told")


def test_slow_query() -> None:
    """A whole describe stands without the query; that nothing has changed proves no rights."""
    assert judged(["Name"], described("Name"), rights_Account=SLOW).level is Level.OK
    found = judged(["Name"], described("Name", unchanged=True), rights_Account=SLOW)
    assert found.level is Level.UNKNOWN
    assert found.summary.endswith("that the object is unchanged proves no rights")
    assert judged(["Name"], described("Name", unchanged=True)).level is Level.OK


def test_query_refused_for_its_own_reason() -> None:
    """Some objects take no query without a filter: that is no word on the fields."""
    words = malformed("Implementation restriction: ContentDocumentLink requires a filter")
    assert judged(["Name"], described("Name"), rights_Account=words).level is Level.OK
    assert judged(["Name"], SLOW, rights_Account=words).level is Level.UNKNOWN


def test_object_that_is_not_there() -> None:
    """Without the object nothing is said of its fields; the other objects are."""
    uses = {"objects": {"Account": ["Name"], "Contact": ["LastName"]}}
    found = findings(CHECK, looked(uses, GONE, described("LastName"), rights_Account=no_object()))
    assert [each.level for each in found] == [Level.UNKNOWN, Level.OK]
    assert "no such object for this user" in found[0].summary


def test_nothing_was_told() -> None:
    """What keeps every question from its answer is told once."""
    uses = {"objects": {"Account": ["Name"], "Contact": ["LastName"]}}
    (found,) = findings(CHECK, looked(uses, INACTIVE, INACTIVE, rights_Account=INACTIVE, rights_Contact=INACTIVE))
    assert found.level is Level.UNKNOWN


def test_long_lists_are_several_queries() -> None:
    """No address becomes too long, and each field is in one of the queries."""
    names = [f"A_long_name_of_a_field_number_{n}__c" for n in range(500)]
    queries = rights(Requirements.of({"objects": {"Account": names}}))
    assert [each.name for each in queries] == [
        "rights_Account",
        "rights_Account_2",
        "rights_Account_3",
        "rights_Account_4",
    ]
    assert all(len(each.soql) < LONGEST_LIST + 50 for each in queries)
    listed = [each.soql.removeprefix("SELECT ").removesuffix(" FROM Account LIMIT 0") for each in queries]
    assert [name for each in listed for name in each.split(", ")] == names
