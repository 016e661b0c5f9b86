"""What tells of objects: ``EntityDefinition``, ``RecordType``, and the Tooling API's ``CustomObject``."""

from __future__ import annotations

from collections.abc import Iterable

from airflow_sf_health.testing.ids import make_id
from airflow_sf_health.testing.schema import FieldSpec, ObjectSpec
from airflow_sf_health.testing.state import OrgState, Row, User
from airflow_sf_health.testing.system_fields import audit_values, system


def entity_definition() -> ObjectSpec:
    """Any user sees it; that Salesforce demands certain filters is left out."""
    names = ("DurableId", "QualifiedApiName", "DeveloperName", "Label", "PluralLabel", "KeyPrefix")
    others = ("InternalSharingModel", "ExternalSharingModel", "DeploymentStatus")
    return system(
        ObjectSpec("EntityDefinition", "4ie", label="Entity Definition"),
        *(FieldSpec(name) for name in (*names, *others)),
        FieldSpec("IsCustomSetting", "boolean", nillable=False),
    )


def entity_definition_rows(state: OrgState, user: User) -> Iterable[Row]:
    """The durable id stands for an id (recorded)."""
    for spec in state.schema.values():
        if not spec.tooling and (not spec.feature or getattr(state.org, spec.feature)):
            yield {
                "Id": spec.name,
                "DurableId": spec.name,
                "QualifiedApiName": spec.name,
                "DeveloperName": spec.name.removesuffix("__c"),
                "Label": spec.label,
                "PluralLabel": spec.label_plural,
                "KeyPrefix": spec.key_prefix,
                "InternalSharingModel": "Read" if spec.system else "ReadWrite",
                "ExternalSharingModel": "Private",
                "DeploymentStatus": "Deployed" if spec.custom else None,
                "IsCustomSetting": False,
                **audit_values(state),
            }


def record_type() -> ObjectSpec:
    """Any user sees the record types, also those that he may not use (inferred)."""
    return system(
        ObjectSpec("RecordType", "012", label="Record Type"),
        FieldSpec("Name", length=80, nillable=False, name_field=True),
        FieldSpec("DeveloperName", label="Record Type Name", length=80, nillable=False),
        FieldSpec("NamespacePrefix", label="Namespace Prefix", length=15),
        FieldSpec("Description", length=255),
        FieldSpec("SobjectType", "picklist", "SObject Type Name", nillable=False),
        FieldSpec("IsActive", "boolean", "Active", nillable=False),
    )


def record_type_rows(state: OrgState, user: User) -> Iterable[Row]:
    for spec in state.schema.values():
        for kind in spec.record_types.values():
            names = {"Id": kind.id, "Name": kind.label or kind.name, "DeveloperName": kind.name}
            yield {**names, "SobjectType": spec.name, "IsActive": kind.active, **audit_values(state)}


def custom_object() -> ObjectSpec:
    """For who views setup (inferred)."""
    texts = ("DeveloperName", "Description", "Language", "ManageableState", "NamespacePrefix")
    spec = ObjectSpec("CustomObject", "01I", label="Custom Object", permissions=("ViewSetup",), tooling=True)
    return system(spec, *(FieldSpec(name) for name in texts))


def custom_object_rows(state: OrgState, user: User) -> Iterable[Row]:
    custom = [spec for spec in state.schema.values() if spec.custom]
    for number, spec in enumerate(custom, start=1):
        names = {"Id": make_id("01I", number), "DeveloperName": spec.name.removesuffix("__c")}
        yield {**names, "Language": "en_US", "ManageableState": "unmanaged", **audit_values(state)}
