"""`sf-health metadata show CONN_ID [OBJECT …]`: what is remembered of the schema. Salesforce is asked only where nobody knows yet whose
connection it is.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

from airflow_sf_health.commands import ExitCode
from airflow_sf_health.commands.connections import resolved
from airflow_sf_health.commands.console import Console
from airflow_sf_health.commands.metadata import in_all_versions, named, owner, remembered, site_store
from airflow_sf_health.evidence.facts import Remembered
from airflow_sf_health.present.layout import wrapped

if TYPE_CHECKING:
    import argparse

    import pendulum

    from airflow_sf_health.evidence.memory import Whose
    from airflow_sf_health.store import Store, StoredDescribe


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """One object: its baseline's ages and number of fields, the bytes of the newest describe, and since when another schema than
    the baseline waits to be accepted.
    """

    sobject: str
    api_version: str
    baseline: bool
    fields: int
    size: int
    taken_at: pendulum.DateTime
    compared_at: pendulum.DateTime
    confirmed_at: pendulum.DateTime
    waiting_since: pendulum.DateTime | None


HEADS = ("object", "API", "fields", "size", "taken", "compared", "found so")
WAITS = "waits to be accepted: `sf-health metadata diff` tells what changed, `refresh` takes it for right"


def run(arguments: argparse.Namespace, console: Console) -> ExitCode:
    """Print a line for each object, with its ages."""
    connection, store = resolved(arguments.conn_id), site_store()
    whose = owner(connection, store)
    found = remembered(store, in_all_versions(connection, whose), arguments.objects)
    kept = [_kept(of, each, store) for of, each in found]
    if arguments.json:
        told: dict[str, Any] = {"conn_id": connection.conn_id, "org_id": whose.org_id, "user_id": whose.user_id}
        told["memory"] = store.reach
        told["objects"] = [_as_json(each) for each in kept]
        console.print(json.dumps(told, indent=2))
    else:
        console.print(*wrapped(_headline(connection.conn_id, whose, store.reach, bool(kept)), console.width))
        console.print(*([""] if kept else []), *_table(kept, console))
    return ExitCode.DONE


def _headline(conn_id: str, whose: Whose, reach: str, something: bool) -> str:
    what = "What is" if something else "Nothing is"
    end = ":" if something else "."
    whom = f"org {whose.org_id}, user {whose.user_id}"
    return f"{what} remembered of the schema that '{conn_id}' sees ({whom}; memory: {reach}){end}"


def _table(kept: Sequence[Kept], console: Console) -> Iterator[str]:
    """A row for each object, and below it what was seen since and has to be accepted."""
    rows = [HEADS, *(_row(each) for each in kept)] if kept else []
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEADS))] if rows else []
    for number, row in enumerate(rows):
        line = "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        yield f"  {line if number else console.paint('bold', line)}"
    for each in kept:
        if each.waiting_since is not None:
            yield from (
                "",
                *wrapped(f"{each.sobject}: what was seen {_ago(each.waiting_since)} {WAITS}", console.width),
            )


def _row(each: Kept) -> tuple[str, ...]:
    ages = (each.taken_at, each.compared_at, each.confirmed_at)
    return each.sobject, each.api_version, str(each.fields), f"{each.size / 1000:.1f} kB", *map(_ago, ages)


def _kept(whose: Whose, newest: StoredDescribe, store: Store) -> Kept:
    """The newest describe may be another than the baseline, and then its ages are not what counts."""
    baseline = None if newest.accepted else named(store.recall(whose, [newest.sobject]).snapshots, newest.sobject)
    shown = newest if newest.accepted or baseline is None else baseline
    return Kept(
        sobject=newest.sobject,
        api_version=whose.version,
        baseline=newest.accepted or baseline is not None,
        fields=len(shown.shape.fields),
        size=newest.size,
        taken_at=shown.taken_at,
        compared_at=shown.compared_at,
        confirmed_at=shown.confirmed_at if isinstance(shown, Remembered) else shown.at,
        waiting_since=None if newest.accepted else newest.at,
    )


def _as_json(each: Kept) -> dict[str, Any]:
    values = ((field.name, getattr(each, field.name)) for field in fields(each))
    return {name: value.to_iso8601_string() if hasattr(value, "to_iso8601_string") else value for name, value in values}


def _ago(moment: pendulum.DateTime) -> str:
    return moment.diff_for_humans()
