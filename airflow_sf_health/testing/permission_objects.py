"""Permission sets and their groups as rows, and who has them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from airflow_sf_health.testing.ids import make_id
from airflow_sf_health.testing.schema import FieldSpec, ObjectSpec, lookup
from airflow_sf_health.testing.state import OrgState, PermissionSetGroup, Profile, Row, User
from airflow_sf_health.testing.system_fields import audit_values, permission_fields, permission_values, system

GROUP_STATES = ("Updated", "Outdated", "Updating", "Failed")
"""Named from memory by the facts. An outdated group may give stale rights (inferred); here the state has no effect."""


def permission_set() -> ObjectSpec:
    """For who views setup (inferred)."""
    kinds = ("Regular", "Standard", "Profile", "Group", "Session")
    return system(
        ObjectSpec("PermissionSet", "0PS", label="Permission Set", permissions=("ViewSetup",)),
        FieldSpec("Name", length=80, nillable=False, name_field=True),
        FieldSpec("Label", length=80, nillable=False),
        FieldSpec("IsCustom", "boolean", "Is Custom", nillable=False),
        FieldSpec("IsOwnedByProfile", "boolean", "Is Owned By Profile", nillable=False),
        FieldSpec("HasActivationRequired", "boolean", "Has Activation Required", nillable=False),
        lookup("ProfileId", "Profile", label="Profile ID"),
        lookup("LicenseId", "PermissionSetLicense", label="License ID"),
        lookup("PermissionSetGroupId", "PermissionSetGroup", label="Permission Set Group ID"),
        FieldSpec("Type", "picklist", "Permission Set Type", picklist=kinds),
        FieldSpec("NamespacePrefix", label="Namespace Prefix", length=15),
        *permission_fields(),
    )


def permission_set_rows(state: OrgState, user: User) -> Iterable[Row]:
    """The permission sets, and one for each profile and each group, as Salesforce keeps it."""
    for item in state.permission_sets:
        row: Row = {"Id": item.id, "Name": item.name, "Label": item.label or item.name, "Type": "Regular"}
        yield _permission_set(state, row, item.permissions)
    for profile, set_id in _owned(state):
        row = {"Id": set_id, "Name": f"X{profile.id[:15]}", "Label": f"X{profile.id[:15]}", "Type": "Profile"}
        row |= {"IsOwnedByProfile": True, "ProfileId": profile.id}
        yield _permission_set(state, row, profile.permissions)
    for group, set_id in _combined(state):
        row = {"Id": set_id, "Name": group.name, "Label": group.label or group.name, "Type": "Group"}
        row |= {"PermissionSetGroupId": group.id}
        yield _permission_set(state, row, set().union(*(part.permissions for part in state.parts_of(group))))


def permission_set_assignment() -> ObjectSpec:
    """For who has one of the permissions below (documented).

    Whether others may read their own rows is not known; here they may not, as nothing promises it, and the object does
    not exist for them (inferred, as for any hidden object).
    """
    needed = ("ViewSetup", "AssignPermissionSets", "ManageUsers")
    spec = system(
        ObjectSpec("PermissionSetAssignment", "0Pa", label="Permission Set Assignment", permissions=needed),
        lookup("PermissionSetId", "PermissionSet", label="PermissionSet ID"),
        lookup("PermissionSetGroupId", "PermissionSetGroup", label="Permission Set Group ID"),
        lookup("AssigneeId", "User", label="Assignee ID", nillable=False),
        FieldSpec("ExpirationDate", "datetime", "Expiration Date"),
        FieldSpec("IsActive", "boolean", "Is Active", nillable=False),
    )
    spec.writers = ("AssignPermissionSets",)
    for name in ("AssigneeId", "PermissionSetId", "PermissionSetGroupId"):
        spec.fields[name].createable = True
    return spec


def permission_set_assignment_rows(state: OrgState, user: User) -> Iterable[Row]:
    """Of each user: the set of his profile, those assigned one by one, and that of each group, which names the group."""
    triples = [(other, *pair) for other in state.users for pair in _assigned(state, other)]
    for number, (assignee, set_id, group_id) in enumerate(triples, start=1):
        identity = {"Id": make_id("0Pa", number), "AssigneeId": assignee.id}
        held = {"PermissionSetId": set_id, "PermissionSetGroupId": group_id, "IsActive": True}
        yield {**identity, **held, **audit_values(state)}


def permission_set_group() -> ObjectSpec:
    """For who views setup (inferred), as its components and what it mutes."""
    return system(
        ObjectSpec("PermissionSetGroup", "0PG", label="Permission Set Group", permissions=("ViewSetup",)),
        FieldSpec("DeveloperName", length=80, nillable=False),
        FieldSpec("MasterLabel", label="Name", length=80, nillable=False, name_field=True),
        FieldSpec("Status", "picklist", picklist=GROUP_STATES),
        FieldSpec("NamespacePrefix", label="Namespace Prefix", length=15),
    )


def permission_set_group_rows(state: OrgState, user: User) -> Iterable[Row]:
    for group in state.permission_set_groups:
        label = group.label or group.name
        names = {"Id": group.id, "DeveloperName": group.name, "MasterLabel": label}
        yield {**names, "Status": group.status, **audit_values(state)}


def permission_set_group_component() -> ObjectSpec:
    spec = ObjectSpec("PermissionSetGroupComponent", "0PH", label="Permission Set Group Component")
    spec.permissions = ("ViewSetup",)
    component = lookup("PermissionSetId", "PermissionSet", label="Permission Set ID", nillable=False)
    component.reference_to = ("PermissionSet", "MutingPermissionSet")
    return system(spec, lookup("PermissionSetGroupId", "PermissionSetGroup", nillable=False), component)


def permission_set_group_component_rows(state: OrgState, user: User) -> Iterable[Row]:
    pairs = [(group, item) for group in state.permission_set_groups for item in group.permission_set_ids]
    pairs += _muting(state)
    for number, (group, set_id) in enumerate(pairs, start=1):
        identity = {"Id": make_id("0PH", number), "PermissionSetGroupId": group.id, "PermissionSetId": set_id}
        yield {**identity, **audit_values(state)}


def muting_permission_set() -> ObjectSpec:
    return system(
        ObjectSpec("MutingPermissionSet", "0QM", label="Muting Permission Set", permissions=("ViewSetup",)),
        FieldSpec("DeveloperName", length=80, nillable=False),
        FieldSpec("MasterLabel", label="Name", length=80, nillable=False, name_field=True),
        *permission_fields(),
    )


def muting_permission_set_rows(state: OrgState, user: User) -> Iterable[Row]:
    """What a group mutes is true here."""
    for group, muting_id in _muting(state):
        names = {"Id": muting_id, "DeveloperName": f"Muted_{group.name}", "MasterLabel": f"Muted {group.name}"}
        yield {**names, **permission_values(group.muted), **audit_values(state)}


def _permission_set(state: OrgState, own: Row, permissions: set[str]) -> Row:
    common = {"IsCustom": True, "IsOwnedByProfile": False, "HasActivationRequired": False}
    return {**common, **own, **permission_values(permissions), **audit_values(state)}


def _assigned(state: OrgState, user: User) -> Iterator[tuple[str, str | None]]:
    """The ids of a user's permission sets, each with the id of the group that it stands for."""
    yield from ((set_id, None) for profile, set_id in _owned(state) if profile.id == user.profile_id)
    yield from ((set_id, None) for set_id in user.permission_set_ids)
    yield from ((set_id, group.id) for group, set_id in _combined(state) if group.id in user.permission_set_group_ids)


def _owned(state: OrgState) -> list[tuple[Profile, str]]:
    """Profiles, each with the id of the permission set that it owns."""
    return [(profile, make_id("0PS", number)) for number, profile in enumerate(state.profiles, start=9_000)]


def _combined(state: OrgState) -> list[tuple[PermissionSetGroup, str]]:
    """Groups, each with the id of the permission set that holds what it gives."""
    return [(group, make_id("0PS", number)) for number, group in enumerate(state.permission_set_groups, start=8_000)]


def _muting(state: OrgState) -> list[tuple[PermissionSetGroup, str]]:
    groups = [group for group in state.permission_set_groups if group.muted]
    return [(group, make_id("0QM", number)) for number, group in enumerate(groups, start=1)]
