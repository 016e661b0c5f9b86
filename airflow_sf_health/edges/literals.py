"""What can be said of a task's arguments while its DAG file is read: nothing of what only a run will know."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

from airflow_sf_health.edges.selection import selection
from airflow_sf_health.options import Options
from airflow_sf_health.requirements import Requirements

if TYPE_CHECKING:
    from airflow_sf_health.edges.preflight import (
        ChecksArgument,
        OptionsArgument,
        RequirementsArgument,
        SchemaLockArgument,
    )

_TOGETHER = ("upsert", "external_id")
"""Keys of an object's use that make sense as a pair alone: where one of them is not known yet, nothing is said of the other."""


def refuse_wrong_literals(
    requirements: RequirementsArgument = None,
    checks: ChecksArgument = None,
    options: OptionsArgument = None,
    schema_lock: SchemaLockArgument = None,
) -> None:
    """Say while the DAG file is read what is wrong already. What holds a template waits until it is rendered; what is no
    literal (the output of another task) waits too, and so does what stands in a file.

    :raises ConfigurationError: as :meth:`~airflow_sf_health.edges.preflight.Preflight.of`.
    """
    if isinstance(requirements, Requirements | Mapping):
        Requirements.of(without_templates(requirements))
    if isinstance(options, Options | Mapping):
        Options.of(without_templates(options))
    if isinstance(checks, str) and not _is_template(checks):
        selection(checks)
    if isinstance(checks, list | tuple):
        selection([each for each in checks if isinstance(each, str) and not _is_template(each)])
    if isinstance(schema_lock, Mapping) and without_templates(schema_lock) == schema_lock:
        from airflow_sf_health.edges.locked import lock_of

        lock_of(schema_lock)


def without_templates(value: Any) -> Any:
    """The same where templates, and outputs of other tasks, have become None, which asks nothing; in lists they are left out. So
    the names beside them are still looked at.
    """
    if _waits(value):
        return None
    if isinstance(value, Mapping):
        known = {name: without_templates(each) for name, each in value.items()}
        if any(_waits(value.get(name)) for name in _TOGETHER):
            known |= dict.fromkeys(name for name in _TOGETHER if name in known)
        return known
    if isinstance(value, list | tuple):
        return [without_templates(each) for each in value if not _waits(each)]
    return value


def _waits(value: object) -> bool:
    return _is_template(value) or _is_late(value)


def _is_template(value: object) -> bool:
    return isinstance(value, str) and ("{{" in value or "{%" in value)


def _is_late(value: object) -> bool:
    """Whether Airflow puts the value in when the task runs: the output of another task, inside a dict."""
    return hasattr(value, "resolve") and not isinstance(value, PurePath)
