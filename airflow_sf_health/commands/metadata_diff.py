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
from airflow_sf_health.commands.files import read_required_and_locked
from airflow_sf_health.commands.metadata import described, named, owner_of, remembered, shapes_now, site_store
from airflow_sf_health.evidence.baselines import EVERY_USE, use_keys
from airflow_sf_health.present.layout import wrapped

if TYPE_CHECKING:
    import argparse

    from airflow_sf_health.evidence.facts import Remembered
    from airflow_sf_health.metadata_refresh import Refreshed
    from airflow_sf_health.org.connection import OrgConnection
    from airflow_sf_health.requirements import ObjectUse, Requirements
    from airflow_sf_health.schema.change import Change
    from airflow_sf_health.schema.lock import Lock
    from airflow_sf_health.schema.shape import ObjectShape


@dataclass(frozen=True, slots=True)
class Before:
    """What the org is compared with, and in words; ``uses`` has those objects of which it is known what the task does."""

    said: str
    shapes: Mapping[str, ObjectShape]
    uses: Mapping[str, ObjectUse]


def run(arguments: argparse.Namespace, console: Console) -> ExitCode:
    """Describe, compare, print; exit code 1 where a change breaks what the task does."""
    required, lock = read_required_and_locked(arguments)
    locked = _locked(arguments.lock, lock, required) if lock is not None and required is not None else None
    connection = resolved(arguments.conn_id)
    before, seen = (locked, None) if locked else _remembered(connection, required)
    changes = _changes(before, seen or described(connection, [before.uses.get(name, name) for name in before.shapes]))
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


def _locked(file: str, lock: Lock, required: Requirements) -> Before:
    """What the lock file holds, and what of it is used."""
    from airflow_sf_health.schema.uses import use_of

    shapes = {name: each.shape for name, each in lock.objects.items()}
    return Before(file, shapes, {name: use for name in shapes if (use := use_of(required, name))})


def _remembered(connection: OrgConnection, required: Requirements | None) -> tuple[Before, Refreshed | None]:
    """The baselines of what the requirements name, and how that is now; or of all that there are for the user who logs in."""
    from airflow_sf_health.schema.uses import uses as uses_of

    store = site_store()
    uses = {each.name: each for each in (uses_of(required) if required else ())}
    seen = described(connection, [*uses.values()])
    whose = owner_of(seen)
    names = list(uses) or [name for _, name in remembered(store, [whose], ())]
    kept = store.baselines(whose)
    found = ((name, _baseline(named(kept, name) or (), uses.get(name))) for name in names)
    shapes = {name: each.shape for name, each in found if each is not None}
    lacking = [name for name in names if named(shapes, name) is None]
    if lacking or not shapes:
        raise CommandError(
            f"nothing is remembered of {', '.join(lacking) or 'any object'} for this user and org. The first examination with "
            f"requirements takes a baseline, and so does `sf-health metadata refresh {connection.conn_id} {' '.join(lacking) or 'OBJECT'}`."
        )
    return Before("what is remembered", shapes, uses), seen if uses else None


def _baseline(known: Sequence[Remembered], use: ObjectUse | None) -> Remembered | None:
    """What tasks with this use compare with, whatever they take for a change; of no use that is known, what was found so the
    longest ago, so that all is told that anybody has yet to accept.
    """
    if use is None:
        return known[-1] if known else None
    own = [each for each in known if each.use in use_keys(use)]
    every = [each for each in known if each.use == EVERY_USE]
    return next(iter([*own[::-1], *every, *known]), None)


def _changes(before: Before, seen: Refreshed) -> tuple[Change, ...]:
    from airflow_sf_health.schema.drift import changes

    now = shapes_now(seen)
    found = (changes(shape, named(now, name), before.uses.get(name)) for name, shape in before.shapes.items())
    return tuple(change for each in found for change in each)
