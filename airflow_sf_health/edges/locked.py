"""The requirements of a task and its lock file, read and held against each other."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from os import PathLike
from pathlib import Path
from typing import Any

from airflow_sf_health.edges.held_lock import HeldLock
from airflow_sf_health.edges.rendered import literal, rendered
from airflow_sf_health.edges.templates import refuse_templates
from airflow_sf_health.edges.written import Written, is_content, read_file, read_written
from airflow_sf_health.errors import ConfigurationError, LockError, RequirementsError
from airflow_sf_health.requirements import Requirements
from airflow_sf_health.schema.lock import Lock

NAME = "The schema lock"
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
    needs = required(written)
    lock, file = _lock_and_file(schema_lock, beside)
    if lock is None:
        return needs, None
    from airflow_sf_health.schema import lock as locks

    if needs.objects is None:
        needs = replace(needs, objects=Requirements.of({"objects": locks.requirements(lock)}).objects)
    lacking = locks.covers(lock, needs)
    if lacking:
        raise LockError(_uncovered(conn_id, lacking, written.file, file))
    return needs, lock


def required(written: Written) -> Requirements:
    """The requirements that were read. Only in a file is a template one that was left: what Airflow has rendered may look like one.

    :raises RequirementsError: an unknown key, a wrong value, or a template in a file; names the file too.
    """
    try:
        if written.file is not None:
            refuse_templates(written.value)
        return Requirements.of(rendered(written.value, Requirements))
    except RequirementsError as error:
        raise RequirementsError(written.told(error)) from error


def _lock_and_file(given: Any, beside: Path | None) -> tuple[Lock | None, Path | None]:
    """A lock file is JSON: what writes it writes nothing else."""
    if isinstance(given, Written):
        return lock_of(given.value), given.file
    value = str(given) if isinstance(given, PathLike) else literal(given)
    if not isinstance(value, str):
        return lock_of(value), None
    from airflow_sf_health.schema import lock as locks

    if is_content(value):
        return locks.loads(value), None
    file, text = read_file(value.strip(), NAME, beside)
    try:
        return locks.loads(text), file
    except ConfigurationError as error:
        raise type(error)(f"{file}: {error}") from error


def lock_of_content(given: Any) -> Lock:
    """The lock of what a lock file holds: as its text, as a mapping, or read already.

    :raises ConfigurationError: it is something else.
    """
    from airflow_sf_health.schema import lock as locks

    value = literal(given)
    lock = locks.loads(value) if isinstance(value, str) else lock_of(value)
    if lock is None:
        raise ConfigurationError(f"{NAME} must be the path of a lock file or its content, and holds nothing.")
    return lock


def lock_of(value: Any) -> Lock | None:
    """The lock of a value: of itself, of the mapping that its file holds, or None of none.

    :raises LockError: the mapping is none of a lock file.
    """
    from airflow_sf_health.schema import lock as locks

    if isinstance(value, HeldLock):
        return value.lock
    if value is None or isinstance(value, Lock):
        return value
    if not isinstance(value, Mapping):
        raise ConfigurationError(
            f"{NAME} must be the path of a lock file or its content, and is of type {type(value).__name__}."
        )
    try:
        text = json.dumps(value)
    except (TypeError, ValueError, RecursionError) as error:
        raise LockError(f"{NAME} is no content of a lock file: {error}.") from error
    return locks.loads(text)


def _uncovered(conn_id: str, lacking: tuple[str, ...], requirements: Path | None, lock: Path | None) -> str:
    more = f" and {len(lacking) - MOST_NAMED} more" if len(lacking) > MOST_NAMED else ""
    target = f" -o {lock}" if lock is not None else ""
    return (
        f"The schema lock{f' {lock}' if lock else ''} lacks what the requirements use: {', '.join(lacking[:MOST_NAMED])}{more}. "
        f"Update it: sf-health metadata lock {conn_id} --requirements {requirements or 'FILE'} --update{target}"
    )
