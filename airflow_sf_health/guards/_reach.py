"""Whether what we put into a task is run there."""

from __future__ import annotations

from typing import Any

from airflow_sf_health import compat
from airflow_sf_health.guards._attach import PATCHED, heed_hook, looks_at
from airflow_sf_health.guards._hook import PreflightHook
from airflow_sf_health.guards._own import is_mapped_over, own
from airflow_sf_health.inference import class_names, class_of, decorators_of, hooks_of, is_mapped

STUB = "_StubOperator"
"""Airflow's class for a task that a worker of another language does."""
ELSEWHERE = (
    "_BasePythonVirtualenvOperator",
    "DockerOperator",
    "KubernetesPodOperator",
    "BaseSQLOperator",
    STUB,
)
"""Classes of Airflow's that hand the function's source text, or what it returns, to somebody else, without what stands around it."""


def runs_elsewhere(task: Any) -> bool:
    """Whether the function is handed over as a text, without what stands around it."""
    return not class_names(task).isdisjoint(ELSEWHERE)


def begins_in_the_triggerer(task: Any) -> bool:
    """Whether it comes to a worker only when it resumes, and then examines nothing."""
    return bool(getattr(task, "start_from_trigger", False) or (is_mapped(task) and own(task, "start_from_trigger")))


def is_beyond_hooks(task: Any) -> bool:
    """Whether no hook is run before its work, whatever its class."""
    return begins_in_the_triggerer(task) or STUB in class_names(task)


def heeds_hooks(task: Any) -> bool:
    """Whether its hook is run: not where it begins in the triggerer; and on Airflow 2.11 not where its class has a ``pre_execute()``
    of its own, unless that was seen to when a hook of ours was put there.
    """
    if is_beyond_hooks(task):
        return False
    if compat.AIRFLOW_V_3_0_PLUS:
        return True
    method = class_of(task).pre_execute
    if method is compat.BaseOperator.pre_execute:
        return True
    return hasattr(method, PATCHED) and isinstance(own(task, "pre_execute"), PreflightHook)


def examines(task: Any, conn_id: str) -> bool:
    """Whether it is sure to examine this connection in its own process, by a hook or a decorator."""
    heed_hook(task)
    hooks = hooks_of(task) if heeds_hooks(task) else ()
    decorators = () if is_beyond_hooks(task) or runs_elsewhere(task) else decorators_of(task)
    return any(looks_at(each, task, conn_id) for each in (*hooks, *decorators))


def hindrance(task: Any) -> str:
    """Why nothing can be put before a task in its own process, as the beginning of a sentence; empty where it can."""
    if begins_in_the_triggerer(task):
        return "It begins in the triggerer and comes to a worker only when it resumes"
    if STUB in class_names(task):
        return "It is done by a worker of another language, which runs no hook"
    if is_mapped_over(task, "pre_execute"):
        return "It is mapped over pre_execute"
    return ""
