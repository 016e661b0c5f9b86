"""`sf-health metadata clear CONN_ID [OBJECT …]`: forget the schema, so that the next examination takes a new baseline."""

from __future__ import annotations

from typing import TYPE_CHECKING

from airflow_sf_health.commands import ExitCode
from airflow_sf_health.commands.connections import resolved
from airflow_sf_health.commands.console import Console
from airflow_sf_health.commands.metadata import in_all_versions, owner, remembered, site_store

if TYPE_CHECKING:
    import argparse


def run(arguments: argparse.Namespace, console: Console) -> ExitCode:
    """Forget the named objects, or all; what was never remembered is a slip only where it was named."""
    connection, store = resolved(arguments.conn_id), site_store()
    found = remembered(store, in_all_versions(connection, owner(connection, store)), arguments.objects)
    if not found:
        console.print(f"Nothing was remembered of the schema that '{connection.conn_id}' sees.")
        return ExitCode.DONE
    for whose, each in found:
        store.forget(whose, [each.sobject])
    objects = dict.fromkeys(each.sobject for _, each in found)
    console.print(f"Forgotten: {', '.join(objects)}. The next examination that asks for them takes new baselines.")
    return ExitCode.DONE
