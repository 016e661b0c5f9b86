"""Why Airflow gave no connection. It says "isn't defined" where there is none, and where what keeps it could not be asked as well."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

from airflow_sf_health import compat

AIRFLOWS_OWN = ("airflow.secrets.", "airflow.sdk.execution_time.secrets.")
"""Where the backends are whose failures come through. Others may say that there is none where they were refused."""
WRONG_VALUES = (ValueError, TypeError, LookupError, AttributeError)
"""Errors about what a backend holds, and not about reaching it."""
ANY_DAG = "airflow_sf_health"
"""How many runs a DAG has is a question to the database, whichever DAG it is."""


class Kind(Enum):
    """What is certain."""

    ABSENT = "there is none"
    UNANSWERED = "what keeps it could not be asked, or cannot read it"
    FOUND = "it is there by now"


@dataclass(frozen=True, slots=True)
class Absence:
    """What became of a connection that "isn't defined". ``said`` is one line without secrets."""

    kind: Kind
    said: str = ""


FOUND = Absence(Kind.FOUND)
ABSENT = Absence(Kind.ABSENT, "Airflow was asked twice and has no connection of this id")
UNREADABLE = Absence(
    Kind.UNANSWERED, "Airflow has the connection and cannot read it; its [core] fernet_key may be another"
)
REFUSED = Absence(Kind.UNANSWERED, "Airflow's API server refuses the connection to this task")


def why_absent(conn_id: str) -> Absence | None:
    """Ask once more, each place by itself; None where nothing is certain.

    Must not be called in a triggerer, where Airflow is to be asked on its loop.
    """
    backends = compat.secrets_backends()
    asked = [_asked(each, conn_id) for each in backends if not compat.is_api_server(each)]
    answer = next((each for each in asked if each is not None and each is not ABSENT), None)
    if answer is not None:
        return answer
    if len(asked) < len(backends):
        answer = _of_reply(compat.ask_supervisor("GetConnection", conn_id=conn_id))
        if answer is ABSENT:
            answer = _unless_away(compat.ask_supervisor("GetDRCount", dag_id=ANY_DAG))
    else:
        answer = ABSENT if backends else None
    return answer if answer is not ABSENT or all(each is ABSENT for each in asked) else None


async def awhy_absent(conn_id: str) -> Absence | None:
    """The same on the event loop of a triggerer. Places that are no part of Airflow are not asked again there: it would need a
    thread, and nobody knows what they call of Airflow's.
    """
    if not compat.AIRFLOW_V_3_0_PLUS:
        return await asyncio.to_thread(why_absent, conn_id)
    if not compat.in_a_triggerer():
        return why_absent(conn_id)  # `dag.test()`
    backends = compat.secrets_backends()
    if not any(compat.is_api_server(each) for each in backends):
        return None
    answer = _of_reply(await compat.aask_supervisor("GetConnection", conn_id=conn_id))
    if answer is ABSENT:
        answer = _unless_away(await compat.aask_supervisor("GetDRCount", dag_id=ANY_DAG))
    return answer if answer is not ABSENT or _are_airflows_own(backends) else None


def why_refused(error: Exception) -> Absence | None:
    """What an error is certain of that Airflow raised instead of "isn't defined"."""
    is_airflows = type(error).__module__.startswith("airflow.")
    return REFUSED if is_airflows and isinstance(error, PermissionError) else None


def _asked(backend: Any, conn_id: str) -> Absence | None:
    try:
        found = backend.get_connection(conn_id=conn_id)
    except WRONG_VALUES:
        return None
    except Exception as error:  # noqa: BLE001 - each has errors of its own
        # Not its text, which may quote what it read.
        return Absence(Kind.UNANSWERED, f"{type(backend).__name__} could not be asked ({type(error).__name__})")
    if found:
        return FOUND
    return ABSENT if _are_airflows_own([backend]) else None


def _are_airflows_own(backends: Sequence[Any]) -> bool:
    return all(type(each).__module__.startswith(AIRFLOWS_OWN) for each in backends)


def _of_reply(reply: compat.Reply) -> Absence | None:
    """What the API server's reply says of the connection."""
    if reply.error is None:
        return FOUND
    if reply.error == "CONNECTION_NOT_FOUND":
        return ABSENT
    if reply.error == "PERMISSION_DENIED" or reply.status in (401, 403):
        return REFUSED
    return _unanswered(reply)


def _unless_away(reply: compat.Reply) -> Absence | None:
    """The API server says that there is none where its database is away, too; then it cannot answer this either."""
    return ABSENT if reply.error is None else _unanswered(reply)


def _unanswered(reply: compat.Reply) -> Absence | None:
    if reply.status is None:
        return Absence(Kind.UNANSWERED, f"Airflow's API server gave no answer ({reply.error})")
    if reply.status < 500:
        return None
    return Absence(Kind.UNANSWERED, f"Airflow's API server answered with HTTP status {reply.status} ({reply.error})")
