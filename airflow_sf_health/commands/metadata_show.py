"""`sf-health metadata show CONN_ID [OBJECT …]`: what is remembered of the schema. A login tells whose it is, unless the
command is to do without.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

from airflow_sf_health.commands import ExitCode
from airflow_sf_health.commands.connections import resolved
from airflow_sf_health.commands.console import Console
from airflow_sf_health.commands.metadata import Owner, in_all_versions, named, owner, remembered, site_store
from airflow_sf_health.present.layout import wrapped

if TYPE_CHECKING:
    import argparse

    import pendulum

    from airflow_sf_health.evidence.facts import Remembered
    from airflow_sf_health.evidence.memory import Whose
    from airflow_sf_health.store import Store, StoredDescribe


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """One object of which what is kept can be read: fields and bytes of the newest describe, the ages of what was found so last, by how many ``uses`` it is compared
    with something (a refresh makes one baseline for every use), and since when a schema that one of them does not take waits to
    be accepted.
    """

    sobject: str
    api_version: str
    baseline: bool
    uses: int
    fields: int
    size: int
    taken_at: pendulum.DateTime
    compared_at: pendulum.DateTime | None
    confirmed_at: pendulum.DateTime
    waiting_since: pendulum.DateTime | None


HEADS = ("object", "API", "fields", "size", "taken", "compared", "found so")
WAITS = "waits to be accepted: `sf-health metadata diff` tells what changed, `refresh` takes it for right"


def run(arguments: argparse.Namespace, console: Console) -> ExitCode:
    """Print a line for each object, with its ages."""
    connection, store = resolved(arguments.conn_id), site_store()
    found_out = owner(connection, store, offline=arguments.offline)
    found = remembered(store, in_all_versions(connection, found_out.whose), arguments.objects)
    kept = list(_read(store, found))
    damaged = _unread(found, kept)
    if arguments.json:
        objects = [_as_json(each) for each in kept]
        told = {"conn_id": connection.conn_id, **_owner_as_json(found_out), "memory": store.reach, "objects": objects}
        console.print(json.dumps({**told, "damaged": damaged}, indent=2))
        return ExitCode.DONE
    console.print(*wrapped(_headline(connection.conn_id, found_out, store.reach, bool(found)), console.width))
    console.print(*([""] if kept else []), *_table(kept, console))
    if damaged:
        said = f"Damaged: {', '.join(damaged)}. `sf-health metadata clear {connection.conn_id} {' '.join(damaged)}` removes it."
        console.print("", *wrapped(said, console.width))
    return ExitCode.DONE


def _read(store: Store, found: Sequence[tuple[Whose, str]]) -> Iterator[Kept]:
    """What can be read of them."""
    for whose in dict.fromkeys(whose for whose, _ in found):
        wanted, baselines = [name for of, name in found if of == whose], store.baselines(whose)
        newest = {each.sobject: each for each in store.listed(whose)}
        for name in wanted:
            if (each := named(newest, name)) is not None:
                yield _kept(whose, each, named(baselines, name) or ())


def _unread(found: Sequence[tuple[Whose, str]], kept: Sequence[Kept]) -> list[str]:
    read = {(each.api_version, each.sobject.casefold()) for each in kept}
    return list(dict.fromkeys(name for whose, name in found if (whose.version, name.casefold()) not in read))


def _headline(conn_id: str, found_out: Owner, reach: str, something: bool) -> str:
    what = "What is" if something else "Nothing is"
    end = ":" if something else "."
    return f"{what} remembered of the schema that '{conn_id}' sees ({found_out.said}; memory: {reach}){end}"


def _owner_as_json(found_out: Owner) -> dict[str, Any]:
    as_of = found_out.as_of.to_iso8601_string() if found_out.as_of is not None else None
    return {"org_id": found_out.whose.org_id, "user_id": found_out.whose.user_id, "as_of": as_of}


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
    compared = _ago(each.compared_at) if each.compared_at is not None else "never"
    ages = (_ago(each.taken_at), compared, _ago(each.confirmed_at))
    return each.sobject, each.api_version, str(each.fields), f"{each.size / 1000:.1f} kB", *ages


def _kept(whose: Whose, newest: StoredDescribe, baselines: Sequence[Remembered]) -> Kept:
    """What a hook keeps is no baseline, and then has the describe's own ages."""
    last = baselines[0] if baselines else None
    return Kept(
        sobject=newest.sobject,
        api_version=whose.version,
        baseline=last is not None,
        uses=len(baselines),
        fields=len(newest.shape.fields),
        size=newest.size,
        taken_at=last.taken_at if last is not None else newest.taken_at,
        compared_at=last.compared_at if last is not None else None,
        confirmed_at=last.confirmed_at if last is not None else newest.at,
        waiting_since=min((each.refused_at for each in baselines if each.refused_at is not None), default=None),
    )


def _as_json(each: Kept) -> dict[str, Any]:
    values = ((field.name, getattr(each, field.name)) for field in fields(each))
    return {name: value.to_iso8601_string() if hasattr(value, "to_iso8601_string") else value for name, value in values}


def _ago(moment: pendulum.DateTime) -> str:
    return moment.diff_for_humans()
