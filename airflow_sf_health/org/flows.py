"""Which of simple-salesforce's login flows a connection's fields select.

simple-salesforce picks the flow by which arguments are present, in a fixed order, and ignores the rest in silence
(``Salesforce.__init__`` of 1.12; a table test compares this module with it). So a JWT connection with a left-over password
and security token logs in by SOAP. The examination must walk through the very door that the guarded task will use; where the
connection sends us through another one (``login_flow``, a refresh token), it says what the stock hook does instead.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum


class LoginFlow(StrEnum):
    """A way to an access token. The value is what reports and payloads carry; :attr:`label` is what people read."""

    SOAP_TOKEN = "soap_token"
    SESSION = "session"
    SOAP_ORGANIZATION = "soap_organization"
    PASSWORD = "password"
    JWT_BEARER = "jwt_bearer"
    CLIENT_CREDENTIALS = "client_credentials"
    REFRESH_TOKEN = "refresh_token"
    """Not one of simple-salesforce's own; our hook alone takes it."""

    @property
    def label(self) -> str:
        """The flow's name in a sentence: ``JWT bearer``."""
        return _LABELS[self]

    @property
    def is_soap(self) -> bool:
        """Whether it calls SOAP ``login()``, which Salesforce ends in Summer '27."""
        return self in (LoginFlow.SOAP_TOKEN, LoginFlow.SOAP_ORGANIZATION)

    @property
    def request_label(self) -> str:
        """The request that the flow makes, as a message names it: ``token request (JWT bearer)``."""
        return f"SOAP login ({self.label})" if self.is_soap else f"token request ({self.label})"


_LABELS = {
    LoginFlow.SOAP_TOKEN: "user name, password and security token",
    LoginFlow.SESSION: "ready session",
    LoginFlow.SOAP_ORGANIZATION: "user name, password and organization id",
    LoginFlow.PASSWORD: "username-password OAuth",
    LoginFlow.JWT_BEARER: "JWT bearer",
    LoginFlow.CLIENT_CREDENTIALS: "client credentials",
    LoginFlow.REFRESH_TOKEN: "refresh token",
}


@dataclass(frozen=True, slots=True)
class Door:
    """One flow with the fields that open it: all of ``needs``, and one of ``one_of`` where that is not empty."""

    flow: LoginFlow
    needs: tuple[str, ...]
    one_of: tuple[str, ...] = ()
    also_uses: tuple[str, ...] = ()

    def missing(self, present: Collection[str]) -> tuple[str, ...]:
        """What is still lacking, in words for a message."""
        lacking = tuple(name for name in self.needs if name not in present)
        if self.one_of and not set(self.one_of) & set(present):
            lacking += (" or ".join(self.one_of),)
        return lacking

    def uses(self, present: Collection[str]) -> frozenset[str]:
        """The present fields that the flow reads. Of two alternatives simple-salesforce takes the first of ``one_of``."""
        chosen = next((name for name in self.one_of if name in present), None)
        fields = {*self.needs, *self.also_uses, *([chosen] if chosen else [])}
        return frozenset(fields & set(present))


DOORS = (
    Door(LoginFlow.SOAP_TOKEN, ("login", "password", "security_token"), also_uses=("domain", "client_id")),
    Door(LoginFlow.SESSION, ("session_id",), one_of=("instance_url", "instance")),
    Door(LoginFlow.SOAP_ORGANIZATION, ("login", "password", "organization_id"), also_uses=("domain", "client_id")),
    Door(LoginFlow.PASSWORD, ("login", "password", "consumer_key", "consumer_secret"), also_uses=("domain",)),
    Door(
        LoginFlow.JWT_BEARER,
        ("login", "consumer_key"),
        one_of=("private_key_file_path", "private_key"),
        also_uses=("domain", "instance_url"),
    ),
    Door(LoginFlow.CLIENT_CREDENTIALS, ("consumer_key", "consumer_secret"), also_uses=("domain",)),
)
"""The order is simple-salesforce's own: the first door that opens is the one it takes."""

REFRESH_DOOR = Door(LoginFlow.REFRESH_TOKEN, ("consumer_key", "refresh_token"), also_uses=("consumer_secret", "domain"))
"""Ours alone, so it stands beside that order: it opens where no other door does, or where ``login_flow`` chooses it."""

CREDENTIAL_FIELDS = frozenset(
    name for door in (*DOORS, REFRESH_DOOR) for name in (*door.needs, *door.one_of, *door.also_uses)
)
"""Each connection field that some flow reads; such a field that the chosen flow does not read is a left-over."""


def door_of(flow: LoginFlow) -> Door:
    """Give the door of a flow."""
    return next(door for door in (*DOORS, REFRESH_DOOR) if door.flow is flow)


def stock_open_door(present: Collection[str]) -> Door | None:
    """Give the door that simple-salesforce takes with these fields present, or None if none opens."""
    return next((door for door in DOORS if not door.missing(present)), None)


def open_door(present: Collection[str]) -> Door | None:
    """Give the door that we take where nothing chooses one: simple-salesforce's, and where it has none, that of a refresh
    token.
    """
    return stock_open_door(present) or (None if REFRESH_DOOR.missing(present) else REFRESH_DOOR)


def nearest_door(present: Collection[str]) -> Door:
    """Give the door for which least is missing: the one the owner most likely meant. Newer flows win a tie, that of a refresh
    token none.
    """

    def distance(door: Door) -> tuple[int, int]:
        return len(door.missing(present)), -len(door.uses(present))

    return min((*reversed(DOORS), REFRESH_DOOR), key=distance)


@dataclass(frozen=True, slots=True)
class StockDoor:
    """What the stock hook makes of a connection by which we log in another way than it does: it reads neither a ready session
    nor a refresh token in the extras, nor ``login_flow``.

    ``flow`` is the flow that it takes, None for none. ``misreads_url``: that flow would take ``instance_url``, a whole URL, for
    a part of the login host's name, and fail.
    """

    flow: LoginFlow | None
    misreads_url: bool = False


def stock_door(present: Collection[str], *, whole_url: bool) -> StockDoor:
    """Give what the stock hook makes of these fields, a ready session in the extras not among them.

    :param whole_url: whether ``instance_url`` is a whole URL.
    """
    door = stock_open_door(present)
    flow = door.flow if door else None
    return StockDoor(flow, misreads_url=whole_url and flow is LoginFlow.JWT_BEARER and "instance_url" in present)
