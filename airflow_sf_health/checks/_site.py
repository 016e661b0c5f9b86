"""Checks that a site brings itself: entry points of the group ``airflow_sf_health.checks``, ``id = "module:CHECK"``.

They are anybody's, and every examination meets them. So none may break another's DAG, nor hold it up: one that cannot be used
becomes a single UNKNOWN that names its distribution and entry point, and one that does not end in time an UNKNOWN too. The
installed distributions are scanned once in a process, and not before somebody asks.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from functools import cache
from typing import TYPE_CHECKING, Any, TypeVar

from airflow_sf_health.checks import CATALOGUE
from airflow_sf_health.checks._check import Check, told
from airflow_sf_health.evidence.needs import Need
from airflow_sf_health.org.deadline import DeadlineReached, within
from airflow_sf_health.report.finding import Finding, Level
from airflow_sf_health.requirements import Requirements

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

T = TypeVar("T")

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


@cache
def installed() -> tuple[tuple[str, str, str, str], ...]:
    """Of each entry point its id, its distribution and that one's version, and where it leads to."""
    each_entry = ((name, entry) for name, entries in found().items() for entry in entries)
    return tuple(sorted((name, _distribution(each), _version(each), each.value) for name, each in each_entry))


def ids() -> tuple[str, ...]:
    """The ids of the site's checks. One that takes a built-in id is listed by its distribution, and never run in its place."""
    return tuple(_own_id(name, entries) if name in CATALOGUE else name for name, entries in found().items())


def load(check_id: str) -> Check:
    """Give the site's check with this id, one of :func:`ids`, or a stand-in that says why it cannot be used."""
    name, entries = _entries(check_id)
    try:
        return _usable(name, entries)
    except UnusableError as problem:
        return _stand_in(check_id, problem)


class SiteChecks:
    """The site's checks of one examination. Whatever any of them does, its time is limited, and :attr:`findings` has a word on
    each of them at any time.

    :param ids: those of them that are selected.
    """

    def __init__(self, ids: Iterable[str]) -> None:
        self._found: dict[str, tuple[Finding, ...]] = {each: (_unfinished(each),) for each in ids}
        self._checks: tuple[Check, ...] = ()

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What each of them found so far."""
        return tuple(finding for of_one in self._found.values() for finding in of_one)

    def load(self, requirements: Requirements, *, seconds: float) -> tuple[Need[Any], ...]:
        """Load them and give what they ask. Those that are not there by then are not judged."""
        loaded: list[tuple[Check, tuple[Need[Any], ...]]] = []

        def job() -> None:
            for check_id in self._found:
                loaded.append(_with_needs(check_id, requirements))  # noqa: PERF401 - read in between, should the next hang

        with suppress(DeadlineReached):
            if self._found:
                within(seconds, job, stop=lambda: None)
        ready = tuple(loaded)
        self._checks = tuple(check for check, _ in ready)
        self._found |= {each.id: (_unfinished(each.id, essential=each.essential),) for each in self._checks}
        return tuple(need for _, needs in ready for need in needs)

    def judge(self, found_by: Callable[[Check], Iterable[Finding]]) -> None:
        """Judge one after the other; any may take for ever."""
        for check in self._checks:
            self._found[check.id] = tuple(found_by(check))


def _usable(name: str, entries: tuple[EntryPoint, ...]) -> Check:
    if name in CATALOGUE:
        raise UnusableError(
            f"'{name}' is a check of the plugin itself and cannot be replaced, so give yours another id"
        )
    if len(entries) > 1:
        raise UnusableError(f"'{name}' is offered more than once, so none was run")
    if not re.fullmatch(WELL_FORMED, name):
        raise UnusableError(f"'{name}' is no id of a check: write a family, a point and a name in small letters")
    check = _run(entries[0].load)
    if not isinstance(check, Check):
        raise UnusableError(f"it is a {type(check).__name__} and no Check")
    if check.id != name:
        raise UnusableError(f"the check calls itself '{check.id}', and must be named like its entry point")
    needs: object = check.needs
    if not isinstance(needs, tuple) or not all(_is_need(each) for each in needs):
        raise UnusableError("its needs must be a tuple of needs, whose own lists are tuples")
    return check


def _with_needs(check_id: str, requirements: Requirements) -> tuple[Check, tuple[Need[Any], ...]]:
    check = load(check_id)
    try:
        return check, (*check.needs, *_asked_for(check, requirements))
    except UnusableError as problem:
        return _stand_in(check_id, problem), ()


def _asked_for(check: Check, requirements: Requirements) -> tuple[Need[Any], ...]:
    needs = _run(lambda: tuple(check.needs_for(requirements)))
    if not all(_is_need(each) for each in needs):
        raise UnusableError("its needs_for must give a tuple of needs, whose own lists are tuples")
    return needs


def _run(foreign: Callable[[], T]) -> T:
    """What the site's own code gives.

    :raises UnusableError: whatever it raised instead, an exit too.
    """
    try:
        return foreign()
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        raise UnusableError(told(error)) from error


def _is_need(value: object) -> bool:
    with suppress(TypeError):
        return isinstance(value, Need) and isinstance(hash(value), int)
    return False


def _stand_in(check_id: str, problem: UnusableError) -> Check:
    where = " and ".join(_shown(each) for each in _entries(check_id)[1])
    found = Finding(level=Level.UNKNOWN, summary=f"the site's check cannot be used: {problem} ({where})")
    return Check(id=check_id, title="Unusable check of the site", needs=(), evaluate=lambda _: iter([found]))


def _entries(check_id: str) -> tuple[str, tuple[EntryPoint, ...]]:
    return next((name, each) for name, each in found().items() if check_id in (name, _own_id(name, each)))


def _unfinished(check_id: str, *, essential: bool = False) -> Finding:
    """The finding for a check of which nothing was heard when the examination's time was over."""
    summary = f"the check '{check_id}' did not finish in time"
    return Finding(level=Level.UNKNOWN, summary=summary, check=check_id, essential=essential)


def _own_id(name: str, entries: tuple[EntryPoint, ...]) -> str:
    return f"{_distribution(entries[0])}:{name}"


def _shown(entry: EntryPoint) -> str:
    return f"entry point '{entry.name} = {entry.value}' of {_distribution(entry)}"


def _distribution(entry: EntryPoint) -> str:
    return entry.dist.name if entry.dist is not None else "an unnamed distribution"


def _version(entry: EntryPoint) -> str:
    try:
        return str(entry.dist.version) if entry.dist is not None else ""
    except Exception:  # noqa: BLE001 - what was installed by halves has no version, or none that can be read
        return ""
