"""What a task uses, on a living org: changes of schema and rights that an administrator makes, through an unmodified client."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from connecting import connect

from airflow_sf_health import Requirements, examine
from airflow_sf_health.present.text import message
from airflow_sf_health.report import Finding, Level, Report, Verdict
from airflow_sf_health.store import open_store
from airflow_sf_health.testing import FakeOrg

USES: dict[str, Any] = {
    "objects": {
        "Account": {"read": ["Name", "Owner.Name"], "upsert": ["Name", "Phone"], "external_id": "ERP_Id__c"},
        "Contact": {"insert": ["LastName", "Account.ERP_Id__c"], "delete": True},
        "Lead": ["Company"],
    },
    "queries": ["SELECT Id, Name FROM Account WHERE Name = 'x' LIMIT 5", "SELECT MAX(CreatedDate) FROM Account"],
}


def look(org: FakeOrg, required: dict[str, Any] | None = None, **more: Any) -> Report:
    return examine(connect(org, "jwt"), Requirements.of(USES if required is None else required), **more)


def of(report: Report, check_id: str) -> list[Finding]:
    return [each for each in report.findings if each.check == f"access.{check_id}"]


def only(report: Report, check_id: str) -> Finding:
    (found,) = of(report, check_id)
    return found


def test_task_that_will_work(org: FakeOrg) -> None:
    """All that the task uses is there and allowed, for two calls: one for describes and rights, one for what is asked first."""
    report = look(org)
    assert report.verdict is Verdict.HEALTHY
    assert only(report, "objects").summary == (
        "3 objects as required: Account (read, upsert by ERP_Id__c), Contact (insert, delete), Lead (read)"
    )
    assert only(report, "fields").summary == "7 fields as required, of Account, Contact, Lead"
    assert (
        only(report, "queries").summary
        == "2 queries are accepted, tried without reading a row (1 of them by plan only)"
    )
    assert report.cost.api_calls == org.counts().api_calls == 2


def test_renamed_field(org: FakeOrg, tmp_path: Path) -> None:
    """A field that was renamed since the last look is told with its new name; a second look says the same."""
    memory, uses = open_store(f"sqlite:///{tmp_path}/store.db"), {"objects": {"Account": ["Name", "ERP_Id__c"]}}
    assert look(org, uses, memory=memory).verdict is Verdict.HEALTHY
    org.rename_field("Account", "ERP_Id__c", "ERP_Number__c")
    for _ in range(2):
        report = look(org, uses, memory=memory)
        assert report.main is not None
        assert (report.verdict, report.main.cause) == (Verdict.UNHEALTHY, "schema_changed")
        assert report.no_retry_heals
        assert (
            "1 of 2 fields is not there for this user: ERP_Id__c (nearest: ERP_Number__c)"
            in only(report, "fields").summary
        )
        assert "Likely renamed to ERP_Number__c" in " ".join(message(report).split())


def test_hidden_field(org: FakeOrg, tmp_path: Path) -> None:
    """A field that was taken from the user since the last look is said to be hidden, since the rights have moved."""
    memory, uses = open_store(f"sqlite:///{tmp_path}/store.db"), {"objects": {"Account": ["Name", "ERP_Id__c"]}}
    look(org, uses, memory=memory)
    org.state.permission_sets[0].objects["Account"].hidden_fields.add("ERP_Id__c")
    found = only(look(org, uses, memory=memory), "fields")
    assert found.cause == "object_or_field_access"
    assert "Hidden by permission is likelier than deleted or renamed: it was there on" in found.hint


def test_hidden_field_while_the_stamp_stands(org: FakeOrg, tmp_path: Path) -> None:
    """Rights that were taken without a trace are found all the same: the query proves them, and not a 304."""
    memory, uses = open_store(f"sqlite:///{tmp_path}/store.db"), {"objects": {"Account": ["Name", "ERP_Id__c"]}}
    look(org, uses, memory=memory)
    org.state.permission_stamp_frozen = org.state.schema_stamp_frozen = True
    org.state.permission_sets[0].objects["Account"].hidden_fields.add("ERP_Id__c")
    report = look(org, uses, memory=memory)
    assert report.verdict is Verdict.UNHEALTHY
    assert "No such column 'ERP_Id__c' on entity 'Account'" in only(report, "fields").saw


def test_object_gone(org: FakeOrg, tmp_path: Path) -> None:
    """An object that was deleted is told from one that is hidden by what is remembered."""
    memory, uses = open_store(f"sqlite:///{tmp_path}/store.db"), {"objects": {"Invoice__c": None}}
    look(org, uses, memory=memory)
    gone = org.state.schema.pop("Invoice__c")
    found = only(look(org, uses, memory=memory), "objects")
    assert found.cause == "schema_changed"
    assert "Deleted or renamed is likelier than hidden" in found.hint
    org.state.schema["Invoice__c"] = gone
    del org.state.permission_sets[0].objects["Invoice__c"]
    found = only(look(org, uses, memory=memory), "objects")
    assert found.cause == "object_or_field_access"


def test_misspelt_names(org: FakeOrg) -> None:
    """Slips are told by object, field and query, each with the nearest name."""
    uses = {
        "objects": {"Acount": None, "Account": ["Nmae"]},
        "queries": ["SELECT Nam FROM Account", "SELECT Id FRO Account FROM x"],
    }
    report = look(org, uses)
    text = " ".join(message(report).split())
    assert "There is no object Acount for this user; the nearest known name is Account." in text
    assert "access.fields: Account: 1 of 1 field is not there for this user: Nmae (nearest: Name)" in text
    assert "No such column 'Nam' on entity 'Account'; the nearest name there is Name" in text
    assert [each.cause for each in of(report, "queries")] == ["schema_changed", "query_error"]


def test_rights_on_an_object(org: FakeOrg) -> None:
    """Each operation that the user has no right to is told."""
    rights = org.state.permission_sets[0].objects["Contact"]
    rights.create = rights.delete = False
    report = look(org, {"objects": {"Contact": {"insert": ["LastName"], "delete": True}}})
    found = of(report, "objects")[0]
    assert found.summary == (
        "Contact: the user may not insert records, as insert needs; the user may not delete records, as delete needs"
    )
    assert report.verdict is Verdict.UNHEALTHY


def test_field_that_is_read_only(org: FakeOrg) -> None:
    """A field that the user may read and not write fails a task that writes it, and no other."""
    org.state.permission_sets[0].objects["Account"].read_only_fields.add("Phone")
    assert look(org, {"objects": {"Account": ["Phone"]}}).verdict is Verdict.HEALTHY
    found = only(look(org, {"objects": {"Account": {"update": ["Phone"]}}}), "fields")
    assert found.summary == "Account: the user may not write Phone (not in existing records)"


def test_external_id_that_is_read_only(org: FakeOrg) -> None:
    """An upsert by it finds records and makes none: worth a warning."""
    org.state.permission_sets[0].objects["Account"].read_only_fields.add("ERP_Id__c")
    report = look(org, {"objects": {"Account": {"upsert": ["Phone", "Name"], "external_id": "ERP_Id__c"}}})
    assert report.verdict is Verdict.DEGRADED
    assert "so that an upsert by it makes no new records" in only(report, "fields").summary


def test_what_nobody_writes(org: FakeOrg) -> None:
    """The id of a new record, and the name of a person."""
    report = look(org, {"objects": {"Contact": {"insert": ["Id", "Name", "LastName"]}}})
    assert only(report, "fields").summary == (
        "Contact: nobody can write Id (not in new records), Name (put together of FirstName and LastName)"
    )


def test_record_types(org: FakeOrg) -> None:
    """A record type must be there, and be the user's."""
    org.state.schema["Account"].add_record_type("Household")
    uses = {"objects": {"Account": {"insert": ["Name"], "record_types": ["Household"]}}}
    assert look(org, uses).verdict is Verdict.HEALTHY
    org.state.permission_sets[0].objects["Account"].record_types = set()
    assert "record type Household is not assigned to the user" in of(look(org, uses), "objects")[0].summary
    uses["objects"]["Account"]["record_types"] = ["Hosehold"]
    assert "there is no active record type Hosehold" in of(look(org, uses), "objects")[0].summary


def test_hard_delete(org: FakeOrg) -> None:
    """Hard delete takes its permission."""
    uses = {"objects": {"Contact": {"hard_delete": True}}}
    assert "lacks 'Bulk API Hard Delete'" in of(look(org, uses), "objects")[0].summary
    org.state.profile_of(org.user()).permissions.add("BulkApiHardDelete")
    assert look(org, uses).verdict is Verdict.HEALTHY


@pytest.mark.parametrize(
    ("check", "permission", "cause"),
    [
        ("audit_fields", "CreateAuditFields", "audit_field_permission"),
        ("inactive_owners", "UpdateWithInactiveOwner", "owner_inactive"),
    ],
)
def test_two_switches(org: FakeOrg, check: str, permission: str, cause: str) -> None:
    """The org's preference and the user's permission are told apart."""
    found = only(look(org, {check: True}), check)
    assert (found.level, found.cause) == (Level.FAILED, cause)
    assert "the org's preference for it is off" in found.summary
    org.state.org.audit_fields_enabled = True
    found = only(look(org, {check: True}), check)
    assert (found.level, found.cause) == (Level.FAILED, cause)
    assert "it lacks the permission" in found.summary
    org.state.profile_of(org.user()).permissions.add(permission)
    assert only(look(org, {check: True}), check).level is Level.OK
    assert look(org, {check: True}).verdict is Verdict.HEALTHY
