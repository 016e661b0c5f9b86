"""What the fake org knows: users, licences, profiles, permission sets, apps, schema, records.

Plain mutable dataclasses, so that a test changes the org as an administrator would (``org.user().active = False``)
while it serves requests. The web layer reads this state afresh on each request; nothing derived from it is kept.

Ids are Salesforce's 18-character form. Rights of a user are those of the profile plus those of the permission sets
assigned (facts: UserPermissionAccess = profile + permission sets).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from itertools import count
from typing import Any

from airflow_sf_health.testing.apps import App, RefreshToken
from airflow_sf_health.testing.ids import make_id, same_id
from airflow_sf_health.testing.organization import Organization
from airflow_sf_health.testing.people import (
    Group,
    License,
    LoginAttempt,
    PackageLicense,
    PartnerConnection,
    PermissionHolder,
    PermissionSet,
    PermissionSetGroup,
    PermissionSetLicense,
    Profile,
    Queue,
    Rights,
    User,
)
from airflow_sf_health.testing.schema import ObjectSpec

__all__ = [
    "App",
    "BulkJob",
    "Deleted",
    "Group",
    "License",
    "LoginAttempt",
    "OrgState",
    "Organization",
    "PackageLicense",
    "PartnerConnection",
    "PermissionHolder",
    "PermissionSet",
    "PermissionSetGroup",
    "PermissionSetLicense",
    "Profile",
    "Queue",
    "RefreshToken",
    "Rights",
    "Row",
    "User",
    "timestamp",
]

Row = dict[str, Any]
"""One record: API field name -> value as Salesforce sends it in JSON (dates are strings)."""


def timestamp(moment: datetime | None = None) -> str:
    """An instant, by default now, as Salesforce writes it: ``2022-05-04T10:59:12.000+0000``."""
    return (moment or datetime.now(UTC)).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.000+0000")


@dataclass
class Deleted:
    """A row in the recycle bin."""

    object_name: str
    row: Row


@dataclass
class BulkJob:
    """A Bulk API job of either kind, finished as soon as its data is there."""

    id: str
    info: dict[str, Any]
    """The job as Salesforce shows it, in the keys of its own API (1.0 or 2.0)."""
    batches: dict[str, dict[str, Any]] = field(default_factory=dict)
    """Bulk 1.0: batch info by batch id."""
    requests: dict[str, list[Row]] = field(default_factory=dict)
    results: dict[str, list[Row]] = field(default_factory=dict)
    """Results by batch id (1.0), or by ``""`` (2.0)."""
    upload: str = ""
    looks: int = 0
    """How often it has been looked at while in progress (2.0)."""


@dataclass
class OrgState:
    """Everything that the org knows, except live sessions and counts, which the web layer keeps."""

    org: Organization
    users: list[User] = field(default_factory=list)
    licenses: list[License] = field(default_factory=list)
    profiles: list[Profile] = field(default_factory=list)
    permission_sets: list[PermissionSet] = field(default_factory=list)
    permission_set_groups: list[PermissionSetGroup] = field(default_factory=list)
    permission_set_licenses: list[PermissionSetLicense] = field(default_factory=list)
    package_licenses: list[PackageLicense] = field(default_factory=list)
    queues: list[Queue] = field(default_factory=list)
    groups: list[Group] = field(default_factory=list)
    """Those that are no queues."""
    partner_connections: list[PartnerConnection] = field(default_factory=list)
    apps: list[App] = field(default_factory=list)
    refresh_tokens: list[RefreshToken] = field(default_factory=list)
    logins: list[LoginAttempt] = field(default_factory=list)
    """LoginHistory, the oldest first."""
    client_ip: str = "203.0.113.10"
    """The address from which clients seem to come (all come over loopback)."""
    schema: dict[str, ObjectSpec] = field(default_factory=dict)
    records: dict[str, dict[str, Row]] = field(default_factory=dict)
    """Rows by object and id. Rows of system objects (User, Profile …) are not here: they are views of this state."""
    deleted: dict[str, Deleted] = field(default_factory=dict)
    """The recycle bin, by id."""
    jobs: dict[str, BulkJob] = field(default_factory=dict)
    bulk_looks: int = 0
    """How many looks at a job of Bulk API 2.0 find it in progress, before it shows its end."""
    cursors: dict[str, list[Row]] = field(default_factory=dict)
    """Rows of a query not yet fetched to its end, by locator."""
    schema_changed: datetime = field(default_factory=lambda: datetime.now(UTC).replace(microsecond=0))
    """What describe gives as its Last-Modified, for all objects that have not changed by themselves since."""
    object_changed: dict[str, datetime] = field(default_factory=dict)
    """When an object changed by itself, by its name."""
    schema_stamp_frozen: bool = False
    """The stamp stays where it is though rights or schema change, as is known to happen to describe's 304."""
    schema_seen: dict[str, int] = field(default_factory=dict, repr=False)
    """Fingerprints of schema and rights at the last look of ``stamps.py``."""
    permission_stamps: dict[str, tuple[str, datetime]] = field(default_factory=dict, repr=False)
    """What each user was last seen to be able to do, and since when, by the user's id (``cache_stamp.py``)."""
    permission_stamp_frozen: bool = False
    """``UserPermissionAccess.LastCacheUpdate`` stays where it is though rights change."""
    api_usage: int = 8_400
    api_limit: int = 100_000
    bulk_batches: int = 0
    """Batches of Bulk API that others have had done in the last 24 hours, beside those of this org's own jobs."""
    serial: Iterator[int] = field(default_factory=lambda: count(1), repr=False)

    def user_by_id(self, user_id: str | None) -> User | None:
        return next((user for user in self.users if user_id and same_id(user.id, user_id)), None)

    def user_named(self, username: str) -> User | None:
        """The user of this user name, in any case."""
        return next((user for user in self.users if user.username.lower() == username.lower()), None)

    def app_by_key(self, consumer_key: str) -> App | None:
        return next((app for app in self.apps if app.consumer_key == consumer_key), None)

    def profile_of(self, user: User) -> Profile:
        return next(profile for profile in self.profiles if same_id(profile.id, user.profile_id))

    def license_of(self, user: User) -> License | None:
        license_id = self.profile_of(user).license_id
        return next((item for item in self.licenses if item.id == license_id), None)

    def holders_of(self, user: User) -> list[PermissionHolder]:
        """What gives a user its rights: the profile, then the permission sets, by themselves and in groups.

        That a licence missing or expired takes a permission set's effect away is documented nowhere: it does not.
        """
        assigned = [item for item in self.permission_sets if item.id in user.permission_set_ids]
        groups = [group for group in self.permission_set_groups if group.id in user.permission_set_group_ids]
        return [self.profile_of(user), *assigned, *(part for group in groups for part in self.parts_of(group))]

    def parts_of(self, group: PermissionSetGroup) -> list[PermissionSet]:
        """The permission sets of a group, less what it mutes."""
        parts = [item for item in self.permission_sets if item.id in group.permission_set_ids]
        return [
            replace(part, permissions=part.permissions - group.muted) if part.permissions & group.muted else part
            for part in parts
        ]

    def permissions_of(self, user: User) -> set[str]:
        """Effective system permissions."""
        return set().union(*(holder.permissions for holder in self.holders_of(user)))

    def has_permission(self, user: User, *any_of: str) -> bool:
        return not self.permissions_of(user).isdisjoint(any_of)

    def new_id(self, key_prefix: str) -> str:
        return make_id(key_prefix, next(self.serial))
