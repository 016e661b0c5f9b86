"""Changes of the schema that reach beyond one object: rows and rights follow, as they do in Salesforce."""

from __future__ import annotations

from airflow_sf_health.testing.business_objects import business_object
from airflow_sf_health.testing.ids import BASE62
from airflow_sf_health.testing.people import Rights
from airflow_sf_health.testing.schema import FieldSpec, ObjectSpec
from airflow_sf_health.testing.state import OrgState


def add_object(state: OrgState, name: str, *fields: FieldSpec, label: str = "") -> ObjectSpec:
    """A new custom object with the fields that each has, and these; the first permission set gives all rights on it.

    :raises KeyError: for a name that is taken or is no name of a custom object.
    """
    if name in state.schema or not name.endswith("__c"):
        raise KeyError(name)
    used = {spec.key_prefix for spec in state.schema.values()}
    prefix = next(each for first in BASE62 for last in BASE62 if (each := f"a{first}{last}") not in used)
    spec = ObjectSpec(name, prefix, label=label or name.removesuffix("__c").replace("_", " "))
    title = FieldSpec("Name", label=f"{spec.label} Name", length=80, name_field=True)
    state.schema[name] = business_object(spec, title, *fields)
    state.permission_sets[0].objects[name] = Rights()
    return spec


def rename_field(state: OrgState, object_name: str, old: str, new: str, label: str | None = None) -> None:
    """Give a field another API name; rows keep its values, and who may not see it does not see it under the new name either.

    :raises KeyError: for an object or field that there is not, or a new name that is taken.
    """
    spec = state.schema[object_name]
    if new in spec.fields and new != old:
        raise KeyError(new)
    spec.rename(old, new, label)
    for row in state.records.get(object_name, {}).values():
        row[new] = row.pop(old, None)
    for rights in _rights(state, object_name):
        for names in (rights.hidden_fields, rights.read_only_fields):
            if old in names:
                names.remove(old)
                names.add(new)


def remove_field(state: OrgState, object_name: str, name: str) -> None:
    """Delete a field and its values.

    :raises KeyError: for an object or field that there is not.
    """
    state.schema[object_name].remove(name)
    for row in state.records.get(object_name, {}).values():
        row.pop(name, None)
    for rights in _rights(state, object_name):
        rights.hidden_fields.discard(name)
        rights.read_only_fields.discard(name)


def _rights(state: OrgState, object_name: str) -> list[Rights]:
    return [
        holder.objects[object_name]
        for holder in (*state.profiles, *state.permission_sets)
        if object_name in holder.objects
    ]
