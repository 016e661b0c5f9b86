"""Put an examination before a task that exists already."""

from __future__ import annotations

import functools
from dataclasses import replace
from typing import Any

from airflow_sf_health import compat
from airflow_sf_health.guards._hook import PreflightHook
from airflow_sf_health.guards._own import give, own
from airflow_sf_health.inference import is_late, is_mapped, marks_of, uses_of

PATCHED = "_sf_health_examines_first"


def attach(task: Any, hook: PreflightHook, *, beside: bool = False) -> bool:
    """Have a task, plain or mapped, examine first, and then do what its own ``pre_execute`` does. Not twice.

    :param beside: the caller knows that what the task examines already is something else.
    :returns: whether it was done; False where the task examines that connection in its own process already.
    """
    before = own(task, "pre_execute")
    if _has(before, hook) if beside else has_hook(task, hook.conn_id):
        heed_hook(task)
        return False
    # Nothing to go on with: the hook itself will do, and many tasks may share it.
    give(task, "pre_execute", hook if before is hook.then else replace(hook, then=before))
    heed_hook(task)
    return True


def has_hook(task: Any, conn_id: str | None) -> bool:
    """Whether a task examines this connection in its own process; None stands for its own one, which is known when it runs.

    A hook without a connection examines the task's own ones, and one of those may be known only when it runs.
    """
    return any(looks_at(each, task, conn_id) for each in marks_of(task))


def looks_at(mark: Any, task: Any, conn_id: str | None) -> bool:
    """Whether one of the examinations of a task is of this connection."""
    if conn_id is None:
        return mark.conn_id is None or is_late(mark.conn_id)
    return mark.conn_id == conn_id or conn_id in mark.also or (mark.conn_id is None and _may_use(task, conn_id))


def _may_use(task: Any, conn_id: str) -> bool:
    uses = uses_of(task, requirements=False)
    return uses is not None and (uses.late or conn_id in uses.conn_ids)


def _has(found: Any, hook: PreflightHook) -> bool:
    """Whether this very hook is among those that run one after the other."""
    while isinstance(found, PreflightHook):
        if replace(found, then=None) == hook:
            return True
        found = found.then
    return False


def heed_hook(task: Any) -> None:
    """See to it that a hook of ours is run: on Airflow 2.11, a class with a ``pre_execute()`` of its own skips those of its tasks,
    without a word. Only tasks with a hook of ours are treated in another way from now on.
    """
    if not compat.AIRFLOW_V_3_0_PLUS and isinstance(own(task, "pre_execute"), PreflightHook):
        _examine_first(task.operator_class if is_mapped(task) else type(task))


def _examine_first(kind: Any) -> None:
    method = kind.pre_execute
    if method is compat.BaseOperator.pre_execute or hasattr(method, PATCHED):
        return

    @functools.wraps(method)
    def pre_execute(self: Any, context: Any) -> None:
        first = hook = self._pre_execute_hook
        while isinstance(hook, PreflightHook):
            hook.examine(context)
            hook = hook.then
        # What the class calls, or does not call, is what stood there before.
        self._pre_execute_hook = hook
        try:
            method(self, context)
        finally:
            self._pre_execute_hook = first

    setattr(pre_execute, PATCHED, True)
    kind.pre_execute = pre_execute
