"""`sf-health metadata diff CONN_ID`: the schema as it is now, against a lock file or what is remembered."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from airflow_sf_health.commands import ExitCode
from airflow_sf_health.commands.changes import as_json, counted, told
from airflow_sf_health.commands.connections import resolved
from airflow_sf_health.commands.console import Console
from airflow_sf_health.commands.errors import CommandError
from airflow_sf_health.commands.files import read_lock, read_requirements
from airflow_sf_health.commands.metadata import described, named, owner, remembered, shapes_now, site_store
from airflow_sf_health.evidence.baselines import EVERY_USE, use_keys
from airflow_sf_health.present.layout import wrapped

if TYPE_CHECKING:
    import argparse

    from airflow_sf_health.evidence.facts import Remembered
    from airflow_sf_health.org.connection import OrgConnection
    from airflow_sf_health.requirements import ObjectUse, Requirements
    from airflow_sf_health.schema.change import Change
    from airflow_sf_health.schema.shape import ObjectShape


@dataclass(frozen=True, slots=True)
class Before:
    """What the org is compared with, and in words; ``uses`` has those objects of which it is known what the task does."""

    said: str
    shapes: Mapping[str, ObjectShape]
    uses: Mapping[str, ObjectUse]


def run(arguments: argparse.Namespace, console: Console) -> ExitCode:
    """Describe, compare, print; exit code 1 where a change breaks what the task does."""
    required = read_requirements(arguments.requirements) if arguments.requirements else None
    locked = _locked(arguments, required) if arguments.lock else None
    connection = resolved(arguments.conn_id)
    before = locked or _remembered(connection, required)
    changes = _changes(connection, before)
    if arguments.json:
        console.print(json.dumps({"compared_with": before.said, "changes": as_json(changes)}, indent=2))
    else:
        console.print(*_said(connection.conn_id, before, changes, console))
    return ExitCode.UNHEALTHY if any(each.breaking for each in changes) else ExitCode.DONE


def _said(conn_id: str, before: Before, changes: Sequence[Change], console: Console) -> Iterator[str]:
    judged = bool(before.uses)
    count = counted(changes, judged=judged)
    yield from wrapped(f"The schema that '{conn_id}' sees, compared with {before.said}: {count}.", console.width)
    if changes:
        yield ""
        yield from told(changes, console)
    if changes and not judged:
        yield from (
            "",
            *wrapped(
                "Which of them break a task is told where --requirements or --lock says what it uses.", console.width
            ),
        )


def _locked(arguments: argparse.Namespace, required: Requirements | None) -> Before:
    """What the lock file holds, held against the requirements where they are given."""
    from airflow_sf_health.edges.locked import required_and_locked

    lock = read_lock(arguments.lock)
    used, _ = required_and_locked(arguments.conn_id, required, lock, None)
    shapes = {name: each.shape for name, each in lock.objects.items()}
    return Before(arguments.lock, shapes, {name: use for name in shapes if (use := used.use_of(name))})


def _remembered(connection: OrgConnection, required: Requirements | None) -> Before:
    """The baselines of what the requirements name, or of all that there are."""
    store = site_store()
    whose = owner(connection, store)
    uses = {each.name: each for each in (required.objects if required else None) or ()}
    names = list(uses) or [each.sobject for _, each in remembered(store, [whose], ())]
    kept = store.baselines(whose)
    found = ((name, _baseline(named(kept, name) or (), uses.get(name))) for name in names)
    shapes = {name: each.shape for name, each in found if each is not None}
    lacking = [name for name in names if named(shapes, name) is None]
    if lacking or not shapes:
        raise CommandError(
            f"nothing is remembered of {', '.join(lacking) or 'any object'} for this user and org. The first examination with "
            f"requirements takes a baseline, and so does `sf-health metadata refresh {connection.conn_id} {' '.join(lacking) or 'OBJECT'}`."
        )
    return Before("what is remembered", shapes, uses)


def _baseline(known: Sequence[Remembered], use: ObjectUse | None) -> Remembered | None:
    """What tasks with this use compare with, whatever they take for a change; of no use that is known, what was found so the
    longest ago, so that all is told that anybody has yet to accept.
    """
    if use is None:
        return known[-1] if known else None
    own = [each for each in known if each.use in use_keys(use)]
    every = [each for each in known if each.use == EVERY_USE]
    return next(iter([*own[::-1], *every, *known]), None)


def _changes(connection: OrgConnection, before: Before) -> tuple[Change, ...]:
    from airflow_sf_health.schema.drift import changes

    now = shapes_now(described(connection, [before.uses.get(name, name) for name in before.shapes]))
    found = (changes(shape, named(now, name), before.uses.get(name)) for name, shape in before.shapes.items())
    return tuple(change for each in found for change in each)
