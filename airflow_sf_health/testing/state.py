"""What the fake org knows: users, licences, profiles, permission sets, apps, schema, records.

Plain mutable dataclasses, so that a test changes the org as an administrator would (``org.user().active = False``)
while it serves requests. The web layer reads this state afresh on each request; nothing derived from it is kept.

Ids are Salesforce's 18-character form. Rights of a user are those of the profile plus those of the permission sets
assigned (facts: UserPermissionAccess = profile + permission sets).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from airflow_sf_health.testing.ids import make_id, same_id
from airflow_sf_health.testing.schema import ObjectSpec

Row = dict[str, Any]
"""One record: API field name -> value as Salesforce sends it in JSON (dates are strings)."""


def timestamp(moment: datetime | None = None) -> str:
    """An instant, by default now, as Salesforce writes it: ``2022-05-04T10:59:12.000+0000``."""
    return (moment or datetime.now(UTC)).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.000+0000")


@dataclass
class Rights:
    """What one user (or one profile or permission set) may do with one object: CRUD and field-level security."""

    read: bool = True
    create: bool = True
    edit: bool = True
    delete: bool = True
    hidden_fields: set[str] = field(default_factory=set)
    read_only_fields: set[str] = field(default_factory=set)


@dataclass
class License:
    """A user licence (``UserLicense``), or a permission-set licence where it stands in such a list."""

    id: str
    name: str
    key: str
    status: str = "Active"
    total: int = 10
    used: int = 1


@dataclass
class PermissionHolder:
    """A profile or a permission set: system permissions by their API name without ``Permissions`` (``ApiEnabled``)."""

    id: str
    name: str
    permissions: set[str] = field(default_factory=set)
    objects: dict[str, Rights] = field(default_factory=dict)
    """Rights by object; ``*`` stands for each object not named."""

    def rights(self, object_name: str) -> Rights | None:
        return self.objects.get(object_name, self.objects.get("*"))


@dataclass
class Profile(PermissionHolder):
    license_id: str = ""


@dataclass
class PermissionSet(PermissionHolder):
    label: str = ""


@dataclass
class User:
    """One user of the org, with the credentials that the login flows accept."""

    id: str
    username: str
    password: str
    security_token: str
    profile_id: str
    name: str = "Integration User"
    email: str = ""
    user_type: str = "Standard"
    active: bool = True
    password_expired: bool = False
    permission_set_ids: list[str] = field(default_factory=list)
    last_login: str | None = None
    last_password_change: str | None = "2026-01-12T08:30:00.000+0000"
    federation_id: str | None = None
    created: str = "2025-03-03T09:00:00.000+0000"


@dataclass
class App:
    """A connected app (or external client app): consumer key and secret, certificate, run-as user, pre-authorisation."""

    consumer_key: str
    consumer_secret: str
    certificate_pem: str
    """Public certificate or key that verifies JWT assertions."""
    run_as_user_id: str | None = None
    approved_user_ids: set[str] | None = None
    """Users who may use it by JWT; ``None``: everyone."""
    scopes: tuple[str, ...] = ("api", "id", "refresh_token")


@dataclass
class Organization:
    id: str
    name: str = "Acme"
    my_domain: str = "acme"
    is_sandbox: bool = False
    instance_name: str = "USA123S"
    organization_type: str = "Enterprise Edition"
    trial_expiration: str | None = None
    is_read_only: bool = False
    rest_api_enabled: bool = True
    soap_login_enabled: bool = True
    password_flow_enabled: bool = True
    audit_fields_enabled: bool = False
    """The preference behind the permissions CreateAuditFields and UpdateWithInactiveOwner; off, they do not exist."""
    user_sharing_private: bool = True
    """Users see only themselves, unless they may view all users."""
    created: str = "2025-03-03T08:00:00.000+0000"

    @property
    def host(self) -> str:
        """The My Domain host, e.g. ``acme.my.salesforce.com`` (sandboxes: ``acme--dev.sandbox.my.salesforce.com``)."""
        return (
            f"{self.my_domain}.sandbox.my.salesforce.com" if self.is_sandbox else f"{self.my_domain}.my.salesforce.com"
        )

    @property
    def login_host(self) -> str:
        """Where users of this kind of org log in, beside the My Domain."""
        return "test.salesforce.com" if self.is_sandbox else "login.salesforce.com"


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


@dataclass
class OrgState:
    """Everything that the org knows, except live sessions and counts, which the web layer keeps."""

    org: Organization
    users: list[User] = field(default_factory=list)
    licenses: list[License] = field(default_factory=list)
    profiles: list[Profile] = field(default_factory=list)
    permission_sets: list[PermissionSet] = field(default_factory=list)
    apps: list[App] = field(default_factory=list)
    schema: dict[str, ObjectSpec] = field(default_factory=dict)
    records: dict[str, dict[str, Row]] = field(default_factory=dict)
    """Rows by object and id. Rows of system objects (User, Profile …) are not here: they are views of this state."""
    deleted: dict[str, Deleted] = field(default_factory=dict)
    """The recycle bin, by id."""
    jobs: dict[str, BulkJob] = field(default_factory=dict)
    cursors: dict[str, list[Row]] = field(default_factory=dict)
    """Rows of a query not yet fetched to its end, by locator."""
    schema_changed: datetime = field(default_factory=lambda: datetime.now(UTC).replace(microsecond=0))
    """What describe gives as its Last-Modified, for all objects."""
    schema_seen: str = field(default="", repr=False)
    api_usage: int = 8_400
    api_limit: int = 100_000
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
        """What gives a user its rights: the profile, then the permission sets assigned."""
        assigned = [item for item in self.permission_sets if item.id in user.permission_set_ids]
        return [self.profile_of(user), *assigned]

    def permissions_of(self, user: User) -> set[str]:
        """Effective system permissions."""
        return set().union(*(holder.permissions for holder in self.holders_of(user)))

    def has_permission(self, user: User, *any_of: str) -> bool:
        return not self.permissions_of(user).isdisjoint(any_of)

    def new_id(self, key_prefix: str) -> str:
        return make_id(key_prefix, next(self.serial))

    def note_schema(self) -> None:
        """Move the stamp of describe on, if the schema is not what it was at the last look."""
        seen = repr(self.schema)
        if self.schema_seen and seen != self.schema_seen:
            now = datetime.now(UTC).replace(microsecond=0)
            self.schema_changed = max(now, self.schema_changed + timedelta(seconds=1))
        self.schema_seen = seen
