"""From a connection id to a finished :class:`OrgConnection`, with its secrets masked in the task's log."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from airflow_sf_health import compat
from airflow_sf_health.edges.absence import ABSENT, FOUND, UNREADABLE, Absence, awhy_absent, why_absent, why_refused
from airflow_sf_health.edges.memory import NONE
from airflow_sf_health.edges.site import site
from airflow_sf_health.errors import OrgConnectionError
from airflow_sf_health.settings import Settings

if TYPE_CHECKING:
    from airflow_sf_health.org.connection import OrgConnection, TimeLimits


class LookupFailed(Exception):
    """Airflow gave no connection: there is none of this id, or what keeps it could not be asked, or it cannot be decrypted.
    Airflow's own error is the cause (``__cause__``) of this one; ``absence`` is what is certain beyond it, None where nothing is.
    """

    absence: Absence | None = None

    @property
    def is_absent(self) -> bool:
        """Whether there is certainly no such connection."""
        return self.absence is ABSENT


@dataclass(frozen=True, slots=True)
class _Stored:
    """What is read of an Airflow connection. Airflow up to 2.11 decrypts as a field is read, which fails with a wrong key."""

    login: str | None
    password: str | None = field(repr=False)
    extra: str | None = field(repr=False)

    @classmethod
    def of(cls, found: compat.Connection) -> _Stored:
        return cls(found.login, found.password, found.extra)


def resolve(
    conn_id: str, session_id: str | None = None, *, name: str | None = None, chosen: Settings | None = None
) -> OrgConnection:
    """Give the connection as the examination sees it, for a task or the process behind Airflow's Test button.

    Masks its secrets, and those of its diagnostic connection, so it must not be called from a thread in a triggerer.

    :param name: the id that messages use; by default the one that it has.
    :param chosen: the site's settings, where they have been read already.
    :raises LookupFailed: Airflow gave no connection.
    :raises OrgConnectionError: a field is missing, contradictory or malformed. One of the diagnostic connection is not raised:
        it becomes ``diagnostic_problem``.
    """
    connection = _org_connection(conn_id if name is None else name, _taken(_look_up(conn_id)), session_id, chosen)
    if connection.diagnostic_conn_id is not None:
        connection = _with_second_user(connection, conn_id, _look_up(connection.diagnostic_conn_id))
    for secret in connection.secrets():
        compat.mask_secret(secret)
    return connection


async def aresolve(conn_id: str) -> OrgConnection:
    """The same on the event loop of a triggerer. Masks nothing: what follows in a trigger writes no log.

    :raises: as :func:`resolve`.
    """
    connection = _org_connection(conn_id, _taken(await _alook_up(conn_id)), None)
    if connection.diagnostic_conn_id is not None:
        connection = _with_second_user(connection, conn_id, await _alook_up(connection.diagnostic_conn_id))
    return connection


def _look_up(conn_id: str, *, again: bool = False) -> _Stored | LookupFailed:
    try:
        return _Stored.of(compat.get_connection(conn_id))
    except compat.AirflowNotFoundException as error:
        absence = UNREADABLE if again else why_absent(conn_id)
        return _failed(error, absence) if absence is not FOUND else _look_up(conn_id, again=True)
    except Exception as error:  # noqa: BLE001 - each secrets backend has errors of its own
        return _failed(error, why_refused(error))


async def _alook_up(conn_id: str, *, again: bool = False) -> _Stored | LookupFailed:
    try:
        return _Stored.of(await compat.aget_connection(conn_id))
    except compat.AirflowNotFoundException as error:
        absence = UNREADABLE if again else await awhy_absent(conn_id)
        return _failed(error, absence) if absence is not FOUND else await _alook_up(conn_id, again=True)
    except Exception as error:  # noqa: BLE001 - the same
        return _failed(error, why_refused(error))


def _failed(error: Exception, absence: Absence | None) -> LookupFailed:
    failed = LookupFailed(_in_one_line(error))
    failed.__cause__, failed.absence = error, absence
    return failed


def _taken(found: _Stored | LookupFailed) -> _Stored:
    if isinstance(found, LookupFailed):
        raise found
    return found


def _with_second_user(connection: OrgConnection, conn_id: str, found: _Stored | LookupFailed) -> OrgConnection:
    """The connection with the one of its second user, or with why there is none: no examination fails for that."""
    second_id = connection.diagnostic_conn_id or ""
    try:
        second = _org_connection(second_id, _taken(found), None)
    except LookupFailed as error:
        problem = f"Airflow gave no such connection ({error})"
    except OrgConnectionError as error:
        problem = str(error).rstrip(".")
    else:
        if second_id == conn_id:
            problem = "it is the connection that is examined; name one of another user"
        elif second.diagnostic_conn_id is not None:
            problem = "it names a diagnostic connection of its own; remove its extra 'diagnostic_conn_id'"
        else:
            return replace(connection, diagnostic=second)
    return replace(connection, diagnostic_problem=f"connection '{second_id}' could not be asked: {problem}")


def _org_connection(
    conn_id: str, found: _Stored, session_id: str | None, chosen: Settings | None = None
) -> OrgConnection:
    from airflow_sf_health.org.connection import org_connection

    chosen = chosen or site()
    return org_connection(
        conn_id,
        login=found.login,
        password=found.password,
        extra=_extra(conn_id, found.extra),
        session_id=session_id,
        time_limits=time_limits(chosen),
        installation=chosen.installation,
        keeps_grants=keeps_grants(chosen),
    )


def keeps_grants(chosen: Settings) -> bool:
    """Whether the site's store keeps what a rotating refresh token changes to: only one that the site itself has named.

    The file that stands in where it named none is of this host alone. A task on another host would not know that the token in the
    connection was spent, would spend it again, and so have Salesforce revoke the one that this host keeps. Who names a store, a file
    too, says by that where all of its hosts look.
    """
    return chosen.store.lower() not in ("", NONE)


def _extra(conn_id: str, text: str | None) -> Mapping[str, Any]:
    """The extras as they are stored. Airflow's ``extra_dejson`` takes broken JSON for no extras, and tells its supervisor
    of secrets, which a trigger should not do.
    """
    try:
        extra = json.loads(text or "{}")
    except ValueError:
        extra = None
    if not isinstance(extra, dict):
        raise OrgConnectionError(
            f"Connection '{conn_id}' has an extra that is no JSON object (not shown: it may hold secrets). Write it like "
            '{"domain": "acme.my"}.',
            conn_id=conn_id,
            field="extra",
        )
    return extra


def time_limits(chosen: Settings) -> TimeLimits:
    """The site's time limits; a connection's own go before them."""
    from airflow_sf_health.org.connection import TimeLimits

    return TimeLimits(connect=chosen.connect_timeout, read=chosen.read_timeout, examination=chosen.examination_timeout)


def _in_one_line(error: Exception) -> str:
    said = next(iter(str(error).splitlines()), "")[:300]
    return f"{type(error).__name__}: {said}" if said else type(error).__name__
