"""Who the user is at this look, in the form that is kept for the next one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import TypeVar

from airflow_sf_health.evidence.evidence import Evidence, NotGathered
from airflow_sf_health.evidence.facts import MemoryFacts, RememberedUser
from airflow_sf_health.evidence.needs import (
    ALL_PERMISSIONS,
    LOGIN,
    MEMORY,
    NOW,
    ORGANIZATION,
    OWN_LICENSE,
    OWN_PERMISSION_SETS,
    OWN_PERMISSIONS,
    OWN_PROFILE,
    RUNNING_USER,
    Need,
    Row,
)

T = TypeVar("T")
KEPT = timedelta(days=3)
"""As long what the user was before a change is kept: over a weekend."""
CHANGING = ("profile_id", "license", "user_type", "permissions", "permission_sets")
PREFIX = "Permissions"
"""What the names of permissions begin with in ``UserPermissionAccess``."""


def remembered_user(evidence: Evidence) -> RememberedUser | None:
    """The user as far as this look saw it; None where its own row could not be read.

    What was not asked or not answered now stays as it is remembered, so that one look that sees less makes no change.
    """
    login, user = evidence[LOGIN], _known(evidence, RUNNING_USER)
    if user is None or login.org_id is None or login.user_id is None:
        return None
    nobody = RememberedUser(at=evidence[NOW], org_id=login.org_id, user_id=login.user_id)
    before = (_known(evidence, MEMORY) or MemoryFacts()).user or nobody
    # Another profile may hang on another licence, so nothing of the former one is taken over with it.
    same = before if before.profile_id == user.get("ProfileId") else nobody
    profile, held = (_known(evidence, need) or {} for need in (OWN_PROFILE, OWN_LICENSE))
    sets = permission_sets_now(evidence)
    seen = replace(
        _in_org(evidence, nobody, before),
        username=user.get("Username"),
        host=login.host,
        profile_id=user.get("ProfileId"),
        profile_name=profile.get("Name", same.profile_name),
        license=held.get("Name", same.license),
        user_type=user.get("UserType"),
        permissions={**({} if all_are_known(evidence) else before.permissions), **permissions_now(evidence)},
        permission_sets=before.permission_sets if sets is None else sets,
    )
    return seen if before is nobody else _with_former(seen, before)


def _with_former(seen: RememberedUser, before: RememberedUser) -> RememberedUser:
    """What the user was stays beside what it is for some days: the task that a change breaks is seldom the first that meets it."""
    if before.former is not None and before.changed_at is not None and seen.at - before.changed_at < KEPT:
        return replace(seen, former=before.former, changed_at=before.changed_at)
    if all(getattr(seen, name) == getattr(before, name) for name in CHANGING):
        return seen
    return replace(seen, former=replace(before, former=None, changed_at=None), changed_at=seen.at)


def _in_org(evidence: Evidence, user: RememberedUser, before: RememberedUser) -> RememberedUser:
    org = _known(evidence, ORGANIZATION) or {}
    return replace(
        user,
        org_name=org.get("Name", before.org_name),
        is_sandbox=org.get("IsSandbox", before.is_sandbox),
        instance_name=org.get("InstanceName", before.instance_name),
    )


def permissions_now(evidence: Evidence) -> Mapping[str, bool]:
    """The user's effective permissions by name, without ``Permissions``: all of them, or those few that each look asks."""
    rows = _known(evidence, ALL_PERMISSIONS) or _known(evidence, OWN_PERMISSIONS) or ()
    row: Row = rows[0] if rows else {}
    return {name.removeprefix(PREFIX): bool(value) for name, value in row.items() if name.startswith(PREFIX)}


def all_are_known(evidence: Evidence) -> bool:
    """Whether :func:`permissions_now` gives all that the org knows: one that is not among them is not granted then."""
    return bool(_known(evidence, ALL_PERMISSIONS))


def permission_sets_now(evidence: Evidence) -> Mapping[str, str] | None:
    """Label by id of the permission sets and groups that are assigned to the user; None where they could not be read. The set
    that a profile owns is not among them.

    An empty list counts as not read: each user has the set that its profile owns, so whoever may read sees a row.
    """
    rows = _known(evidence, OWN_PERMISSION_SETS)
    if not rows:
        return None
    held = [row for row in rows if not (row.get("PermissionSet") or {}).get("IsOwnedByProfile")]
    return {_id(row): str((row.get("PermissionSet") or {}).get("Label") or _id(row)) for row in held}


def _id(row: Row) -> str:
    return str(row.get("PermissionSetId") or row.get("PermissionSetGroupId"))


def _known(evidence: Evidence, need: Need[T]) -> T | None:
    """The answer; None where it was refused, or where no check that was chosen asks for it."""
    try:
        return evidence.get(need)
    except NotGathered:
        return None
