"""Why a store cannot be used, in sentences that show no secret and no data."""

from __future__ import annotations

import re

from airflow_sf_health.errors import SalesforceHealthError

LONGEST_QUOTE = 200
"""Characters of a database's own words that a sentence repeats."""


class StoreError(SalesforceHealthError):
    """The store cannot be used; the text says which one, why, and how to mend it."""


class NewerStoreError(StoreError):
    """A newer version of this package wrote the store."""

    def __init__(self, name: str, theirs: int, ours: int) -> None:
        super().__init__(
            f"The store ({name}) was written by a newer version of airflow-sf-health: its schema is {theirs}, and this "
            f"version knows {ours}. Upgrade airflow-sf-health here, or give it another store by [sf_health] store."
        )


class SilentStoreError(StoreError):
    """The store gave no answer in time."""

    def __init__(self, name: str, seconds: float) -> None:
        super().__init__(
            f"The store ({name}) gave no answer within {seconds:g} seconds. Look whether it is up and reached from here."
        )


_SQLITE = (
    (re.compile("locked|busy"), "is locked by another process", "It is asked again later."),
    (
        re.compile("is full|disk I/O error"),
        "lies on a disk that is full or broken",
        "Make room, or give it another place by [sf_health] store.",
    ),
    (
        re.compile("readonly|read-only"),
        "is read-only for this user",
        "Give the user of this process the right to write the file and its directory.",
    ),
    (
        re.compile("not a database|malformed|encrypted"),
        "is damaged",
        "Remove the file; a new one is made at the next look.",
    ),
    (
        re.compile("unable to open"),
        "cannot be opened",
        "Look whether its directory exists and the user of this process may write it.",
    ),
)
_MISSING_DRIVER = re.compile(r"No module named '([\w.]+)'")
_NO_PERMISSION = "42501"
"""PostgreSQL's insufficient_privilege."""


def told(error: BaseException, name: str, secrets: tuple[str, ...] = ()) -> StoreError:
    """The error as a sentence on the store of this name."""
    if isinstance(error, StoreError):
        return error
    origin = getattr(error, "orig", None) or error
    said = _one_line(origin, secrets)
    if type(origin).__module__ == "sqlite3" or isinstance(origin, OSError):
        for words, what, mend in _SQLITE:
            if words.search(said):
                return StoreError(f"The store ({name}) {what}. {mend}")
    driver = _MISSING_DRIVER.search(said) if isinstance(origin, ImportError) else None
    if driver:
        return StoreError(f"The store ({name}) needs the Python package '{driver[1]}', which is not installed here.")
    if sqlstate(origin) == _NO_PERMISSION:
        return StoreError(
            f"The store ({name}) lacks a right for its user: {said}. Grant it; see the page on the store."
        )
    return StoreError(f"The store ({name}) cannot be used: {said}.")


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
        said = said.replace(secret, "***")
    return f"{type(error).__name__}: {said[:LONGEST_QUOTE]}".rstrip(": .")
