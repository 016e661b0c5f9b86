"""Changes of a field that reach beyond its object: rows and rights follow, as they do in Salesforce."""

from __future__ import annotations

from airflow_sf_health.testing.people import Rights
from airflow_sf_health.testing.state import OrgState


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
