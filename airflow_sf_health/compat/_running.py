"""The task that runs in this process, and whether it begins or goes on."""

from __future__ import annotations

import importlib
import inspect
import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

from airflow_sf_health.compat._names import named

if TYPE_CHECKING:
    from airflow.providers.common.compat.sdk import Context


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


def dag_being_built() -> Any:
    """The DAG whose ``with`` block, or function, runs in this process; None where none does."""
    if named("AIRFLOW_V_3_0_PLUS"):
        return importlib.import_module("airflow.sdk.definitions._internal.contextmanager").DagContext.get_current()
    return importlib.import_module("airflow.models.dag").DagContext.get_current_dag()


def makes_a_dag(function: object) -> bool:
    """Whether ``@dag`` has made it. It looks like the function within, and gives itself away by where it was written."""
    return getattr(function, "__globals__", {}).get("__name__") in ("airflow.sdk.definitions.dag", "airflow.models.dag")


def resumes(context: Mapping[str, Any]) -> bool:
    """Whether the task goes on after it was deferred, in this very try: a retry, and a task that was cleared, begin anew.

    Airflow 2.11 keeps it on the task instance; in a worker of Airflow 3 only what its server has sent along with the task tells it.
    """
    ti: Any = context.get("ti") or context.get("task_instance")
    if named("AIRFLOW_V_3_0_PLUS"):
        ti = getattr(ti, "_ti_context_from_server", None)
    return bool(getattr(ti, "next_method", None))


def times_rescheduled(context: Mapping[str, Any]) -> int:
    """How often a sensor in mode "reschedule" has looked before in this try."""
    if named("AIRFLOW_V_3_0_PLUS"):
        return int(context.get("task_reschedule_count") or 0)
    from airflow.models.taskreschedule import TaskReschedule
    from airflow.utils.session import create_session
    from sqlalchemy import func, select

    ti, at = context["ti"], TaskReschedule
    of_try = (at.dag_id, ti.dag_id), (at.run_id, ti.run_id), (at.task_id, ti.task_id), (at.map_index, ti.map_index)
    wanted = select(func.count()).where(*(one == other for one, other in (*of_try, (at.try_number, ti.try_number))))
    with create_session() as session:
        return session.scalar(wanted) or 0


def run_hook(hook: Callable[..., Any], context: Mapping[str, Any], *arguments: Any) -> Any:
    """Call a task's ``pre_execute`` or ``post_execute`` as Airflow does: what a generator function yields is handed to it."""
    if not inspect.isgeneratorfunction(hook):
        return hook(context, *arguments)
    if named("AIRFLOW_V_3_0_PLUS"):
        runner = importlib.import_module("airflow.sdk.execution_time.callback_runner").create_executable_runner
        events = importlib.import_module("airflow.sdk.execution_time.context").context_get_outlet_events
    else:
        runner = importlib.import_module("airflow.utils.operator_helpers").ExecutionCallableRunner
        events = importlib.import_module("airflow.utils.context").context_get_outlet_events
    log = getattr(context.get("task"), "log", None) or logging.getLogger(__name__)
    return runner(hook, events(context), logger=log).run(context, *arguments)
