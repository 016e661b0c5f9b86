"""The questions that checks may ask, as values: two checks that ask the same thing ask it once.

A :class:`Given` is answered by the examination itself; a :class:`Record` or :class:`Query` becomes one part of a
``/composite`` call. What can be read as one record is, since a call takes 25 parts but only 5 queries.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, TypeVar

if TYPE_CHECKING:
    import pendulum

    from airflow_sf_health.evidence.facts import (
        ApiFacts,
        ConnectionFacts,
        Described,  # noqa: F401 - the base class of Describe names it in a text
        Limit,  # noqa: F401 - so for Limits
        LoginFacts,
        MemoryFacts,
        NextTokenFacts,
        SecondSight,
    )
    from airflow_sf_health.options import Options
    from airflow_sf_health.requirements import Requirements
    from airflow_sf_health.schema.lock import Lock

T_co = TypeVar("T_co", covariant=True)

Row = Mapping[str, Any]
"""One record: API field name -> JSON value."""


@dataclass(frozen=True, slots=True)
class Need(Generic[T_co]):
    """A question whose answer is a ``T_co``."""

    name: str
    """Unique, a word: it is the part's reference id in a composite call and the name in messages."""


@dataclass(frozen=True, slots=True)
class Given(Need[T_co]):
    """Known without asking the org: the clock, the connection, how the login went."""


@dataclass(frozen=True, slots=True)
class Record(Need[Row]):
    """One record by id. ``record`` is an id, ``{user_id}`` or ``{org_id}`` of the identity, or a field of another record as
    ``@{name.Field}`` (a composite reference; the record of that name must be a need as well, in ``after``).
    """

    sobject: str
    record: str
    fields: tuple[str, ...]
    after: Record | None = None


@dataclass(frozen=True, slots=True)
class Query(Need[Sequence[Row]]):
    """The rows of one SOQL query; of a long answer the first page. ``{user_id}`` and ``{org_id}`` stand for those of the identity."""

    soql: str
    late: bool = False
    """Asked when the others have been answered, in a call that may hold describes: its loss must not cost the verdict."""
    explain: bool = False
    """Only explained (Beta): the one row is the plan. For what cannot be asked with ``LIMIT 0``."""


@dataclass(frozen=True, slots=True)
class Describe(Need["Described"]):
    """One object as the user sees it; asked late, at most 5 in a call, since one may take half a minute."""

    sobject: str


@dataclass(frozen=True, slots=True)
class Limits(Need["Mapping[str, Limit]"]):
    """What is left of the org's limits, by Salesforce's names, within five minutes. Asked late and by a request of its own (one API
    call): ``/limits`` is none of the resources that Salesforce documents for ``/composite``. Takes View Setup and Configuration.
    """


@dataclass(frozen=True, slots=True)
class ServedVersions(Need[Sequence[str]]):
    """The API versions that the org serves, ``67.0``. Asked (one request, not metered) only where the connection pins one that
    is newer than :data:`SERVED_EVERYWHERE`; else the answer is empty.
    """


SERVED_EVERYWHERE = 67
"""The newest API version (Summer '26) that each org is known to serve; later ones come to one instance after the other."""

NOW: Given[pendulum.DateTime] = Given("now")
"""The instant of the examination, UTC."""
CONNECTION: Given[ConnectionFacts] = Given("connection")
LOGIN: Given[LoginFacts] = Given("login")
API: Given[ApiFacts] = Given("api")
REQUIREMENTS: Given[Requirements] = Given("requirements")
OPTIONS: Given[Options] = Given("options")
"""The choices of the examination, each filled."""
MEMORY: Given[MemoryFacts] = Given("memory")
"""What is remembered of this org and user from earlier looks."""
LOCK: Given[Lock | None] = Given("lock")
"""The lock file that the task was given; None where there is none."""
NEXT_TOKEN: Given[NextTokenFacts] = Given("next_token")
"""Whether the next token can be had; answered only where a check asks it."""
SECOND_SIGHT: Given[SecondSight | None] = Given("second_sight")
"""What a second user saw after a failure; None where nobody was asked."""

RUNNING_USER = Record("user", "User", "{user_id}", ("Id", "Username", "IsActive", "ProfileId", "UserType"))
"""The integration user's own row; each API user may read it, under private user sharing too."""
OWN_PROFILE = Record("profile", "Profile", "@{user.ProfileId}", ("Id", "Name", "UserLicenseId"), after=RUNNING_USER)
"""The own profile; its row is always readable."""
OWN_LICENSE = Record(
    "license",
    "UserLicense",
    "@{profile.UserLicenseId}",
    ("Id", "Name", "LicenseDefinitionKey", "Status", "TotalLicenses", "UsedLicenses"),
    after=OWN_PROFILE,
)
"""The user licence behind the profile; reading it takes View Setup and Configuration."""
OWN_PERMISSIONS = Query(
    "permissions",
    "SELECT PermissionsApiEnabled, PermissionsApiUserOnly, PermissionsPasswordNeverExpires FROM UserPermissionAccess",
)
"""One row: the running user's effective permissions (profile, permission sets and groups, less muting). Any user may."""
ALL_PERMISSIONS = Query("all_permissions", "SELECT FIELDS(STANDARD) FROM UserPermissionAccess")
"""The same with all permissions that the org knows, and ``LastCacheUpdate``, which moves when they change."""
OWN_PERMISSION_SETS = Query(
    "own_permission_sets",
    "SELECT PermissionSetId, PermissionSetGroupId, PermissionSet.Label, PermissionSet.IsOwnedByProfile "
    "FROM PermissionSetAssignment WHERE AssigneeId = '{user_id}'",
)
"""What gives the own user its permissions; reading it takes View Setup, Assign Permission Sets or Manage Users."""
ORGANIZATION = Record(
    "organization",
    "Organization",
    "{org_id}",
    ("Id", "Name", "InstanceName", "IsSandbox"),
)
"""The org itself; all internal users may read it."""
ORG_STATE = Record("org_state", "Organization", "{org_id}", ("IsReadOnly", "TrialExpirationDate"))
"""Asked apart from :data:`ORGANIZATION`, so that a field that is hidden hides no more than itself."""
FROZEN = Query("frozen", "SELECT IsFrozen, IsPasswordLocked FROM UserLogin WHERE UserId = '{user_id}'")
"""Whether the own user is frozen or locked out; reading it takes Manage Users."""
PASSWORD_SET = Record("password_set", "User", "{user_id}", ("LastPasswordChangeDate",))
"""When the own password was last changed; apart from :data:`RUNNING_USER` for the same reason."""
API_ONLY_FROM = Query(
    "api_only_from",
    "SELECT PermissionSet.Label, PermissionSet.IsOwnedByProfile, PermissionSetGroup.MasterLabel FROM PermissionSetAssignment "
    "WHERE AssigneeId = '{user_id}' AND PermissionSet.PermissionsApiUserOnly = true",
)
"""What gives the own user "API Only User"; reading it takes View Setup, Assign Permission Sets or Manage Users."""
PERMISSION_SET_LICENSES = Query(
    "permission_set_licenses",
    "SELECT Id, PermissionSetLicenseKey, MasterLabel, Status, ExpirationDate FROM PermissionSetLicense",
)
"""The org's permission-set licences; all internal users may read them."""
OWN_PERMISSION_SET_LICENSES = Query(
    "own_permission_set_licenses",
    "SELECT PermissionSetLicenseId FROM PermissionSetLicenseAssign WHERE AssigneeId = '{user_id}'",
)
"""Those of the own user; reading it takes View Setup or Assign Permission Sets."""
PACKAGE_LICENSES = Query(
    "package_licenses", "SELECT Id, NamespacePrefix, Status, ExpirationDate, AllowedLicenses FROM PackageLicense"
)
"""The licences of the managed packages in the org."""
OWN_PACKAGE_LICENSES = Query(
    "own_package_licenses", "SELECT PackageLicenseId FROM UserPackageLicense WHERE UserId = '{user_id}'"
)
SERVED_VERSIONS = ServedVersions("served_versions")
ORG_LIMITS = Limits("limits")
