"""What a task uses, and what happens to it: each kind of change of a schema, on the live fake org."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from airflow_sf_health.testing import FakeOrg
from airflow_sf_health.testing.schema import FieldSpec

Change = Callable[[FakeOrg], object]

USES: dict[str, Any] = {
    "objects": {
        "Account": {"read": ["Name", "Rating"], "update": ["AccountNumber", "Rating"]},
        "Invoice__c": {"upsert": ["Amount__c", "Due__c"], "external_id": "Number__c"},
    }
}


def field(org: FakeOrg, path: str) -> FieldSpec:
    """A field of the org, by object and name."""
    sobject, name = path.split(".")
    return org.state.schema[sobject].fields[name]


def take(org: FakeOrg, sobject: str, right: str, name: str = "") -> None:
    """Take a right on an object, or on a field of it, from all that gives the integration user any."""
    for holder in (org.state.profile_of(org.user()), *org.state.permission_sets):
        if (rights := holder.objects.get(sobject)) is None:
            continue
        if name:
            getattr(rights, right).add(name)
        else:
            setattr(rights, right, False)


def picklist(org: FakeOrg, *values: str) -> None:
    field(org, "Account.Rating").picklist = values


BREAKING: dict[str, tuple[Change, str]] = {
    "removed": (lambda org: org.remove_field("Invoice__c", "Due__c"), "Due__c"),
    "renamed": (lambda org: org.rename_field("Invoice__c", "Due__c", "DueOn__c"), "DueOn__c"),
    "retyped": (lambda org: setattr(field(org, "Invoice__c.Due__c"), "type", "string"), "Due__c"),
    "shortened": (lambda org: setattr(field(org, "Account.AccountNumber"), "length", 10), "AccountNumber"),
    "made_required": (
        lambda org: org.state.schema["Invoice__c"].add(FieldSpec("Region__c", nillable=False)),
        "Region__c",
    ),
    "not_writeable": (lambda org: take(org, "Account", "read_only_fields", "AccountNumber"), "AccountNumber"),
    "hidden": (lambda org: take(org, "Account", "hidden_fields", "AccountNumber"), "AccountNumber"),
    "picklist": (lambda org: picklist(org, "Hot", "Warm"), "Cold"),
    "lookup_key": (lambda org: setattr(field(org, "Invoice__c.Number__c"), "external_id", False), "Number__c"),
    "object_gone": (lambda org: take(org, "Invoice__c", "read"), "Invoice__c"),
    "right_gone": (lambda org: take(org, "Account", "edit"), "Account"),
}
BENIGN: dict[str, Change] = {
    "added": lambda org: org.state.schema["Account"].add(FieldSpec("Segment__c")),
    "relabelled": lambda org: setattr(field(org, "Account.AccountNumber"), "label", "Customer Number"),
    "lengthened": lambda org: setattr(field(org, "Account.AccountNumber"), "length", 80),
    "unused_removed": lambda org: org.remove_field("Account", "Fax"),
}
