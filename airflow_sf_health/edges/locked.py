"""The requirements of a task and its lock file, read and held against each other."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from airflow_sf_health.edges.rendered import rendered
from airflow_sf_health.edges.written import Written, read_written
from airflow_sf_health.errors import ConfigurationError, LockError, RequirementsError
from airflow_sf_health.requirements import Requirements
from airflow_sf_health.schema.lock import Lock

MOST_NAMED = 5
"""Names of what a lock file lacks in one message."""


def required_and_locked(
    conn_id: str, requirements: Any, schema_lock: Any, beside: Path | None
) -> tuple[Requirements, Lock | None]:
    """Read both arguments, as they are once their templates are rendered. Where the requirements name no object, the objects of
    the lock file are what is required.

    :raises ConfigurationError: one of them cannot be read; a LockError where the lock file lacks what the requirements use.
    """
    written = read_written(requirements, "Requirements", beside)
    required = _required(written)
    lock_written = read_written(schema_lock, "The schema lock", beside)
    lock = lock_of(lock_written.value, lock_written)
    if lock is None:
        return required, None
    from airflow_sf_health.schema import lock as locks

    if required.objects is None:
        required = replace(required, objects=Requirements.of({"objects": locks.requirements(lock)}).objects)
    lacking = locks.covers(lock, required)
    if lacking:
        raise LockError(_uncovered(conn_id, lacking, written.file, lock_written.file))
    return required, lock


def lock_of(value: Any, written: Written | None = None) -> Lock | None:
    """The lock of a value: of itself, of the mapping that its file holds, or None of none.

    :param written: where it was read, for messages.
    :raises LockError: the mapping is none of a lock file.
    """
    from airflow_sf_health.schema import lock as locks

    if value is None or isinstance(value, Lock):
        return value
    if not isinstance(value, Mapping):
        raise ConfigurationError(
            f"The schema lock must be the path of a lock file or its content, and is of type {type(value).__name__}."
        )
    try:
        return locks.loads(json.dumps(value, default=str))
    except ConfigurationError as error:
        raise type(error)(written.told(error) if written else str(error)) from error


def _required(written: Written) -> Requirements:
    try:
        return Requirements.of(rendered(written.value, Requirements))
    except RequirementsError as error:
        raise RequirementsError(written.told(error)) from error


def _uncovered(conn_id: str, lacking: tuple[str, ...], requirements: Path | None, lock: Path | None) -> str:
    more = f" and {len(lacking) - MOST_NAMED} more" if len(lacking) > MOST_NAMED else ""
    target = f" -o {lock}" if lock is not None else ""
    return (
        f"The schema lock{f' {lock}' if lock else ''} lacks what the requirements use: {', '.join(lacking[:MOST_NAMED])}{more}. "
        f"Update it: sf-health metadata lock {conn_id} --requirements {requirements or 'FILE'} --update{target}"
    )
