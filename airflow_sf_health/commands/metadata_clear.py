"""`sf-health metadata clear CONN_ID [OBJECT …]`: forget the schema, so that the next examination takes a new baseline."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from airflow_sf_health.commands import ExitCode
from airflow_sf_health.commands.connections import resolved
from airflow_sf_health.commands.console import Console
from airflow_sf_health.commands.metadata import Owner, in_all_versions, owner, remembered, site_store
from airflow_sf_health.present.layout import wrapped

if TYPE_CHECKING:
    import argparse

    from airflow_sf_health.evidence.memory import Whose
    from airflow_sf_health.store import Store


def run(arguments: argparse.Namespace, console: Console) -> ExitCode:
    """Forget the named objects, or all; what was never remembered is a slip only where it was named."""
    from airflow_sf_health.edges.passes import forget_passes_of
    from airflow_sf_health.settings import settings

    connection, store = resolved(arguments.conn_id), site_store()
    found_out = owner(connection, store, offline=arguments.offline)
    found = remembered(store, in_all_versions(connection, found_out.whose), arguments.objects)
    forgotten = _forgotten(store, found)
    forget_passes_of(connection, store, settings())
    console.print(*wrapped(_said(connection.conn_id, found_out, forgotten), console.width))
    return ExitCode.DONE


def _forgotten(store: Store, found: Sequence[tuple[Whose, str]]) -> list[str]:
    for whose, name in found:
        store.forget(whose, [name])
    return list(dict.fromkeys(name for _, name in found))


def _said(conn_id: str, found_out: Owner, forgotten: Sequence[str]) -> str:
    if not forgotten:
        return f"Nothing was remembered of the schema that '{conn_id}' sees ({found_out.said})."
    return f"Forgotten: {', '.join(forgotten)} ({found_out.said}). The next examination that asks for them takes new baselines."
