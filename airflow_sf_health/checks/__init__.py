"""The catalogue of checks by id, loaded when they are used.

An id is a path: ``user.active`` is the module ``checks/user/active.py`` with its ``CHECK``. A site's own checks come by entry
point and run after these. Whoever writes one finds all that it takes here: ``from airflow_sf_health.checks import Check, Finding,
Level, Query, Record, NOW``.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from importlib import import_module
from typing import TYPE_CHECKING, Any

from airflow_sf_health.checks._check import Check, judge, not_asked, refused, seen
from airflow_sf_health.errors import UnknownCheckError

if TYPE_CHECKING:
    from airflow_sf_health.evidence.evidence import Evidence, Unavailable
    from airflow_sf_health.evidence.needs import (
        API,
        CONNECTION,
        LOGIN,
        NOW,
        ORGANIZATION,
        OWN_LICENSE,
        OWN_PERMISSIONS,
        OWN_PROFILE,
        REQUIREMENTS,
        RUNNING_USER,
        SECOND_SIGHT,
        Need,
        Query,
        Record,
        Row,
    )
    from airflow_sf_health.report.finding import Candidate, Finding, Level
    from airflow_sf_health.requirements import Requirements

__all__ = [
    "ALWAYS",
    "API",
    "CATALOGUE",
    "CONNECTION",
    "LOGIN",
    "NOW",
    "ORGANIZATION",
    "OWN_LICENSE",
    "OWN_PERMISSIONS",
    "OWN_PROFILE",
    "REQUIREMENTS",
    "RUNNING_USER",
    "SECOND_SIGHT",
    "Candidate",
    "Check",
    "Evidence",
    "Finding",
    "Level",
    "Need",
    "Query",
    "Record",
    "Requirements",
    "Row",
    "Unavailable",
    "UnknownCheckError",
    "installed",
    "judge",
    "load",
    "not_asked",
    "refuse_unknown",
    "refused",
    "seen",
    "select",
]

CATALOGUE: tuple[str, ...] = (
    "session.login",
    "session.refresh",
    "session.login_flow",
    "session.api_version",
    "user.active",
    "user.frozen",
    "user.password",
    "user.license",
    "access.api_enabled",
    "access.api_only",
    "access.objects",
    "access.fields",
    "access.queries",
    "access.audit_fields",
    "access.inactive_owners",
    "records.owners",
    "records.s2s_owner",
    "org.state",
    "org.identity",
    "quota.api_requests",
    "quota.bulk",
    "metadata.drift",
    "metadata.freshness",
    "user.changed",
)
"""Ids in the order in which they are judged: of several failures the first with a known cause leads the message."""
ALWAYS = ("session.login", "access.api_enabled")
"""No verdict without a login and an answer of the API, so no selection leaves these out."""


_HOMES = ("evidence.evidence", "evidence.needs", "report.finding", "requirements")
"""Where the names stand that a check's author needs beside these; looked through in this order."""


def __getattr__(name: str) -> Any:
    for home in _HOMES if name in __all__ else ():
        module = import_module(f"airflow_sf_health.{home}")
        if hasattr(module, name):
            return getattr(module, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def load(check_id: str) -> Check:
    """Give the check with this id, one of :func:`select`. A site's check that cannot be used is a stand-in that says so."""
    if check_id not in CATALOGUE:
        from airflow_sf_health.checks import _site

        return _site.load(check_id)
    check: Check = import_module(f"{__name__}.{check_id}").CHECK
    return check


def installed() -> tuple[tuple[str, str, str, str], ...]:
    """The checks that the site brings itself: id, distribution, its version, and where the entry point leads to."""
    from airflow_sf_health.checks import _site

    return _site.installed()


def select(patterns: Sequence[str] | None = None) -> tuple[str, ...]:
    """Give the ids that a selection means: in the catalogue's order, then the site's own.

    :param patterns: ids (``user.active``) or families (``user``) to include, with a leading ``-`` to exclude. None or only
        exclusions: all the others. Those of :data:`ALWAYS` are always among them.
    :raises UnknownCheckError: a pattern that means nothing.
    """
    known = (*CATALOGUE, *_of_the_site())
    included, excluded = _meant(patterns, known, excluding=False), _meant(patterns, known, excluding=True)
    chosen = (included or set(known)) - excluded | {*ALWAYS}
    return tuple(check_id for check_id in known if check_id in chosen)


def refuse_unknown(patterns: Sequence[str]) -> None:
    """Find a slip in a selection while a DAG file is read: what is installed is looked through only where the catalogue has no
    such id.

    :raises UnknownCheckError: as :func:`select`.
    """
    for pattern in _wanted(patterns):
        if not _named(pattern, CATALOGUE):
            _expand(pattern, (*CATALOGUE, *_of_the_site()))


def _of_the_site() -> tuple[str, ...]:
    from airflow_sf_health.checks import _site

    return _site.ids()


def _wanted(patterns: Sequence[str] | None) -> list[str]:
    if isinstance(patterns, str):
        raise UnknownCheckError(f"checks is the text '{patterns}'. Write a list: ['{patterns}'].")
    return [pattern.removeprefix("-") for pattern in patterns or ()]


def _meant(patterns: Sequence[str] | None, known: Sequence[str], *, excluding: bool) -> set[str]:
    signs = [pattern.startswith("-") for pattern in patterns or ()]
    wanted = [each for each, sign in zip(_wanted(patterns), signs, strict=True) if sign is excluding]
    return {check_id for pattern in wanted for check_id in _expand(pattern, known)}


def _named(pattern: str, known: Iterable[str]) -> list[str]:
    return [check_id for check_id in known if check_id == pattern or check_id.startswith(f"{pattern}.")]


def _expand(pattern: str, known: Sequence[str]) -> list[str]:
    found = _named(pattern, known)
    if found:
        return found
    names = [*known, *dict.fromkeys(check_id.partition(".")[0] for check_id in known)]
    near = difflib.get_close_matches(pattern, names, n=1, cutoff=0.4)
    hint = f"Did you mean '{near[0]}'?" if near else f"Known are {', '.join(names)}."
    raise UnknownCheckError(f"There is no check or family '{pattern}'. {hint}")
