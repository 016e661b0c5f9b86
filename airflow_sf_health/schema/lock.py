"""What a task uses of a schema, and what that looked like when its mapping was made: the lock file beside the DAG."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from airflow_sf_health.requirements import ObjectUse
from airflow_sf_health.schema.shape import ObjectShape


@dataclass(frozen=True, slots=True, kw_only=True)
class LockedObject:
    """One object: what the task does with it, and the shape of what it uses."""

    use: ObjectUse
    shape: ObjectShape


@dataclass(frozen=True, slots=True, kw_only=True)
class Lock:
    """The content of a lock file. It names no org and no user, so that it holds for a sandbox and for production alike."""

    objects: Mapping[str, LockedObject]
    """By API name."""
