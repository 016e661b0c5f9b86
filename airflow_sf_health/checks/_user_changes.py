"""What differs between the user as it is and as it is remembered, as far as checks and requirements depend on it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from airflow_sf_health.evidence.evidence import Evidence
from airflow_sf_health.evidence.facts import RememberedUser
from airflow_sf_health.evidence.needs import ALL_PERMISSIONS, OWN_LICENSE
from airflow_sf_health.evidence.remembered_user import all_are_known, permission_sets_now
from airflow_sf_health.requirements import Requirements

LABELS = {
    "ApiEnabled": "API Enabled",
    "ApiUserOnly": "API Only User",
    "PasswordNeverExpires": "Password Never Expires",
    "ViewSetup": "View Setup and Configuration",
    "ManageUsers": "Manage Users",
    "BulkApiHardDelete": "Bulk API Hard Delete",
    "CreateAuditFields": "Set Audit Fields upon Record Creation",
    "UpdateWithInactiveOwner": "Update Records with Inactive Owners",
    "ViewAllData": "View All Data",
    "ModifyAllData": "Modify All Data",
    "ViewAllUsers": "View All Users",
}
"""What Setup calls the permissions that are told."""
ALWAYS = ("ApiEnabled", "ApiUserOnly", "PasswordNeverExpires", "ViewSetup", "ManageUsers")
"""What the checks of each examination depend on: without the last two the states of licence and login cannot be read."""
ASKED_IN_EACH_LOOK = 3
"""Of these permissions a look knows at least; a memory that holds no more says nothing about the others."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """Each as words; ``lost`` and ``came`` are labels of permissions, ``sets_lost`` and ``sets_came`` of permission sets."""

    person: tuple[str, ...] = ()
    """Profile, licence, user type: what it is, and what it was."""
    lost: tuple[str, ...] = ()
    came: tuple[str, ...] = ()
    sets_lost: tuple[str, ...] = ()
    sets_came: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return any((self.person, self.lost, self.came, self.sets_lost, self.sets_came))


def changes(before: RememberedUser, now: RememberedUser, required: Requirements) -> Changes:
    """What differs. What is not known on one of both sides is no difference; ``now`` holds what is remembered where this look
    could not read.
    """
    relevant = [name for name in depended_on(required) if name in before.permissions or _was_complete(before)]
    had = {name for name in relevant if before.permissions.get(name)}
    has = {name for name in relevant if now.permissions.get(name)}
    sets_before, sets_now = before.permission_sets, now.permission_sets
    if sets_before is None or sets_now is None:
        sets_before = sets_now = {}
    return Changes(
        person=tuple(_person(before, now)),
        lost=tuple(LABELS[name] for name in relevant if name in had - has),
        came=tuple(LABELS[name] for name in relevant if name in has - had),
        sets_lost=tuple(label for key, label in sets_before.items() if key not in sets_now),
        sets_came=tuple(label for key, label in sets_now.items() if key not in sets_before),
    )


def depended_on(required: Requirements) -> tuple[str, ...]:
    """The permissions, by their names in ``UserPermissionAccess``, whose coming or going this task or its checks notice."""
    uses = required.objects or ()
    asked = {
        "BulkApiHardDelete": any(use.hard_delete for use in uses),
        "CreateAuditFields": required.audit_fields,
        "UpdateWithInactiveOwner": required.inactive_owners or required.owners,
        "ViewAllData": uses or required.queries,
        "ModifyAllData": any(use.writes for use in uses),
        "ViewAllUsers": required.owners,
    }
    return (*ALWAYS, *(name for name, is_asked in asked.items() if is_asked))


def compared(evidence: Evidence, before: RememberedUser) -> tuple[list[str], list[str]]:
    """What was read both then and now, and what was not."""
    known = {
        "profile": before.profile_id is not None,
        "licence": before.license is not None and evidence.get(OWN_LICENSE) is not None,
        "permission sets": before.permission_sets is not None and permission_sets_now(evidence) is not None,
        "the permissions that this task depends on": _was_complete(before) and all_are_known(evidence),
    }
    return [name for name, is_known in known.items() if is_known], [
        name for name, is_known in known.items() if not is_known
    ]


def stamp_moved(evidence: Evidence, before: RememberedUser) -> str | None:
    """When rights of the user last changed, ``2026-11-22 01:30 UTC``, where that was after it was remembered."""
    rows = evidence.get(ALL_PERMISSIONS)
    stamp = str(rows[0].get("LastCacheUpdate") or "") if rows else ""
    if not stamp or datetime.fromisoformat(stamp) <= before.at:
        return None
    return f"{stamp[:10]} {stamp[11:16]} UTC"


def joined(names: Sequence[str]) -> str:
    """``profile, licence and permission sets``."""
    return " and ".join([*([", ".join(names[:-1])] if names[1:] else []), *names[-1:]])


def _was_complete(before: RememberedUser) -> bool:
    return len(before.permissions) > ASKED_IN_EACH_LOOK


def _person(before: RememberedUser, now: RememberedUser) -> Iterator[str]:
    if _differ(before.profile_id, now.profile_id):
        yield f"the profile is {_named(now.profile_name, now.profile_id)}, and was {_named(before.profile_name, before.profile_id)}"
    if _differ(before.license, now.license):
        yield f"the licence is '{now.license}', and was '{before.license}'"
    if _differ(before.user_type, now.user_type):
        yield f"the user type is {now.user_type}, and was {before.user_type}"


def _named(name: str | None, record: str | None) -> str:
    return f"'{name}'" if name else str(record)


def _differ(before: str | None, now: str | None) -> bool:
    return before is not None and now is not None and before != now
