"""Which door a connection takes, which one the stock hook would take, and what neither reads. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress

from airflow_sf_health.errors import OrgConnectionError
from airflow_sf_health.org.fields import OWN_INSTALLATION, SHARED_DOMAINS, Fields
from airflow_sf_health.org.flows import (
    REFRESH_DOOR,
    Door,
    LoginFlow,
    StockDoor,
    door_of,
    nearest_door,
    open_door,
    stock_door,
)

SESSION_FIELDS = ("session_id", "instance_url", "instance")


def choose_door(given: Fields, present: set[str]) -> Door:
    """The door that ``login_flow`` chooses, else the one that the fields open. A session handed over by the caller goes first:
    he has it in place of a login.
    """
    chosen = given.login_flow()
    if chosen is None:
        door = _opening(given, present)
        if door is None:
            raise _incomplete(given, present)
        return door
    ready = door_of(LoginFlow.SESSION)
    if given.session_is_argument and not ready.missing(present):
        return ready
    return _chosen(given, present, chosen)


def _chosen(given: Fields, present: set[str], flow: LoginFlow) -> Door:
    door = door_of(flow)
    if missing := door.missing(present):
        raise given.error(
            f"chooses {door.flow.label} by its extra 'login_flow', and lacks {', '.join(missing)} for it. Add what is missing, "
            "or remove login_flow.",
            missing[0],
            door.flow,
        )
    return door


def _opening(given: Fields, present: set[str]) -> Door | None:
    """The door that the fields open. On a shared login host simple-salesforce refuses to log in by client credentials, so there
    a refresh token beside key and secret is what was meant.
    """
    door = open_door(present)
    if door is not None and _is_shut_to_stock(door, given) and not REFRESH_DOOR.missing(present):
        return REFRESH_DOOR
    return door


def _is_shut_to_stock(door: Door, given: Fields) -> bool:
    return door.flow is LoginFlow.CLIENT_CREDENTIALS and (given.text("domain") or "login") in SHARED_DOMAINS


def _incomplete(given: Fields, present: set[str]) -> OrgConnectionError:
    door = nearest_door(present)
    missing = door.missing(present)
    has = ", ".join(sorted(present)) or "no credential field at all"
    return given.error(
        f"has {has}, and that makes no login flow. Nearest is {door.flow.label}: add {', '.join(missing)}.",
        missing[0],
        door.flow,
    )


def stock_beside(door: Door, given: Fields, present: set[str]) -> StockDoor | None:
    """What the stock hook does instead, where it does not do the same."""
    read = present - {"session_id"} if given.session_is_extra else present
    stock = stock_door(read, whole_url=given.has_whole_url())
    if stock.flow is door.flow:
        return None
    return StockDoor(None) if stock.flow and _is_shut_to_stock(door_of(stock.flow), given) else stock


def left_over(door: Door, given: Fields, unread: set[str]) -> tuple[str, ...]:
    """What nothing reads. Beside a ready session, its renewal reads the fields of a flow of their own."""
    renewal = None
    if door.flow is LoginFlow.SESSION:
        with suppress(OrgConnectionError):  # told with the session's renewal
            renewal = renewal_door(given, unread)
    read = set(renewal.uses(unread)) if renewal else set()
    if LoginFlow.REFRESH_TOKEN in (door.flow, renewal.flow if renewal else None):
        read.add("login")  # says whose token it is
    return tuple(sorted(name for name in unread - read if given.values[name]))


def renewal_door(given: Fields, present: set[str]) -> Door | None:
    """The flow that the fields beside a ready session open, or that ``login_flow`` chooses among them.

    :raises OrgConnectionError: the chosen one is incomplete.
    """
    others, chosen = present - set(SESSION_FIELDS), given.login_flow()
    if chosen in (None, LoginFlow.SESSION):
        return _opening(given, others)
    return _chosen(given, others, chosen)


def reason_to_withhold(door: Door, given: Fields) -> str | None:
    """Why a refresh token is not ours to spend, else None; where something can be set to mend that, what. Rotation and ownership
    cannot be read from the token itself.
    """
    rotates, owner = given.is_on("refresh_token_rotation"), _owner(given)
    if door.flow is not LoginFlow.REFRESH_TOKEN:
        return None
    if owner not in ("", OWN_INSTALLATION, given.installation.casefold()):
        return f"its refresh token belongs to {given.text('refresh_token_owner')!r} (refresh_token_owner), which alone may use it"
    missing = " and ".join(_missing_to_rotate(given, owner)) if rotates else ""
    return f"its refresh token changes at each use (refresh_token_rotation), and {missing}" if missing else None


def may_rotate(door: Door, given: Fields) -> bool:
    """Whether a successor of the refresh token is ours to keep, and is kept. An installation that has no name of its own owns none: another
    one with the same connections and the same name would spend it as well.
    """
    return door.flow is LoginFlow.REFRESH_TOKEN and not any(_missing_to_rotate(given, _owner(given)))


def _missing_to_rotate(given: Fields, owner: str) -> Iterator[str]:
    if given.installation.casefold() == OWN_INSTALLATION:
        yield (
            "this installation has the name that each one has by default (set [sf_health] installation to one that no other has, and "
            "refresh_token_owner to the same)"
        )
    elif owner != given.installation.casefold():
        yield (
            f"refresh_token_owner does not say that this installation alone uses it (set it to '{given.installation}' where that is so)"
        )
    if not given.keeps_grants:
        yield "no store is named to keep the new one (set [sf_health] store to a database that all hosts reach)"


def _owner(given: Fields) -> str:
    return (given.text("refresh_token_owner") or "").strip().casefold()
