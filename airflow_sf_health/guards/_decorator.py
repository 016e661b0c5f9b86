"""An examination around a callable."""

from __future__ import annotations

import asyncio
import copy
import functools
import inspect
from collections.abc import AsyncIterator, Callable, Generator, Mapping
from dataclasses import replace
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, TypeVar, cast

from airflow_sf_health import compat
from airflow_sf_health.errors import OptionsError
from airflow_sf_health.guards._hook import PreflightHook, preflight_hook
from airflow_sf_health.guards._reach import ELSEWHERE, STUB
from airflow_sf_health.inference import MARK, marks_of

if TYPE_CHECKING:
    from airflow_sf_health.edges.preflight import (
        ChecksArgument,
        OptionsArgument,
        RequirementsArgument,
        SchemaLockArgument,
    )

F = TypeVar("F", bound=Callable[..., Any])

IN_ITS_PLACE = "For a task group, a DAG or tasks use guard()"
TRY = ("dag_id", "run_id", "task_id", "map_index", "try_number", "start_date")


def preflight(
    conn_id: str,
    requirements: RequirementsArgument = None,
    *,
    checks: ChecksArgument = None,
    options: OptionsArgument = None,
    schema_lock: SchemaLockArgument = None,
) -> Callable[[F], F]:
    """Examine a connection each time before a function runs; above or below ``@task``, or around any callable::

        @task
        @preflight("crm_prod", {"objects": {"Account": ["Name"]}})
        def read_accounts() -> None: ...

    It runs within the task, so that ``execution_timeout`` holds for both. The arguments are those of
    :func:`~airflow_sf_health.guards.preflight_hook`.

    :raises ConfigurationError: an argument that cannot be meant, or what is decorated cannot be guarded so, while the DAG file is
        read. The function itself raises a :class:`~airflow_sf_health.exceptions.VerdictError` in the place of running.
    """
    if not isinstance(conn_id, str):
        raise OptionsError('preflight needs the connection. Write @preflight("crm_prod") in the place of @preflight.')
    hook = preflight_hook(conn_id, requirements, checks=checks, options=options, schema_lock=schema_lock)

    def decorate(target: F) -> F:
        return cast(F, _decorated(target, replace(hook)))  # by which this function is known, and no other

    return decorate


def _decorated(target: Any, hook: PreflightHook) -> Any:
    if getattr(target, "_airflow_is_task_decorator", False):
        return _guarded_task(target, hook)
    if isinstance(target, staticmethod | classmethod):
        raise OptionsError(f"@preflight takes a function. Put it below @{type(target).__name__}.")
    is_other = hasattr(target, "tg_kwargs") or compat.makes_a_dag(target)
    if is_other or not callable(target) or inspect.isclass(target):
        raise OptionsError(
            f"@preflight takes a function or what @task makes of one, and this is {_kind(target)}. {IN_ITS_PLACE}; for an operator "
            "pre_execute=preflight_hook()."
        )
    return _wrapped(target, hook)


def _kind(target: Any) -> str:
    return "what @dag makes of one" if inspect.isfunction(target) else f"a {type(target).__name__}"


def _guarded_task(target: Any, hook: PreflightHook) -> Any:
    """What ``@task`` has made, with the function in it guarded."""
    names = {each.__name__ for each in target.operator_class.__mro__}
    if STUB in names:
        raise OptionsError(
            f"@preflight cannot stand around '{target.function.__name__}', which a worker of another language does. Put a task "
            "before it: guard(…)."
        )
    if not names.isdisjoint(ELSEWHERE):
        raise OptionsError(
            f"@preflight cannot stand around '{target.function.__name__}', which runs in another process. Use the task's own: "
            "@task.…(pre_execute=preflight_hook(…))."
        )
    guarded = copy.copy(target)
    guarded.function = _wrapped(target.function, hook)
    if "__wrapped__" in vars(guarded):  # a property of the function before Airflow 3
        guarded.__wrapped__ = guarded.function
    return guarded


def _wrapped(function: Callable[..., Any], hook: PreflightHook) -> Callable[..., Any]:
    """A function of the same kind: Airflow treats coroutines and generators in their own way."""
    made: Callable[..., Any]
    look = _Look(hook, getattr(function, "__name__", type(function).__name__))
    if _is(inspect.iscoroutinefunction, function):

        async def made(*args: Any, **kwargs: Any) -> Any:
            await look.on_loop()
            return await function(*args, **kwargs)

    elif _is(inspect.isasyncgenfunction, function):

        async def made(*args: Any, **kwargs: Any) -> AsyncIterator[Any]:
            await look.on_loop()
            async for each in function(*args, **kwargs):
                yield each

    else:
        made = _wrapped_here(function, look)
    made = functools.wraps(function)(made)
    setattr(made, MARK, hook)
    return made


def _wrapped_here(function: Callable[..., Any], look: _Look) -> Callable[..., Any]:
    if inspect.isgeneratorfunction(function):

        def generator(*args: Any, **kwargs: Any) -> Generator[Any, Any, Any]:
            look()
            return (yield from function(*args, **kwargs))

        return generator

    def made(*args: Any, **kwargs: Any) -> Any:
        look()
        return function(*args, **kwargs)

    return made


def _is(kind: Callable[[Any], bool], function: Any) -> bool:
    """Of what kind a function is, or an object that can be called like one."""
    return kind(function) or kind(getattr(function, "__call__", None))  # noqa: B004 - its kind is asked for


class _Look:
    """Examines each time before a function runs; where a sensor calls it again and again, once for each try."""

    def __init__(self, hook: PreflightHook, name: str) -> None:
        self._hook = hook
        self._name = name
        self._examined: Any = None

    def __call__(self) -> None:
        context = compat.running_context() or _outside_any_task(self._name)
        this = _try_of_sensor(context)
        if this is None or not (this == self._examined or compat.times_rescheduled(context)):
            self._examine(context)
            # Not before: a sensor may be told to look again after a failure.
            self._examined = this

    async def on_loop(self) -> None:
        """The same in a thread, where Airflow lets one ask it: a call on the loop holds up all else that the task does there, and would
        wait for ever for another one of the task's that is under way.
        """
        if compat.AIRFLOW_V_3_3_PLUS:
            await asyncio.to_thread(self)
        else:
            self()

    def _examine(self, context: Any) -> None:
        """Where the task goes on, its own function was examined when it began; another one may be called for the first time."""
        is_the_tasks_own = any(each is self._hook for each in marks_of(context["task"]))
        (self._hook.examine if is_the_tasks_own else self._hook.look)(context)


def _try_of_sensor(context: Mapping[str, Any]) -> Any:
    """What tells this try of a sensor from all others; None where no sensor runs."""
    ti = context.get("ti")
    if ti is None or not isinstance(context["task"], compat.BaseSensorOperator):
        return None
    return tuple(getattr(ti, name, None) for name in TRY)


def _outside_any_task(name: str) -> Any:
    """A stand-in for the context, as in a script or a test of the function.

    :raises OptionsError: a DAG is being built. Airflow reads its file again and again, and would log in each time.
    """
    if compat.dag_being_built() is not None:
        raise OptionsError(
            f"@preflight stands around '{name}', which no task calls here but a DAG's file. {IN_ITS_PLACE}."
        )
    return {"task": SimpleNamespace(do_xcom_push=False)}
