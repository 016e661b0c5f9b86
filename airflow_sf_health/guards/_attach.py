"""Put an examination before a task that exists already."""

from __future__ import annotations

import functools
from dataclasses import replace
from typing import Any

from airflow_sf_health import compat
from airflow_sf_health.guards._hook import PreflightHook
from airflow_sf_health.inference import mark_of

_PATCHED = "_sf_health_examines_first"


def attach(task: Any, hook: PreflightHook) -> bool:
    """Have a task, plain or mapped, examine first, and then do what its own ``pre_execute`` does. Not twice.

    :returns: whether it was done; False where the task examines that connection in its own process already.
    """
    if has_hook(task, hook.conn_id):
        return False
    is_mapped = hasattr(task, "partial_kwargs") and hasattr(task, "operator_class")
    if is_mapped:
        task.partial_kwargs["pre_execute"] = replace(hook, then=task.partial_kwargs.get("pre_execute"))
    else:
        task._pre_execute_hook = replace(hook, then=task._pre_execute_hook)  # noqa: SLF001 - Airflow has no other way to it
    if not compat.AIRFLOW_V_3_0_PLUS:
        _examine_first(task.operator_class if is_mapped else type(task))
    return True


def has_hook(task: Any, conn_id: str | None) -> bool:
    """Whether a task examines this connection in its own process; None stands for its own one."""
    mark = mark_of(task)
    while mark is not None:
        if mark.conn_id in (conn_id, None) or conn_id is None:
            return True
        mark = getattr(mark.then, "__sf_health_preflight__", None)
    return False


def _examine_first(kind: Any) -> None:
    """On Airflow 2.11, a class with a ``pre_execute()`` of its own skips the hooks of its tasks, without a word. Only tasks with a hook
    of ours are treated in another way from now on.
    """
    own = kind.pre_execute
    if own is compat.BaseOperator.pre_execute or hasattr(own, _PATCHED):
        return

    @functools.wraps(own)
    def pre_execute(self: Any, context: Any) -> None:
        hook = self._pre_execute_hook
        if not isinstance(hook, PreflightHook):
            own(self, context)
            return
        hook.examine(context)
        # What the class calls, or does not call, is what stood there before.
        self._pre_execute_hook = hook.then
        try:
            own(self, context)
        finally:
            self._pre_execute_hook = hook

    setattr(pre_execute, _PATCHED, True)
    kind.pre_execute = pre_execute
