"""Why a store cannot be used, in sentences that show no secret and no data."""

from __future__ import annotations

import errno
import re
import sqlite3

from airflow_sf_health.errors import SalesforceHealthError

LONGEST_QUOTE = 200
"""Characters of a database's own words that a sentence repeats."""

SHORT_SECRET = 4
"""Characters; what has fewer stands in many words."""


class StoreError(SalesforceHealthError):
    """The store cannot be used; the text says which one, why, and how to mend it."""


class NewerStoreError(StoreError):
    """A newer version of this package wrote the store."""

    def __init__(self, name: str, theirs: int, ours: int) -> None:
        super().__init__(
            f"The store ({name}) was written by a newer version of airflow-sf-health: its schema is {theirs}, and this "
            f"version knows {ours}. Upgrade airflow-sf-health here, or give it another store by [sf_health] store."
        )


class DamagedRowError(StoreError):
    """What is kept of one object is damaged; the rest of the store may be whole."""


class RefusedDataError(StoreError):
    """The database does not take what was to be kept; it is sound itself."""


class SilentStoreError(StoreError):
    """The store gave no answer in time."""

    def __init__(self, name: str, seconds: float) -> None:
        super().__init__(
            f"The store ({name}) gave no answer within {seconds:g} seconds. Look whether it is up and reached from here."
        )


def sentence(error: Exception) -> str:
    """What is not a :class:`StoreError` is a fault of this package, or SQLAlchemy is missing; its text may hold data."""
    if isinstance(error, StoreError):
        return str(error)
    return f"The store cannot be used: {type(error).__name__} in airflow_sf_health.store."


_LOCKED = ("is locked by another process", "It is asked again later.")
_FULL = ("lies on a disk that is full or broken", "Make room, or give it another place by [sf_health] store.")
_READ_ONLY = (
    "is read-only for this user",
    "Give the user of this process the right to write the file and its directory.",
)
_DAMAGED = ("is damaged", "Remove the file; a new one is made at the next look.")
_CLOSED = ("cannot be opened", "Look whether its directory exists and the user of this process may write it.")

_BY_RESULT = {
    sqlite3.SQLITE_BUSY: _LOCKED,
    sqlite3.SQLITE_LOCKED: _LOCKED,
    sqlite3.SQLITE_FULL: _FULL,
    sqlite3.SQLITE_IOERR: _FULL,
    sqlite3.SQLITE_READONLY: _READ_ONLY,
    sqlite3.SQLITE_NOTADB: _DAMAGED,
    sqlite3.SQLITE_CORRUPT: _DAMAGED,
    sqlite3.SQLITE_CANTOPEN: _CLOSED,
}
"""By SQLite's result; texts may hold paths, in which any word may stand."""
_BY_NUMBER = {
    errno.EAGAIN: _LOCKED,
    errno.EBUSY: _LOCKED,
    errno.ENOSPC: _FULL,
    errno.EDQUOT: _FULL,
    errno.EFBIG: _FULL,
    errno.EIO: _FULL,
    errno.EROFS: _READ_ONLY,
    errno.EACCES: _CLOSED,
    errno.EPERM: _CLOSED,
    errno.ENOENT: _CLOSED,
    errno.ENOTDIR: _CLOSED,
}
"""By the number of the operating system's error."""
_MISSING_DRIVER = re.compile(r"No module named '([\w.]+)'")
_DATA = "22"
"""PostgreSQL's class of data exceptions."""
_NO_PERMISSION = "42501"
"""PostgreSQL's insufficient_privilege."""


def told(error: BaseException, name: str, secrets: tuple[str, ...] = ()) -> StoreError:
    """The error as a sentence on the store of this name."""
    if isinstance(error, StoreError):
        return error
    origin = getattr(error, "orig", None) or error
    of_file = _of_file(origin)
    if of_file is not None:
        what, mend = of_file
        return StoreError(f"The store ({name}) {what}. {mend}")
    driver = _MISSING_DRIVER.search(str(origin)) if isinstance(origin, ImportError) else None
    if driver:
        return StoreError(f"The store ({name}) needs the Python package '{driver[1]}', which is not installed here.")
    said = _one_line(origin, secrets)
    if (sqlstate(origin) or "").startswith(_DATA):
        return RefusedDataError(f"The store ({name}) does not take what was to be kept: {said}.")
    if sqlstate(origin) == _NO_PERMISSION:
        return StoreError(
            f"The store ({name}) lacks a right for its user: {said}. Grant it; see the page on the store."
        )
    return StoreError(f"The store ({name}) cannot be used: {said}.")


def _of_file(origin: object) -> tuple[str, str] | None:
    """What is wrong with SQLite's file, and how to mend it; None where that is not told."""
    if isinstance(origin, sqlite3.Error):
        return _BY_RESULT.get(getattr(origin, "sqlite_errorcode", 0) & 0xFF)
    return _BY_NUMBER.get(origin.errno or 0) if isinstance(origin, OSError) else None


def sqlstate(origin: object) -> str | None:
    """The five letters by which PostgreSQL's drivers tell what happened."""
    found = getattr(origin, "sqlstate", None) or getattr(origin, "pgcode", None)
    return found if isinstance(found, str) else None


def _one_line(error: BaseException, secrets: tuple[str, ...]) -> str:
    """The first line. Errors of SQLAlchemy itself may quote the URL, so of those only the kind is told."""
    if type(error).__module__.startswith("sqlalchemy"):
        return type(error).__name__
    said = " ".join(next(iter(str(error).splitlines()), "").split())
    for secret in sorted(filter(None, secrets), key=len, reverse=True):
        said = _hidden(said, secret)
    return f"{type(error).__name__}: {said[:LONGEST_QUOTE]}".rstrip(": .")


def _hidden(said: str, secret: str) -> str:
    """The text without the secret. A short one is hidden where it stands by itself: within words its signs are there by chance, and
    gaps would tell them.
    """
    if len(secret) >= SHORT_SECRET:
        return said.replace(secret, "***")
    return re.sub(rf"(?<!\w){re.escape(secret)}(?!\w)", "***", said)
