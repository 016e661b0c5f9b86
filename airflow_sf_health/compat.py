"""The only module that knows Airflow versions (2.11, and 3.1 upwards).

Names of Airflow are loaded on first use: a DAG file that needs an operator does not pay for triggers.
"""

from __future__ import annotations

import asyncio
import importlib
import importlib.util
import os
import threading
from collections.abc import Coroutine, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

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
    "Reply",
    "RetryDecision",
    "RetryPolicy",
    "TriggerEvent",
    "XCom",
    "aask_supervisor",
    "aget_connection",
    "ask_supervisor",
    "cli_config",
    "command",
    "conf",
    "dag_bag",
    "dag_folders",
    "get_connection",
    "get_parsing_context",
    "is_encrypting",
    "mask_secret",
    "policy_plugins",
    "providers",
    "redact",
    "resumes",
    "running_context",
    "running_dag",
    "running_in",
    "secrets_backends",
    "stats",
    "stored_connection_ids",
    "takes_commands",
    "times_rescheduled",
]

T = TypeVar("T")

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


def dag_bag() -> Any:
    """The class by which Airflow reads DAG files; its home moved with 3.2."""
    new = "airflow.dag_processing.dagbag"
    home = new if importlib.util.find_spec("airflow.dag_processing") and importlib.util.find_spec(new) else None
    return importlib.import_module(home or "airflow.models.dagbag").DagBag


def dag_folders() -> dict[str, str | None]:
    """The folders of DAG files by the names of their bundles; None for a bundle that is no local folder."""
    from airflow.providers.common.compat.sdk import conf

    folder = str(importlib.import_module("airflow.settings").DAGS_FOLDER)
    if not __getattr__("AIRFLOW_V_3_0_PLUS"):
        return {"dags_folder": folder}
    bundles = conf.getjson("dag_processor", "dag_bundle_config_list") or []
    return {
        each["name"]: (each.get("kwargs") or {}).get("path") or folder
        if each["classpath"].endswith(".LocalDagBundle")
        else None
        for each in bundles
    }


def stats() -> Any:
    """Airflow's metrics: `incr`, `timing`. The one of tasks and triggers, which Airflow 3 keeps apart from its own processes'."""
    return importlib.import_module(_SDK).Stats


def policy_plugins() -> Any:
    """pluggy's manager of the cluster policies that Airflow calls in this process."""
    settings = importlib.import_module("airflow.settings")
    if hasattr(settings, "get_policy_plugin_manager"):  # 3.3; before, a global
        return settings.get_policy_plugin_manager()
    return settings.POLICY_PLUGIN_MANAGER


def providers() -> Mapping[str, Any]:
    """The providers that Airflow has found, by package, each with its ``version`` and ``data``. Raises whatever a broken one raises."""
    found: Mapping[str, Any] = importlib.import_module("airflow.providers_manager").ProvidersManager().providers
    return found


def takes_commands() -> bool:
    """Whether this Airflow takes commands of providers, as `airflow sf-health`; from 3.2 on."""
    found = importlib.import_module("airflow.providers_manager").ProvidersManager
    return hasattr(found, "initialize_providers_cli_command")


def is_encrypting() -> bool:
    """Whether Airflow has a key for what it stores. Raises its own error where that is no key."""
    return bool(importlib.import_module("airflow.models.crypto").get_fernet().is_encrypted)


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
    return await _to_the_end(_look_up(conn_id))


async def _to_the_end(call: Coroutine[Any, Any, T]) -> T:
    under_way = asyncio.ensure_future(call)
    _UNDER_WAY.add(under_way)
    under_way.add_done_callback(_UNDER_WAY.discard)
    return await asyncio.shield(under_way)


_UNDER_WAY: set[asyncio.Future[Any]] = set()
"""The event loop itself keeps no task alive."""


async def _look_up(conn_id: str) -> Connection:
    from airflow.providers.common.compat.sdk import AirflowNotFoundException, BaseHook

    if not hasattr(BaseHook, "aget_connection"):
        # Airflow 2.11 reads the database here, which blocks. From 3.1 on, such a thread ends the whole trigger runner.
        return await asyncio.to_thread(BaseHook.get_connection, conn_id)
    try:
        return await BaseHook.aget_connection(conn_id)
    except AirflowNotFoundException:
        if in_a_triggerer():
            raise
        # `dag.test()` shows connections of the database to the synchronous call alone.
        return get_connection(conn_id)


def in_a_triggerer() -> bool:
    """Whether Airflow 3 answers asynchronous calls here, which it does in a triggerer and not in `dag.test()`."""
    return hasattr(_supervisor(), "asend")


def _supervisor() -> Any:
    """What stands between this process and Airflow's API server; None on Airflow 2.11, and where no task or trigger runs."""
    if not __getattr__("AIRFLOW_V_3_0_PLUS"):
        return None
    return getattr(importlib.import_module("airflow.sdk.execution_time.task_runner"), "SUPERVISOR_COMMS", None)


def secrets_backends() -> Sequence[Any]:
    """Where a task or trigger looks connections up, in this order; nothing where neither runs, as in a command."""
    found: Sequence[Any] = ()
    if _supervisor() is not None:
        found = importlib.import_module("airflow.sdk.execution_time.supervisor").ensure_secrets_backend_loaded()
    elif not __getattr__("AIRFLOW_V_3_0_PLUS") and os.environ.get(_CONTEXT) != "server":
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
        return _reply(await _to_the_end(_supervisor().asend(_message(kind, fields))))
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
