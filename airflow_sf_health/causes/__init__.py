"""The known causes of trouble with a Salesforce connection, and the way from a refusal to one of them.

Each cause is one file ``<cause_id>.md`` beside this module, read on first use and kept. Importing reads nothing.
"""

from __future__ import annotations

from functools import cache
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
from airflow_sf_health.causes._match import UNKNOWN, Diagnosis, match

if TYPE_CHECKING:
    from airflow_sf_health.org.errors import Refusal

    CAUSE_IDS: tuple[str, ...]

__all__ = [
    "CAUSE_IDS",
    "PLACEHOLDERS",
    "UNKNOWN",
    "Article",
    "Candidate",
    "Cause",
    "CauseFileError",
    "Diagnosis",
    "Kind",
    "Recogniser",
    "Retry",
    "Step",
    "cause",
    "diagnose",
]


def __getattr__(name: str) -> Any:
    if name == "CAUSE_IDS":
        return _ids()
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def cause(cause_id: str) -> Cause:
    """Give the cause with this id.

    :raises KeyError: when there is no such cause.
    :raises CauseFileError: when its file is broken.
    """
    if cause_id not in _ids():
        raise KeyError(f"There is no cause {cause_id!r}. Known are: {', '.join(_ids())}.")
    return _load(cause_id)


def diagnose(refusal: Refusal) -> Diagnosis:
    """Tell which cause a refusal has. Never raises; ``unknown`` is an answer too."""
    return match(refusal, (_load(cause_id) for cause_id in _ids()))


# importlib.resources and tomllib are loaded late: operators import this package while Airflow parses DAGs.


@cache
def _ids() -> tuple[str, ...]:
    from importlib.resources import files

    names = (entry.name for entry in files(__name__).iterdir())
    return tuple(sorted(name.removesuffix(".md") for name in names if name.endswith(".md")))


@cache
def _load(cause_id: str) -> Cause:
    from importlib.resources import files

    from airflow_sf_health.causes._read import read_cause

    name = f"{cause_id}.md"
    return read_cause(cause_id, files(__name__).joinpath(name).read_text("utf-8"), file=f"causes/{name}")
