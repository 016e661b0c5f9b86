"""The catalogue of checks by id, loaded when they are used.

An id is a path: ``user.active`` is the module ``checks/user/active.py`` with its ``CHECK``.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from importlib import import_module

from airflow_sf_health.checks._check import Check
from airflow_sf_health.errors import UnknownCheckError as UnknownCheckError

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
    "org.state",
    "org.identity",
)
"""Ids in the order in which they are judged: of several failures the first with a known cause leads the message."""
ALWAYS = ("session.login", "access.api_enabled")
"""No verdict without a login and an answer of the API, so no selection leaves these out."""


def load(check_id: str) -> Check:
    """Give the check with this id from the catalogue."""
    check: Check = import_module(f"{__name__}.{check_id}").CHECK
    return check


def select(patterns: Sequence[str] | None = None) -> tuple[str, ...]:
    """Give the ids that a selection means, in the catalogue's order.

    :param patterns: ids (``user.active``) or families (``user``) to include, with a leading ``-`` to exclude. None or only
        exclusions: all the others. Those of :data:`ALWAYS` are always among them.
    :raises UnknownCheckError: a pattern that means nothing.
    """
    included, excluded = _meant(patterns, excluding=False), _meant(patterns, excluding=True)
    chosen = (included or set(CATALOGUE)) - excluded | {*ALWAYS}
    return tuple(check_id for check_id in CATALOGUE if check_id in chosen)


def _meant(patterns: Sequence[str] | None, *, excluding: bool) -> set[str]:
    if isinstance(patterns, str):
        raise UnknownCheckError(f"checks is the text '{patterns}'. Write a list: ['{patterns}'].")
    wanted = [pattern.removeprefix("-") for pattern in patterns or () if pattern.startswith("-") is excluding]
    return {check_id for pattern in wanted for check_id in _expand(pattern)}


def _expand(pattern: str) -> Iterable[str]:
    found = [check_id for check_id in CATALOGUE if check_id == pattern or check_id.startswith(f"{pattern}.")]
    if found:
        return found
    known = [*CATALOGUE, *dict.fromkeys(check_id.partition(".")[0] for check_id in CATALOGUE)]
    near = difflib.get_close_matches(pattern, known, n=1, cutoff=0.4)
    hint = f"Did you mean '{near[0]}'?" if near else f"Known are {', '.join(known)}."
    raise UnknownCheckError(f"There is no check or family '{pattern}'. {hint}")
