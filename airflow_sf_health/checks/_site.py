"""Checks that a site brings itself: entry points of the group ``airflow_sf_health.checks``, ``id = "module:CHECK"``.

They are anybody's, and every examination meets them. So none may break another's DAG: one that cannot be used becomes a single
UNKNOWN that names its distribution and entry point. The installed distributions are scanned once in a process, and not before
somebody asks.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING, Any

from airflow_sf_health.checks._check import Check
from airflow_sf_health.evidence.evidence import Evidence
from airflow_sf_health.evidence.needs import REQUIREMENTS, Need
from airflow_sf_health.report.finding import Finding, Level
from airflow_sf_health.requirements import Requirements

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

GROUP = "airflow_sf_health.checks"
WELL_FORMED = r"[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*"
"""A family, a point, a name; so the id never looks like a pattern of a selection."""


class UnusableError(Exception):
    """Why a site's check cannot be used; becomes its finding."""


@cache
def found() -> Mapping[str, tuple[EntryPoint, ...]]:
    """The entry points by id, those with the same id together, in the order of the ids."""
    from importlib.metadata import entry_points

    by_id: dict[str, dict[tuple[str, str], EntryPoint]] = {}
    for entry in entry_points(group=GROUP):
        by_id.setdefault(entry.name, {})[_distribution(entry), entry.value] = entry
    return {name: tuple(by_id[name].values()) for name in sorted(by_id)}


def ids(built_in: tuple[str, ...]) -> tuple[str, ...]:
    """The ids of the site's checks. One that takes a built-in id is listed by its distribution, and never run in its place."""
    return tuple(_own_id(name, entries) if name in built_in else name for name, entries in found().items())


def load(check_id: str, built_in: tuple[str, ...]) -> Check:
    """Give the site's check with this id, one of :func:`ids`, or a stand-in that says why it cannot be used."""
    name = next(name for name, each in found().items() if check_id in (name, _own_id(name, each)))
    entries = found()[name]
    try:
        return _guarded(_usable(name, entries, built_in))
    except UnusableError as problem:
        text = f"the site's check cannot be used: {problem} ({' and '.join(_shown(each) for each in entries)})"
    return Check(id=check_id, title="Unusable check of the site", needs=(), evaluate=_always(text))


def _usable(name: str, entries: tuple[EntryPoint, ...], built_in: tuple[str, ...]) -> Check:
    if name in built_in:
        raise UnusableError(
            f"'{name}' is a check of the plugin itself and cannot be replaced, so give yours another id"
        )
    if len(entries) > 1:
        raise UnusableError(f"'{name}' is offered more than once, so none was run")
    if not re.fullmatch(WELL_FORMED, name):
        raise UnusableError(f"'{name}' is no id of a check: write a family, a point and a name in small letters")
    try:
        check = entries[0].load()
    except (Exception, SystemExit) as error:
        raise UnusableError(f"{type(error).__name__}: {' '.join(str(error).split())}") from error
    if not isinstance(check, Check):
        raise UnusableError(f"it is a {type(check).__name__} and no Check")
    if check.id != name:
        raise UnusableError(f"the check calls itself '{check.id}', and must be named like its entry point")
    needs: object = check.needs
    if not isinstance(needs, tuple) or not all(_is_need(each) for each in needs):
        raise UnusableError("its needs must be a tuple of needs, whose own lists are tuples")
    return check


def _guarded(check: Check) -> Check:
    """The check with a ``needs_for`` that does not raise; what it raises comes out in ``evaluate``, where it is a finding."""

    def needs_for(requirements: Requirements) -> tuple[Need[Any], ...]:
        with suppress(Exception):
            return tuple(each for each in check.needs_for(requirements) if _is_need(each))
        return ()

    def evaluate(evidence: Evidence) -> Iterator[Finding]:
        check.needs_for(evidence[REQUIREMENTS])
        yield from check.evaluate(evidence)

    return replace(check, needs=(*check.needs, REQUIREMENTS), needs_for=needs_for, evaluate=evaluate)


def _is_need(value: object) -> bool:
    with suppress(TypeError):
        return isinstance(value, Need) and isinstance(hash(value), int)
    return False


def _always(text: str) -> Callable[[Evidence], Iterator[Finding]]:
    return lambda _: iter([Finding(level=Level.UNKNOWN, summary=text)])


def _own_id(name: str, entries: tuple[EntryPoint, ...]) -> str:
    return f"{_distribution(entries[0])}:{name}"


def _shown(entry: EntryPoint) -> str:
    return f"entry point '{entry.name} = {entry.value}' of {_distribution(entry)}"


def _distribution(entry: EntryPoint) -> str:
    return entry.dist.name if entry.dist is not None else "an unnamed distribution"
