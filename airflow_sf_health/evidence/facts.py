"""What the examination knows by itself, as frozen values without secrets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from airflow_sf_health.org.errors import Refusal
from airflow_sf_health.org.flows import LoginFlow, StockDoor
from airflow_sf_health.org.proxies import StockProxies

if TYPE_CHECKING:
    import pendulum

    from airflow_sf_health.evidence.permission_source import PermissionSource
    from airflow_sf_health.schema.shape import ObjectShape


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionFacts:
    """The connection without its secrets. ``ignored`` are fields that the flow does not read, ``stock`` is what the stock hook
    does where it does not take the same flow, ``stock_proxies`` why it cannot use the proxies.
    """

    conn_id: str
    flow: LoginFlow
    login: str | None
    first_host: str
    version: str
    ignored: tuple[str, ...] = ()
    expected_org_id: str | None = None
    stock: StockDoor | None = None
    stock_proxies: StockProxies | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LoginFacts:
    """How the token was had. ``refusal`` is None when there is one; ``fresh`` when a login was made just now, or short enough before
    this look, by whichever task: then ``shared``. ``replaced``: Salesforce called a shared token dead, and this login came into its place.
    ``clock_ahead``: seconds by which this machine's clock is ahead of Salesforce's, by the reply to the login.
    """

    flow: LoginFlow
    at: pendulum.DateTime
    refusal: Refusal | None = None
    fresh: bool = False
    org_id: str | None = None
    user_id: str | None = None
    username: str | None = None
    host: str | None = None
    password_expired: bool = False
    withheld: str | None = None
    """Why no login was made though one could be: a sentence on a refresh token that is not ours to spend."""
    rotated: bool = False
    """The reply brought a new refresh token, which nothing keeps: the login spent the one that the connection holds."""
    shared: bool = False
    replaced: bool = False
    clock_ahead: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NextTokenFacts:
    """Whether the *next* token can be had. ``by`` says how that is known: by the ``login`` just made, by a ``renewal`` made beside
    a ready session, by ``introspection`` of a refresh token that was not spent, or not at all (``nothing``: the connection
    holds nothing that makes a token, or nothing that was tried). ``refusal`` is what was answered instead; ``active`` what
    introspection said; ``rotated``, that the login spent the refresh token that it was made with. ``untried`` says why nothing
    was tried though something could be, ``broken`` what is wrong with the fields that were meant to renew a ready session. ``proven_at``
    is when a shared login was made, short enough before this look.
    """

    by: Literal["login", "renewal", "introspection", "nothing"]
    flow: LoginFlow | None = None
    refusal: Refusal | None = None
    active: bool | None = None
    expires: pendulum.DateTime | None = None
    rotated: bool = False
    untried: str = ""
    broken: str = ""
    proven_at: pendulum.DateTime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SecondSight:
    """What the user of ``diagnostic_conn_id`` saw of the integration user after a failure; None is "not seen".

    ``refusal`` is set where nothing could be asked at all; ``not_before`` beside it where the second user's own login was
    refused at ``refused_at`` and is not tried again until then. ``unread`` names what this second user could not read either.
    ``user_id`` is there when the integration user was found, and then ``org_id`` and ``host`` are that user's too.
    ``changed_at`` and ``changed_by`` (a user id) are of the record that says whether the user is frozen or locked.
    ``login_status`` is LoginHistory's own label for the login by ``login_flow`` that was refused; not ``login_sure``: other
    entries may be it as well, and ``other_statuses`` are what they say. ``login_recorded`` is False where LoginHistory was
    read and has no such entry; ``logins_unshown`` where it showed no entry at all, perhaps for lack of a right.
    ``api_only_from`` is what makes the user API-only. ``spent``: the second user's own login spent its refresh token.
    """

    conn_id: str
    refusal: Refusal | None = None
    refused_at: pendulum.DateTime | None = None
    not_before: pendulum.DateTime | None = None
    user_id: str | None = None
    username: str | None = None
    profile_id: str | None = None
    org_id: str | None = None
    host: str | None = None
    is_active: bool | None = None
    is_frozen: bool | None = None
    is_locked: bool | None = None
    changed_at: str | None = None
    changed_by: str | None = None
    login_flow: LoginFlow | None = None
    login_status: str | None = None
    other_statuses: tuple[str, ...] = ()
    login_sure: bool = True
    login_at: str | None = None
    login_ip: str | None = None
    login_recorded: bool | None = None
    logins_unshown: bool = False
    license_name: str | None = None
    license_status: str | None = None
    api_only_from: tuple[PermissionSource, ...] = ()
    unread: tuple[str, ...] = ()
    spent: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiFacts:
    """Whether the API answered this user at all, and the header's count of the org's last 24 hours."""

    refusal: Refusal | None = None
    used: int | None = None
    allowed: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """One of the org's limits, with what is left of it."""

    most: int
    remaining: int

    @property
    def used(self) -> int:
        """Never below zero: the two numbers may be some minutes apart."""
        return max(self.most - self.remaining, 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Described:
    """One object as it is now. ``unchanged``: Salesforce said 304, and the rights are those of the remembered shape, which this is
    then; ``body`` is the whole describe, None of an unchanged one. ``last_modified`` is the HTTP header's text.
    """

    shape: ObjectShape
    at: pendulum.DateTime
    unchanged: bool = False
    body: Mapping[str, Any] | None = None
    last_modified: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Remembered:
    """The baseline of one object for one use of it.

    ``taken_at``: when it was described; ``compared_at``: when a whole describe was last found equal to it, or benign;
    ``confirmed_at``: when it was last found unchanged in either way; ``refused_at``: since when another schema is there that this use
    does not accept, None: there is none. ``last_modified`` goes into ``If-Modified-Since``; ``rights`` is a digest of profile,
    permission sets and permission stamp as they were then, None where they could not be read. ``use`` is the key of the use, empty:
    of every one.
    """

    shape: ObjectShape
    taken_at: pendulum.DateTime
    compared_at: pendulum.DateTime
    confirmed_at: pendulum.DateTime
    refused_at: pendulum.DateTime | None = None
    last_modified: str | None = None
    rights: str | None = None
    use: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RememberedUser:
    """Who the connection's user was at the last look after which the task could go on. ``permissions`` are all effective ones (their
    names without ``Permissions``) -> granted; ``permission_sets`` id -> label, None where they could not be read. ``former`` is
    what the user was before it was last seen ``changed_at``, for some days.
    """

    at: pendulum.DateTime
    org_id: str
    user_id: str
    username: str | None = None
    org_name: str | None = None
    host: str | None = None
    is_sandbox: bool | None = None
    instance_name: str | None = None
    profile_id: str | None = None
    profile_name: str | None = None
    license: str | None = None
    user_type: str | None = None
    permissions: Mapping[str, bool] = field(default_factory=dict)
    permission_sets: Mapping[str, str] | None = None
    former: RememberedUser | None = None
    changed_at: pendulum.DateTime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MemoryFacts:
    """What is remembered. ``reach`` says of how many machines' looks ("this host only", "shared: postgresql"), empty where there is
    no memory at all; ``problem``, a sentence, why one that there should be cannot be used. ``snapshots`` are by API name.
    """

    reach: str = ""
    problem: str = ""
    snapshots: Mapping[str, Remembered] = field(default_factory=dict)
    user: RememberedUser | None = None
    damaged: tuple[str, ...] = ()
    """Objects whose baseline is there and cannot be read."""
    user_damaged: bool = False
    """The same of the user."""
