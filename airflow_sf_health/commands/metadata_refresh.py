"""`sf-health metadata refresh CONN_ID [OBJECT …]`: read the schema anew, and take it for right."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from airflow_sf_health.commands import ExitCode
from airflow_sf_health.commands.changes import counted, told
from airflow_sf_health.commands.connections import resolved
from airflow_sf_health.commands.console import Console, printable
from airflow_sf_health.commands.errors import CommandError
from airflow_sf_health.commands.metadata import answered, owner, remembered, site_store

if TYPE_CHECKING:
    import argparse

    from airflow_sf_health.edges.caches import ResetCache
    from airflow_sf_health.metadata_refresh import Refreshed, RefreshedObject
    from airflow_sf_health.org.connection import OrgConnection
    from airflow_sf_health.store import Store


def run(arguments: argparse.Namespace, console: Console) -> ExitCode:
    """Describe, keep, print what changed, and reset the site's caches elsewhere."""
    from airflow_sf_health.edges.caches import reset_caches
    from airflow_sf_health.edges.passes import forget_passes_of
    from airflow_sf_health.edges.sharing import sharing
    from airflow_sf_health.metadata_refresh import refresh
    from airflow_sf_health.settings import settings

    connection, store, chosen = resolved(arguments.conn_id), site_store(), settings()
    objects = list({name.casefold(): name for name in arguments.objects}.values()) or _all(connection, store)
    if not objects:
        raise CommandError(f"nothing is remembered of connection '{connection.conn_id}' yet. Name the objects to read.")
    shared = sharing(chosen, store)
    # Who asks by hand may just have mended the user, so a refused login that is remembered does not count.
    by_hand = replace(shared, refusal_age=0.0) if shared is not None else None
    refreshed = answered(refresh(connection, objects, store, sharing=by_hand))
    forget_passes_of(connection, store, chosen)
    resets = reset_caches(refreshed)
    console.print(*_said(refreshed, resets, console))
    if refreshed.problem:
        raise CommandError(f"nothing was kept: {refreshed.problem}", ExitCode.NOT_ASKED)
    _refuse_missed(refreshed)
    return ExitCode.NOT_ASKED if any(each.problem for each in resets) else ExitCode.DONE


def _all(connection: OrgConnection, store: Store) -> list[str]:
    return [name for _, name in remembered(store, [owner(connection, store).whose], ())]


def _refuse_missed(refreshed: Refreshed) -> None:
    """:raises CommandError: an object has no schema now; what is remembered of it stays."""
    gone = [each.name for each in refreshed.objects if each.is_gone]
    silent = [each.name for each in refreshed.objects if each.shape is None and not each.is_gone]
    if silent:
        raise CommandError(f"{', '.join(silent)} could not be read; what is remembered stays.", ExitCode.NOT_ASKED)
    if gone:
        raise CommandError(
            f"{', '.join(gone)} cannot be accepted: it was deleted, renamed, or is hidden from this user. Where that is right, forget it "
            f"by `sf-health metadata clear {refreshed.conn_id} {' '.join(gone)}`.",
            ExitCode.UNHEALTHY,
        )


def _said(refreshed: Refreshed, resets: tuple[ResetCache, ...], console: Console) -> Iterator[str]:
    for each in refreshed.objects:
        yield from _object(each, console)
    if refreshed.kept:
        yield f"Accepted as it is now: {', '.join(refreshed.kept)} (memory: {refreshed.reach})."
    for cache in resets:
        yield f"cache {cache.name}: " + (printable(f"NOT reset: {cache.problem}") if cache.problem else "reset")


def _object(each: RefreshedObject, console: Console) -> Iterator[str]:
    if each.shape is None:
        yield console.paint("bad", printable(f"{each.name}: {each.refusal}"))
    elif each.before is None:
        yield f"{each.name}: {len(each.shape.fields)} fields; nothing was remembered before"
    else:
        since = f"{each.before.in_timezone('UTC').format('YYYY-MM-DD HH:mm')} UTC"
        yield f"{each.name}: {counted(each.changes, judged=False)} since {since}"
        yield from told(each.changes, console)
