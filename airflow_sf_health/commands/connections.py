"""The connection that a command is given, or one sentence about why there is none."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

from airflow_sf_health import compat
from airflow_sf_health.commands import ExitCode
from airflow_sf_health.commands.errors import CommandError

if TYPE_CHECKING:
    from airflow_sf_health.org.connection import OrgConnection


def resolved(conn_id: str) -> OrgConnection:
    """The connection of this id, as a task would have it.

    :raises CommandError: Airflow gave none.
    :raises OrgConnectionError: a field of it is missing, contradictory or malformed.
    """
    from airflow_sf_health.edges.connections import LookupFailed, resolve

    try:
        return resolve(conn_id)
    except LookupFailed as error:
        raise why_missing(conn_id, str(error)) from error


def why_missing(conn_id: str, said: str) -> CommandError:
    """Airflow says "isn't defined" for an outage too; here its database can be asked, so the two are told apart.

    :param said: Airflow's own words, begun by the kind of its error.
    """
    if variable := compat.unreadable_variable(conn_id):
        return CommandError(
            f"connection '{conn_id}' cannot be read: Airflow takes no connection from the environment variable {variable}. "
            "Write it as a URI, or as JSON with conn_type, login, password and extra."
        )
    try:
        known = compat.stored_connection_ids()
    except Exception as error:  # noqa: BLE001 - whatever kind of error the driver of a database has
        return CommandError(
            f"Airflow's database could not be asked for connection '{conn_id}' ({_in_short(error)}). Set "
            "[database] sql_alchemy_conn to the one that your Airflow uses, or run this where Airflow runs.",
            ExitCode.NOT_ASKED,
        )
    if conn_id in known or not said.startswith("AirflowNotFoundException"):
        hint = " Is [core] fernet_key here the key that it was stored with?" if "InvalidToken" in said else ""
        return CommandError(f"connection '{conn_id}' cannot be read: {said}.{hint}", ExitCode.NOT_ASKED)
    near = difflib.get_close_matches(conn_id, known, n=1)
    hint = f" Did you mean '{near[0]}'?" if near else " `airflow connections list` shows those of the database."
    return CommandError(
        f"there is no connection '{conn_id}' in Airflow's environment, secrets backends and database.{hint}"
    )


def _in_short(error: Exception) -> str:
    """What the database's driver said, on one line. Other errors' texts may hold the whole address, password included."""
    said = str(getattr(error, "orig", "")).partition("\n")[0].strip()
    return said or type(error).__name__
