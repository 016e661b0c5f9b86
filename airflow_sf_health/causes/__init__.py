"""The known causes of trouble with a Salesforce connection, and the way from a refusal to one of them.

Each cause is one file ``<cause_id>.md`` beside this module, read on first use and kept. Importing reads nothing.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from functools import cache
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from airflow_sf_health.causes._cause import (
    PLACEHOLDERS,
    Article,
    Candidate,
    Cause,
    CauseFileError,
    Kind,
    Recogniser,
    Retry,
    Step,
)
from airflow_sf_health.causes._clocks import judge
from airflow_sf_health.causes._match import UNKNOWN, Book, Diagnosis, Entry, book_of, match, of_records

if TYPE_CHECKING:
    from airflow_sf_health.org.errors import Refusal

    CAUSE_IDS: tuple[str, ...]

__all__ = [
    "CAUSE_IDS",
    "PLACEHOLDERS",
    "UNKNOWN",
    "Article",
    "Book",
    "Candidate",
    "Cause",
    "CauseFileError",
    "Diagnosis",
    "Entry",
    "Kind",
    "Recogniser",
    "Retry",
    "Step",
    "book",
    "cause",
    "diagnose",
    "judge",
    "match",
    "of_records",
    "site_digest",
    "use_site_causes",
]


def __getattr__(name: str) -> Any:
    if name == "CAUSE_IDS":
        return _ids()
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def cause(cause_id: str) -> Cause:
    """Give the cause with this id, as the site has it.

    :raises KeyError: when there is no such cause.
    :raises CauseFileError: when its file is broken.
    """
    if cause_id not in _ids():
        raise KeyError(f"There is no cause {cause_id!r}. Known are: {', '.join(_ids())}.")
    return _in_force.causes.get(cause_id) or _load(cause_id)


def diagnose(refusal: Refusal) -> Diagnosis:
    """Tell which cause a refusal has. Never raises; ``unknown`` is an answer too."""
    return judge(refusal, match(refusal, book()))


def book() -> Book:
    """All recognisers, the site's own before ours, so that they win where both fit alike."""
    if _in_force.book is None:
        own = [each for each in _ids() if each in _in_force.causes]
        _in_force.book = book_of(cause(each) for each in (*own, *(each for each in _ids() if each not in own)))
    return _in_force.book


def use_site_causes(source: str) -> None:
    """Let the causes of a folder or of an installed package add to the built-in ones or stand in for them. Never raises.

    What is wrong with a file is logged, once for each ``source``, and the built-in cause stays in force. Cheap when called again
    with the same ``source``; an empty one means the built-in causes alone.
    """
    global _in_force  # noqa: PLW0603
    if source == _in_force.source:
        return
    if not source:
        _in_force = _Site("")
        return
    from airflow_sf_health.causes._site import read_site

    causes, problems = read_site(source, _load_known)
    _in_force = _Site(source, causes)
    for problem in problems:
        logging.getLogger(__name__).error("%s. This file of [sf_health] causes is left out.", problem)


def site_digest() -> str:
    """What tells the site's causes that are in force from others, as their files were when they were read; empty where there are none."""
    if _in_force.causes and not _in_force.digest:
        _in_force.digest = sha256(repr(sorted(_in_force.causes.items())).encode(errors="surrogatepass")).hexdigest()
    return _in_force.digest


@dataclass
class _Site:
    source: str
    causes: dict[str, Cause] = field(default_factory=dict)
    book: Book | None = None
    digest: str = ""


_in_force = _Site("")


def _ids() -> tuple[str, ...]:
    return tuple(sorted({*_own_ids(), *_in_force.causes})) if _in_force.causes else _own_ids()


def _load_known(cause_id: str) -> Cause:
    if cause_id not in _own_ids():
        raise KeyError(cause_id)
    return _load(cause_id)


# importlib.resources and tomllib are loaded late: operators import this package while Airflow parses DAGs.


@cache
def _own_ids() -> tuple[str, ...]:
    from importlib.resources import files

    names = (entry.name for entry in files(__name__).iterdir())
    return tuple(sorted(name.removesuffix(".md") for name in names if name.endswith(".md")))


@cache
def _load(cause_id: str) -> Cause:
    from importlib.resources import files

    from airflow_sf_health.causes._read import read_cause

    name = f"{cause_id}.md"
    return read_cause(cause_id, files(__name__).joinpath(name).read_text("utf-8"), file=f"causes/{name}")
