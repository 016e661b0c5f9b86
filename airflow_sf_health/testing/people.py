"""Who is in the fake org and what they may do: users, profiles, permission sets and groups, licences, logins made."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime


@dataclass
class Rights:
    """What one user (or one profile or permission set) may do with one object: CRUD and field-level security."""

    read: bool = True
    create: bool = True
    edit: bool = True
    delete: bool = True
    hidden_fields: set[str] = field(default_factory=set)
    read_only_fields: set[str] = field(default_factory=set)
    record_types: set[str] | None = None
    """Developer names of the record types that new rows may have beside Master; None: all."""


@dataclass
class License:
    """A user licence (``UserLicense``)."""

    id: str
    name: str
    key: str
    status: str = "Active"
    total: int = 10
    used: int = 1


@dataclass
class PermissionSetLicense(License):
    """A permission-set licence; ``expires`` is a date (``2027-01-31``), ``status`` Active or Disabled (which is expired)."""

    expires: str | None = None


@dataclass
class PackageLicense:
    """The licences of an installed managed package; ``name`` is its namespace, ``expires`` an instant as Salesforce writes it."""

    id: str
    name: str
    status: str = "Active"
    expires: str | None = None
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
    login_hours: tuple[int, int] | None = None
    """From and to which hour (UTC, to excluded) its users may log in; None: at any time."""
    login_ip_ranges: list[tuple[str, str]] = field(default_factory=list)
    """From and to which address its users may log in; none: from anywhere."""


@dataclass
class PermissionSet(PermissionHolder):
    label: str = ""


@dataclass
class PermissionSetGroup:
    """Permission sets assigned together, less what the group mutes."""

    id: str
    name: str
    label: str = ""
    permission_set_ids: list[str] = field(default_factory=list)
    muted: set[str] = field(default_factory=set)
    status: str = "Updated"


@dataclass
class Queue:
    """A queue, by its developer name, and the objects of which it may own rows."""

    id: str
    name: str
    label: str = ""
    email: str | None = None
    objects: list[str] = field(default_factory=list)


@dataclass
class Group:
    """A group that owns no rows: a public one, or one of the two that a role has (``Role``, ``RoleAndSubordinates``)."""

    id: str
    name: str
    """The developer name, which is unique among the groups of one type (documented): a queue may have the same."""
    type: str = "Regular"
    label: str = ""


@dataclass
class PartnerConnection:
    """A connection of Salesforce to Salesforce; its primary contact is the user whom the setup pages call its owner."""

    id: str
    name: str
    primary_contact_id: str
    status: str = "Accepted"


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
    hidden: bool = False
    """By user sharing: only who may view or manage all users sees the user, whatever ``org.user_sharing_private`` says."""
    password_expired: bool = False
    frozen: bool = False
    locked: bool = False
    """Locked out after too many wrong passwords (``UserLogin.IsPasswordLocked``)."""
    permission_set_ids: list[str] = field(default_factory=list)
    permission_set_group_ids: list[str] = field(default_factory=list)
    permission_set_license_ids: list[str] = field(default_factory=list)
    packages: list[str] = field(default_factory=list)
    """Namespaces of the managed packages that the user has a licence for."""
    last_login: str | None = None
    last_password_change: str | None = "2026-01-12T08:30:00.000+0000"
    federation_id: str | None = None
    created: str = "2025-03-03T09:00:00.000+0000"


@dataclass
class LoginAttempt:
    """A row of LoginHistory. ``status`` is one of Salesforce's own labels (facts 4.6), ``sub_type`` one like ``OauthJwtBearer``."""

    id: str
    user_id: str
    at: datetime
    status: str
    login_type: str
    sub_type: str | None
    source_ip: str
    login_url: str
    application: str
    api_type: str | None = None
    api_version: str | None = None
