"""The one object of the system that programs write here: ``PermissionSetAssignment``, by who may assign permission sets."""

from __future__ import annotations

from airflow_sf_health.testing.errors import ApiError
from airflow_sf_health.testing.ids import same_id
from airflow_sf_health.testing.permission_objects import permission_set_assignment_rows
from airflow_sf_health.testing.state import OrgState, Row, User


def assign(state: OrgState, values: Row) -> Row:
    """The new row, of a permission set or a group.

    :raises ApiError: 400 DUPLICATE_VALUE for one that the user has already.
    """
    user, key = _assignee(state, values)
    assigned, granted = _of(user, key), values[key]
    if granted in assigned:
        # captured, for a permission set
        message = f"Duplicate PermissionSetAssignment.  Assignee: {user.id[:15]}; Permission Set: {granted[:15]}"
        raise ApiError(400, "DUPLICATE_VALUE", message, ["AssigneeId", key])
    assigned.append(granted)
    rows = permission_set_assignment_rows(state, user)
    return next(row for row in rows if same_id(row["AssigneeId"], user.id) and row[key] == granted)


def take_away(state: OrgState, row: Row) -> None:
    """:raises ApiError: 400 for the permission set that a profile owns."""
    user, key = _assignee(state, {name: value for name, value in row.items() if value})
    assigned = _of(user, key)
    if row[key] not in assigned:
        # inferred
        raise ApiError(400, "INSUFFICIENT_ACCESS_OR_READONLY", "insufficient access rights on object id", [])
    assigned.remove(row[key])


def _assignee(state: OrgState, values: Row) -> tuple[User, str]:
    """The user, and the name of the field that tells what he is given."""
    key = "PermissionSetGroupId" if values.get("PermissionSetGroupId") else "PermissionSetId"
    user = state.user_by_id(values["AssigneeId"])
    if user is None or not values.get(key):
        raise ApiError(400, "REQUIRED_FIELD_MISSING", f"Required fields are missing: [{key}]", [key])  # inferred
    return user, key


def _of(user: User, key: str) -> list[str]:
    return user.permission_set_group_ids if key == "PermissionSetGroupId" else user.permission_set_ids
