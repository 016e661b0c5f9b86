"""`sf-health metadata lock CONN_ID`: what a task uses of the schema, in a file that is committed beside its DAG."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from airflow_sf_health.commands import ExitCode
from airflow_sf_health.commands.changes import counted, told
from airflow_sf_health.commands.connections import resolved
from airflow_sf_health.commands.console import Console
from airflow_sf_health.commands.errors import CommandError
from airflow_sf_health.commands.files import read_lock, read_requirements
from airflow_sf_health.commands.metadata import described, named, shapes_now
from airflow_sf_health.commands.writing import STDOUT, refuse_place, write_whole

if TYPE_CHECKING:
    import argparse

    from airflow_sf_health.schema.change import Change
    from airflow_sf_health.schema.lock import Lock
    from airflow_sf_health.schema.shape import ObjectShape


def run(arguments: argparse.Namespace, console: Console) -> ExitCode:
    """Describe what the requirements name, and write it; nothing is written where a field of it is not there."""
    from airflow_sf_health.schema import lock
    from airflow_sf_health.schema.uses import uses as uses_of

    file, required = arguments.output, read_requirements(arguments.requirements)
    before = _before(file, update=arguments.update)
    uses = uses_of(required)
    if not uses:
        raise CommandError(
            f"{arguments.requirements} names no objects. Say under `objects` what the task does with which."
        )
    connection = resolved(arguments.conn_id)
    found = shapes_now(described(connection, uses))
    shapes = {name: shape for name, shape in found.items() if shape is not None}
    made = lock.make(required, shapes)
    if file == STDOUT:
        console.print(lock.dumps(made).removesuffix("\n"))
        return ExitCode.DONE
    write_whole(file, lock.dumps(made))
    console.print(*_said(file, before, made, shapes, console))
    return ExitCode.DONE


def _before(file: str, *, update: bool) -> Lock | CommandError | None:
    """The lock file that is there, or why it cannot be read; looked at before anything is asked.

    :raises CommandError: nothing may be written there.
    """
    if file == STDOUT:
        return None
    refuse_place(file)
    if not Path(file).exists():
        return None
    if not update:
        raise CommandError(f"{file} is there already. Replace it by --update, which tells what changed.")
    try:
        return read_lock(file)
    except CommandError as error:
        return error


def _said(
    file: str, before: Lock | CommandError | None, made: Lock, shapes: Mapping[str, ObjectShape], console: Console
) -> Iterator[str]:
    fields = sum(len(each.shape.fields) for each in made.objects.values())
    locked = f"{file} holds {fields} fields of {', '.join(made.objects)}"
    if before is None:
        yield f"{locked}. Commit it beside the DAG."
    elif isinstance(before, CommandError):
        yield f"{locked}. What was there could not be read, so nobody knows what changed."
    else:
        changes, uses = [*_changes(before, made, shapes)], [*_other_uses(before, made)]
        what = counted(changes) if changes or not uses else "the task uses other things"
        yield f"{locked}. Since it was written: {what}."
        yield from ("", *told(changes, console), *uses) if changes or uses else ()


def _changes(before: Lock, made: Lock, shapes: Mapping[str, ObjectShape]) -> Iterator[Change]:
    """Of what was locked and still is."""
    from airflow_sf_health.schema.drift import changes

    for name, locked in made.objects.items():
        was = named(before.objects, name)
        if was is not None:
            yield from (each for each in changes(was.shape, shapes[name], locked.use) if each.used or each.breaking)


def _other_uses(before: Lock, made: Lock) -> Iterator[str]:
    """What the requirements have come to name, and what they name no more."""
    was, now = (
        {
            field.casefold(): field
            for name, each in lock.objects.items()
            for field in (name, *(f"{name}.{one}" for one in each.use.fields))
        }
        for lock in (before, made)
    )
    yield from (f"  now used    {now[key]}" for key in now if key not in was)
    yield from (f"  not used    {was[key]}" for key in was if key not in now)
