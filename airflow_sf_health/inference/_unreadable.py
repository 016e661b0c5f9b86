"""What somebody else's class does not let us read. It is said once for each class, and is no reason to leave other tasks alone."""

from __future__ import annotations

import logging
from functools import cache
from typing import Any, Final

LOG = logging.getLogger(__name__)


class Unreadable:
    """Stands for an argument that cannot be read: nobody knows what it is, before the task runs and perhaps then."""

    # By these two Airflow's own values are known that it puts in when the task runs.
    resolve = iter_references = None

    def __repr__(self) -> str:
        return "UNREADABLE"


UNREADABLE: Final = Unreadable()


def attribute(task: Any, name: str, default: Any = None) -> Any:
    """An attribute of a task; one that is a property which fails is :data:`UNREADABLE`."""
    try:
        return getattr(task, name, default)
    except Exception as error:  # noqa: BLE001 - somebody else's property
        cannot_read(type(task), f"its '{name}'", error)
        return UNREADABLE


def cannot_read(kind: type, what: str, error: Exception) -> None:
    """Say it, with whose class it is."""
    said = _said(f"{kind.__module__}.{kind.__qualname__}", what)
    if not said:
        said.append(True)
        LOG.warning(
            "Of tasks of the class %s.%s, %s cannot be read, and is taken as not known: %s: %s",
            kind.__module__,
            kind.__qualname__,
            what,
            type(error).__name__,
            error,
        )


@cache
def _said(path: str, what: str) -> list[bool]:
    return []


def forget() -> None:
    """Say it again; for tests."""
    _said.cache_clear()
