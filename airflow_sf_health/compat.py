"""The only module that knows Airflow versions (2.11, and 3.1 upwards).

Names of Airflow are loaded on first use: a DAG file that needs an operator does not pay for triggers.
"""

from __future__ import annotations

import asyncio
import importlib
import os
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from airflow.exceptions import AirflowClusterPolicyViolation
    from airflow.providers.common.compat.sdk import (
        XCOM_RETURN_KEY,
        AirflowException,
        AirflowFailException,
        AirflowNotFoundException,
        AirflowSensorTimeout,
        AirflowSkipException,
        AirflowTaskTimeout,
        BaseHook,
        BaseOperator,
        BaseOperatorLink,
        BaseSensorOperator,
        Connection,
        Context,
        ObjectStoragePath,
        PokeReturnValue,
        RetryDecision,
        RetryPolicy,
        XCom,
        conf,
        get_parsing_context,
        redact,
    )
    from airflow.providers.common.compat.version_compat import (
        AIRFLOW_V_3_0_PLUS,
        AIRFLOW_V_3_1_PLUS,
        AIRFLOW_V_3_3_PLUS,
    )
    from airflow.triggers.base import BaseTrigger, TriggerEvent

__all__ = [
    "AIRFLOW_V_3_0_PLUS",
    "AIRFLOW_V_3_1_PLUS",
    "AIRFLOW_V_3_3_PLUS",
    "XCOM_RETURN_KEY",
    "AirflowClusterPolicyViolation",
    "AirflowException",
    "AirflowFailException",
    "AirflowNotFoundException",
    "AirflowSensorTimeout",
    "AirflowSkipException",
    "AirflowTaskTimeout",
    "BaseHook",
    "BaseOperator",
    "BaseOperatorLink",
    "BaseSensorOperator",
    "BaseTrigger",
    "Connection",
    "Context",
    "ObjectStoragePath",
    "PokeReturnValue",
    "RetryDecision",
    "RetryPolicy",
    "TriggerEvent",
    "XCom",
    "aget_connection",
    "cli_config",
    "command",
    "conf",
    "get_connection",
    "get_parsing_context",
    "mask_secret",
    "redact",
    "resumes",
    "running_context",
    "running_dag",
    "running_in",
    "stats",
    "stored_connection_ids",
    "times_rescheduled",
]

_SDK = "airflow.providers.common.compat.sdk"
_VERSION = "airflow.providers.common.compat.version_compat"
_TRIGGERS = "airflow.triggers.base"
_HOMES = {
    "AIRFLOW_V_3_0_PLUS": _VERSION,
    "AIRFLOW_V_3_1_PLUS": _VERSION,
    "AIRFLOW_V_3_3_PLUS": _VERSION,
    "AirflowClusterPolicyViolation": "airflow.exceptions",
    "BaseTrigger": _TRIGGERS,
    "TriggerEvent": _TRIGGERS,
}
"""Where a name lives that the shared `sdk` module of the common-compat provider does not offer."""
_SINCE_3_3 = ("RetryDecision", "RetryPolicy")
"""Plain objects before that, so that a DAG file shared between versions can be read."""


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    if name in _SINCE_3_3 and not __getattr__("AIRFLOW_V_3_3_PLUS"):
        return object
    value = getattr(importlib.import_module(_HOMES.get(name, _SDK)), name)
    globals()[name] = value
    return value


def get_connection(conn_id: str) -> Connection:
    """The Airflow connection of that id, as a task sees it.

    Raises what Airflow raises. "Isn't defined" may also be an outage of Airflow's API server, so nothing is concluded
    from it here.
    """
    from airflow.providers.common.compat.sdk import BaseHook

    return BaseHook.get_connection(conn_id)


def running_context() -> Context | None:
    """The context of the task that runs in this process; None where none does."""
    if (told := _TOLD.get()) is not None:
        return told
    from airflow.providers.common.compat.sdk import AirflowException, get_current_context

    try:
        return get_current_context()
    except (AirflowException, RuntimeError):
        return None


@contextmanager
def running_in(context: Context) -> Iterator[None]:
    """Make this the context of the task that runs: before ``execute``, Airflow hands it over and does not tell it to who asks."""
    before = _TOLD.set(context)
    try:
        yield
    finally:
        _TOLD.reset(before)


_TOLD: ContextVar[Context | None] = ContextVar("airflow_sf_health_context", default=None)


def running_dag() -> Any:
    """The DAG of the task that runs in this process; None where none does."""
    return (running_context() or {}).get("dag")


def resumes(context: Mapping[str, Any]) -> bool:
    """Whether the task goes on after it was deferred, in this very try: a retry, and a task that was cleared, begin anew.

    Airflow 2.11 keeps it on the task instance; in a worker of Airflow 3 only what its server has sent along with the task tells it.
    """
    ti: Any = context.get("ti") or context.get("task_instance")
    if __getattr__("AIRFLOW_V_3_0_PLUS"):
        ti = getattr(ti, "_ti_context_from_server", None)
    return bool(getattr(ti, "next_method", None))


def times_rescheduled(context: Mapping[str, Any]) -> int:
    """How often a sensor in mode "reschedule" has looked before in this try."""
    if __getattr__("AIRFLOW_V_3_0_PLUS"):
        return int(context.get("task_reschedule_count") or 0)
    from airflow.models.taskreschedule import TaskReschedule
    from airflow.utils.session import create_session
    from sqlalchemy import func, select

    ti, at = context["ti"], TaskReschedule
    of_try = (at.dag_id, ti.dag_id), (at.run_id, ti.run_id), (at.task_id, ti.task_id), (at.map_index, ti.map_index)
    wanted = select(func.count()).where(*(one == other for one, other in (*of_try, (at.try_number, ti.try_number))))
    with create_session() as session:
        return session.scalar(wanted) or 0


@contextmanager
def command() -> Iterator[None]:
    """Start Airflow for a command: connections are looked up in its database too, as Airflow's own commands do.

    Without this, Airflow 3 takes a process that is no task for one that has no access to the database.
    """
    before = os.environ.get(_CONTEXT)
    os.environ[_CONTEXT] = "server"
    try:
        importlib.import_module("airflow.settings")  # sets up its logs
        yield
    finally:
        if before is None:
            del os.environ[_CONTEXT]
        else:
            os.environ[_CONTEXT] = before


_CONTEXT = "_AIRFLOW_PROCESS_CONTEXT"


def cli_config() -> Any:
    """The module of which Airflow, from 3.2 on, takes a provider's commands."""
    return importlib.import_module("airflow.cli.cli_config")


def stats() -> Any:
    """Airflow's metrics: `incr`, `timing`. The one of tasks and triggers, which Airflow 3 keeps apart from its own processes'."""
    return importlib.import_module(_SDK).Stats


def stored_connection_ids() -> list[str]:
    """The ids in Airflow's database; for a command. Raises whatever its driver raises."""
    from airflow.models import Connection
    from airflow.utils.session import create_session
    from sqlalchemy import select

    with create_session() as session:
        return sorted(session.scalars(select(Connection.conn_id)))


def mask_secret(secret: str, name: str | None = None) -> None:
    """Have Airflow replace this text by `***`: in the logs of this process, and on Airflow 3 in what it prints as well.

    Before 3.3, only the former in a thread: Airflow 3 tells its supervisor of what is printed, on a line on which two threads would take each
    other's replies ("Response read out of order").
    """
    in_thread = threading.current_thread() is not threading.main_thread()
    if not __getattr__("AIRFLOW_V_3_0_PLUS"):
        home = "airflow.utils.log.secrets_masker"
    elif in_thread and not __getattr__("AIRFLOW_V_3_3_PLUS"):
        home = "airflow.sdk._shared.secrets_masker"
    else:
        home = "airflow.sdk.log"
    importlib.import_module(home).mask_secret(secret, name)


async def aget_connection(conn_id: str) -> Connection:
    """The same on the event loop of a triggerer; raises the same.

    An asker who is cancelled leaves the look-up to end by itself. On 3.1, the reply that nobody reads any more is taken for
    the next one's, which ends the whole trigger runner ("Response read out of order").
    """
    lookup = asyncio.ensure_future(_look_up(conn_id))
    _UNDER_WAY.add(lookup)
    lookup.add_done_callback(_UNDER_WAY.discard)
    return await asyncio.shield(lookup)


_UNDER_WAY: set[asyncio.Future[Connection]] = set()
"""The event loop itself keeps no task alive."""


async def _look_up(conn_id: str) -> Connection:
    from airflow.providers.common.compat.sdk import AirflowNotFoundException, BaseHook

    if not hasattr(BaseHook, "aget_connection"):
        # Airflow 2.11 reads the database here, which blocks. From 3.1 on, such a thread ends the whole trigger runner.
        return await asyncio.to_thread(BaseHook.get_connection, conn_id)
    try:
        return await BaseHook.aget_connection(conn_id)
    except AirflowNotFoundException:
        if _in_a_triggerer():
            raise
        # `dag.test()` shows connections of the database to the synchronous call alone.
        return get_connection(conn_id)


def _in_a_triggerer() -> bool:
    """Whether Airflow 3 answers asynchronous calls here, which it does in a triggerer and not in `dag.test()`."""
    from airflow.sdk.execution_time import task_runner

    return hasattr(getattr(task_runner, "SUPERVISOR_COMMS", None), "asend")
