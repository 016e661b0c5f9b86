"""Which cure the checks of access and of drift name for what changed: of the mapping, or of the user's rights."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from connecting import connect
from drifting import BREAKING, USES, Change, field
from known import finding
from uses import SETS, described, looked, no_column, remembered, shape, text

from airflow_sf_health import Requirements, examine
from airflow_sf_health.evidence.baselines import EVERY_USE
from airflow_sf_health.evidence.memory import Whose
from airflow_sf_health.evidence.needs import LOCK, OWN_PERMISSION_SETS, Need
from airflow_sf_health.org.session import EXAMINATION_VERSION
from airflow_sf_health.present.text import message
from airflow_sf_health.requirements import ObjectUse
from airflow_sf_health.schema.lock import Lock, LockedObject, make
from airflow_sf_health.schema.shape import FieldShape
from airflow_sf_health.store import open_store
from airflow_sf_health.testing import FakeOrg

TASK: dict[str, Any] = {
    "objects": {**USES["objects"], "Account": {**USES["objects"]["Account"], "record_types": ["Household"]}}
}
ADVICE = {
    "removed": "Where Invoice__c.Due__c was deleted or renamed, take it out of the mapping or map its new name",
    "renamed": "Look whether DueOn__c ('Due') took the place of Invoice__c.Due__c, and map it instead",
    "retyped": "Map Invoice__c.Due__c as string",
    "shortened": "Cut or round the values for Account.AccountNumber to 10 characters in the mapping",
    "made_required": "Map a value to Invoice__c.Region__c for new records",
    "not_writeable": "Take Account.AccountNumber out of the fields to write",
    "picklist": "Map to Account.Rating none but the values that it has",
    "lookup_key": "Have Invoice__c.Number__c marked as External ID again, or upsert by another field",
    "right_gone": "Give the integration user the right again by which Account is updated, or drop the operation",
    "object_deleted": "Where Invoice__c was deleted or renamed, take it out of the mapping",
    "record_type_gone": "or map another one",
    "key_removed": "Where Invoice__c.Number__c was deleted or renamed, take it out of the mapping or map its new name",
}
MORE: dict[str, Change] = {
    "object_deleted": lambda org: org.state.schema.pop("Invoice__c"),
    "record_type_gone": lambda org: org.state.schema["Account"].record_types.clear(),
    "key_removed": lambda org: org.remove_field("Invoice__c", "Number__c"),
}
REGAIN = {
    "hidden": "Give the integration user read access to Account.AccountNumber again",
    "not_writeable": "Give the integration user edit access to Account.AccountNumber again.",
    "right_gone": "Give the integration user the right again by which Account is updated.",
    "object_gone": "Give the integration user access to Invoice__c again",
}


@pytest.fixture(params=["store", "lock"])
def known(request: pytest.FixtureRequest, org: FakeOrg, tmp_path: Path) -> dict[str, Any]:
    """What an examination is given to compare with: a store that saw a healthy run, or a lock file."""
    org.state.schema["Account"].add_record_type("Household")
    field(org, "Account.Rating").restricted_picklist = True
    memory = open_store(f"sqlite:///{tmp_path}/store.db")
    first = examine(connect(org, "jwt"), Requirements.of(TASK), memory=memory)
    assert first.may_proceed, message(first)
    if request.param == "store":
        return {"memory": memory}
    by = Whose(first.identity.org_id or "", first.identity.user_id or "", EXAMINATION_VERSION)
    snapshots = memory.recall(by, dict.fromkeys(TASK["objects"], EVERY_USE)).snapshots
    return {"lock": make(Requirements.of(TASK), {name: each.shape for name, each in snapshots.items()})}


def read(org: FakeOrg, **known: Any) -> str:
    """The whole message, without its line breaks."""
    return " ".join(message(examine(connect(org, "jwt"), Requirements.of(TASK), **known)).split())


@pytest.mark.parametrize("kind", ADVICE)
def test_whole_message_has_the_advice(org: FakeOrg, known: dict[str, Any], kind: str) -> None:
    """Whichever check's finding leads, the reader is told what to change in the mapping, once."""
    org.state.permission_stamp_frozen = True
    (MORE.get(kind) or BREAKING[kind][0])(org)
    assert read(org, **known).count(ADVICE[kind]) == 1


def test_advice_on_what_another_finding_leads(org: FakeOrg, known: dict[str, Any]) -> None:
    """A field that vanished leads; what to do about another object's shorter one is told as well."""
    BREAKING["removed"][0](org)
    BREAKING["shortened"][0](org)
    said = read(org, **known)
    assert ADVICE["removed"] in said.partition(" also ")[0]
    assert ADVICE["shortened"] in said.partition(" also ")[2]


@pytest.mark.parametrize("known", ["store"], indirect=True)
@pytest.mark.parametrize("kind", REGAIN)
def test_rights_that_were_taken(org: FakeOrg, known: dict[str, Any], kind: str) -> None:
    """Where the rights moved, the administrator is told what to give back; to change the mapping or accept that is no cure."""
    BREAKING[kind][0](org)
    said = read(org, **known)
    assert REGAIN[kind] in said
    assert "the user may not see or change an object" in said
    assert ADVICE.get(kind, "take it out of the mapping") not in said
    assert "accept the new schema" not in said


def checked(check: str, use: Any, *answers: Any, more: dict[Need[Any], Any], **asked: Any) -> str:
    found = finding(check, {**looked({"objects": {"Account": use}}, *answers, **asked), **more})
    return f"{found.summary} {found.hint}"


def lock(*fields: FieldShape | str) -> dict[Need[Any], Any]:
    """A lock file that holds these fields."""
    part = shape(*fields).only([each if isinstance(each, str) else each.name for each in fields])
    return {LOCK: Lock(objects={"Account": LockedObject(use=ObjectUse(name="Account"), shape=part)})}


OLD, NEW = text("ERP_Id__c", label="ERP Id"), text("ERP_Number__c", label="ERP Number")


@pytest.mark.parametrize("more", [remembered(shape(OLD)), lock(OLD), {**remembered(shape(OLD)), **lock(OLD)}])
@pytest.mark.parametrize("heir", [NEW, text("ERP_Key__c", label="ERP Id"), text("ERPId__c", label="Number")])
def test_one_guess(more: dict[Need[Any], Any], heir: FieldShape) -> None:
    """Both checks name the same new field, or none."""
    answers = (described(heir, "Other__c"),)
    access = checked("access.fields", ["ERP_Id__c"], *answers, more=more, rights_Account=no_column("ERP_Id__c"))
    drift = checked("metadata.drift", ["ERP_Id__c"], *answers, more=more)
    assert ("Likely renamed to" in access) is ("(a guess)" in drift)
    if "(a guess)" in drift:
        assert f"Likely renamed to {heir.name}, which is " in access
        assert f"it may be {heir.name} now" in drift
    words = "Look whether" if "(a guess)" in drift else "Where Account.ERP_Id__c was deleted or renamed"
    assert words in access
    assert words in drift


def test_guess_by_the_beginning() -> None:
    """A field under another label and name is guessed by what its name begins with, and that is said."""
    said = checked("access.fields", ["ERP_Id__c"], described(NEW), more=remembered(shape(OLD)))
    assert (
        "Likely renamed to ERP_Number__c, which is new, of its type (string), and has a name that begins like it"
        in said
    )


def test_lock_file_that_knows_more_than_the_snapshot() -> None:
    """A field that went before the first look was there when the lock file was made, so it is not misspelt."""
    said = checked(
        "access.fields", ["Gone__c"], described("Name"), more={**remembered(shape("Name")), **lock("Gone__c")}
    )
    assert "it was there when the lock file was made" in said
    assert "misspelt" not in said


def test_relationship_that_was_renamed() -> None:
    """A path over a relationship that has another name now is told with that."""
    boss = FieldShape(name="Boss__c", type="reference", reference_to=("User",), relationship_name="Boss__r")
    chief = FieldShape(name="Boss__c", type="reference", reference_to=("User",), relationship_name="Chief__r")
    said = checked("access.fields", ["Boss__r.Name"], described(chief), more=remembered(shape(boss)))
    assert "Boss__r.Name (nearest: Chief__r.Name)" in said
    assert "Boss__c is still there, and is gone through as Chief__r now." in said
    assert "Write Chief__r for Boss__r in the paths of the mapping." in said


def test_what_went_with_a_standard_field() -> None:
    """Salesforce's own field can only have been hidden, so what went with it is given back as well."""
    was = remembered(shape("Gone__c", "Phone"))
    said = checked("metadata.drift", ["Gone__c", "Phone"], described("Name"), more=was)
    assert "Give the integration user read access to Account.Gone__c again." in said
    assert "accept the new schema" not in said


def test_likeness_beside_a_lost_right() -> None:
    """Where rights moved since, a new field with a name like the one that went is mentioned, and hidden leads."""
    more = {**remembered(shape(OLD, "Name")), OWN_PERMISSION_SETS: SETS[:1]}
    heir = text("ERPId__c", label="Number")
    for check in ("access.fields", "metadata.drift"):
        said = checked(check, ["ERP_Id__c"], described("Name", heir), more=more)
        assert "ERPId__c" in said
        assert "Give the integration user read access to Account.ERP_Id__c again." in said
        assert "Look whether" not in said
        assert "accept the new schema" not in said


def test_path_over_a_renamed_lookup() -> None:
    """A path over a lookup with another name now is told with the new relationship, by both checks."""
    old = FieldShape(
        name="Boss__c", type="reference", label="Boss", reference_to=("User",), relationship_name="Boss__r"
    )
    new = FieldShape(
        name="Chief__c", type="reference", label="Boss", reference_to=("User",), relationship_name="Chief__r"
    )
    access = checked("access.fields", ["Boss__r.Name"], described(new), more=remembered(shape(old)))
    assert "Boss__r.Name (nearest: Chief__r.Name)" in access
    for said in (access, checked("metadata.drift", ["Boss__r.Name"], described(new), more=remembered(shape(old)))):
        assert "map it instead, with Chief__r for Boss__r in paths" in said


def test_lost_permission_set() -> None:
    """Drift says the administrator's cure too where the user lost what gave the right."""
    more = {**remembered(shape("Gone__c", "Name")), OWN_PERMISSION_SETS: SETS[:1]}
    said = checked("metadata.drift", ["Gone__c"], described("Name"), more=more)
    assert said.endswith("Give the integration user read access to Account.Gone__c again.")
