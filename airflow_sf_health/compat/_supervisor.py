"""What stands between a task or trigger and Airflow's API server, and what it replies."""

from __future__ import annotations

import asyncio
import importlib
import os
from collections.abc import Coroutine, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from airflow_sf_health.compat._installation import PROCESS_CONTEXT
from airflow_sf_health.compat._names import named

T = TypeVar("T")


async def to_the_end(call: Coroutine[Any, Any, T]) -> T:
    under_way = asyncio.ensure_future(call)
    _UNDER_WAY.add(under_way)
    under_way.add_done_callback(_UNDER_WAY.discard)
    return await asyncio.shield(under_way)


_UNDER_WAY: set[asyncio.Future[Any]] = set()
"""The event loop itself keeps no task alive."""


def in_a_triggerer() -> bool:
    """Whether Airflow 3 answers asynchronous calls here, which it does in a triggerer and not in `dag.test()`."""
    return hasattr(_supervisor(), "asend")


def _supervisor() -> Any:
    """What stands between this process and Airflow's API server; None on Airflow 2.11, and where no task or trigger runs."""
    if not named("AIRFLOW_V_3_0_PLUS"):
        return None
    return getattr(importlib.import_module("airflow.sdk.execution_time.task_runner"), "SUPERVISOR_COMMS", None)


def secrets_backends() -> Sequence[Any]:
    """Where a task or trigger looks connections up, in this order; nothing where neither runs, as in a command."""
    found: Sequence[Any] = ()
    if _supervisor() is not None:
        found = importlib.import_module("airflow.sdk.execution_time.supervisor").ensure_secrets_backend_loaded()
    elif not named("AIRFLOW_V_3_0_PLUS") and os.environ.get(PROCESS_CONTEXT) != "server":
        found = importlib.import_module("airflow.configuration").ensure_secrets_loaded()
    return found


def is_api_server(backend: Any) -> bool:
    """Whether a secrets backend asks Airflow's API server, through the supervisor."""
    return type(backend).__name__ == "ExecutionAPISecretsBackend"


@dataclass(frozen=True, slots=True)
class Reply:
    """What came of asking the supervisor: nothing said of it, or Airflow's word for the error and the HTTP status that it stands for."""

    error: str | None = None
    status: int | None = None


def ask_supervisor(kind: str, **fields: Any) -> Reply:
    """Send a message of this kind. Not in a triggerer."""
    try:
        return _reply(_supervisor().send(_message(kind, fields)))
    except Exception as error:  # noqa: BLE001 - `dag.test()` raises what the HTTP client raises
        return _reply(error)


async def aask_supervisor(kind: str, **fields: Any) -> Reply:
    """The same on the event loop of a triggerer; as there, nobody may break off while a reply is under way."""
    try:
        return _reply(await to_the_end(_supervisor().asend(_message(kind, fields))))
    except Exception as error:  # noqa: BLE001 - the same
        return _reply(error)


def _message(kind: str, fields: Mapping[str, Any]) -> Any:
    return getattr(importlib.import_module("airflow.sdk.execution_time.comms"), kind)(**fields)


def _reply(given: Any) -> Reply:
    """Airflow gives "not found" as a reply, and raises the others around one; the HTTP client's have the response with them."""
    answer = getattr(given, "error", None) if isinstance(given, Exception) else given
    word = getattr(getattr(answer, "error", None), "value", None)
    if word is not None:
        return Reply(str(word), (getattr(answer, "detail", None) or {}).get("status_code"))
    if isinstance(given, Exception):
        return Reply(type(given).__name__, getattr(getattr(given, "response", None), "status_code", None))
    return Reply()
