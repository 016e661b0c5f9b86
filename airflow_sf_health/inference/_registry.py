"""Operators that a site has taught, by entry points of its own package.

The name of the entry point is the path of the operator's class, its value a function: it gets the task (an argument that is not
known yet is None) and gives a ``Requirements``, a dict of its fields, or None. In the dict, ``salesforce_conn_id`` may name the
connection of an operator that has no argument of that name.
"""

from __future__ import annotations

import logging
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from typing import Any

from airflow_sf_health.inference._stock import Infer

GROUP = "airflow_sf_health.operators"
LOG = logging.getLogger(__name__)


@cache
def registered() -> dict[str, EntryPoint]:
    """The entry points by class path; read once for each process."""
    try:
        return {each.name: each for each in entry_points(group=GROUP)}
    except Exception as error:  # noqa: BLE001 - a broken installation of somebody else's package
        LOG.warning("The entry points %s cannot be read: %s", GROUP, error)
        return {}


@cache
def taught(path: str) -> Infer | None:
    """The function for a class; None, with one line in the log, where it cannot be loaded."""
    try:
        found: Any = registered()[path].load()
    except Exception as error:  # noqa: BLE001 - somebody else's code
        complain(path, error)
        return None
    if callable(found):
        return found  # type: ignore[no-any-return]
    complain(path, TypeError(f"{found!r} is no function"))
    return None


@cache
def _complained(path: str) -> list[bool]:
    return []


def complain(path: str, error: Exception) -> None:
    """Say once what is broken; nothing is inferred for that class then."""
    said = _complained(path)
    if not said:
        said.append(True)
        LOG.warning("What %s teaches of %s is left out: %s: %s", GROUP, path, type(error).__name__, error)


def forget() -> None:
    """Read the entry points again; for tests."""
    for each in (registered, taught, _complained):
        each.cache_clear()
