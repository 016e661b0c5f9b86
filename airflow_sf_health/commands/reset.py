"""`sf-health reset CONN_ID`: forget what is remembered of a connection's logins, so that the next task asks Salesforce. Nothing is sent,
and no session is ended.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from airflow_sf_health.commands import ExitCode
from airflow_sf_health.commands.connections import resolved
from airflow_sf_health.commands.console import Console
from airflow_sf_health.commands.errors import CommandError
from airflow_sf_health.commands.metadata import site_store
from airflow_sf_health.org.credentials import credential_of
from airflow_sf_health.org.grants import KeptGrant
from airflow_sf_health.org.vault import VaultError
from airflow_sf_health.present.layout import wrapped

if TYPE_CHECKING:
    import argparse

    import pendulum

    from airflow_sf_health.org.connection import OrgConnection
    from airflow_sf_health.settings import Settings
    from airflow_sf_health.store import Store

OTHER_HOSTS = (
    "Hosts that reach Salesforce by another way keep their own, which stays: run this there too, or clear the task, whose first try then "
    "asks afresh. [sf_health] egress makes hosts one."
)


@dataclass(frozen=True, slots=True)
class Forgotten:
    """Of one credential: when its shared token was minted, when its login was refused, and how many verdicts there were.
    ``keeps_grant``: a rotating refresh token is in the store's keeping, and stays, since there is no other.
    """

    token_at: pendulum.DateTime | None
    refused_at: pendulum.DateTime | None
    passes: int
    keeps_grant: bool


def run(arguments: argparse.Namespace, console: Console) -> ExitCode:
    """Forget, and tell what; that there was nothing is no failure."""
    from airflow_sf_health.edges.egress import egress
    from airflow_sf_health.settings import settings

    connection, store, chosen = resolved(arguments.conn_id), site_store(""), settings()
    way = egress(chosen.egress)
    # Behind a ready session, what would replace it has a token of its own.
    logins = [each for each in (connection, connection.renewal) if each is not None]
    try:
        forgotten = [_forget(store, each, credential_of(each, way).fingerprint) for each in logins]
    except VaultError as error:
        raise CommandError(str(error), ExitCode.NOT_ASKED) from error
    console.print(*wrapped(_said(connection, forgotten, store, chosen), console.width))
    return ExitCode.DONE


def _forget(store: Store, connection: OrgConnection, fingerprint: str) -> Forgotten:
    kept = store.vault.recall(fingerprint)
    store.vault.forget(fingerprint)
    return Forgotten(
        token_at=kept.token.at if kept.token else None,
        refused_at=kept.refusal.at if kept.refusal else None,
        passes=store.passes.forget(fingerprint),
        keeps_grant=connection.may_rotate and KeptGrant(connection, store.vault).found() is not None,
    )


def _said(connection: OrgConnection, forgotten: list[Forgotten], store: Store, chosen: Settings) -> str:
    what = ", ".join(part for each in forgotten for part in _parts(each))
    of = f"of the logins of connection '{connection.conn_id}' (memory: {store.reach})"
    said = [f"Forgotten {of}: {what}." if what else f"Nothing was remembered {of}."]
    said.append("The next task asks Salesforce.")
    if any(each.keeps_grant for each in forgotten):
        said.append("The rotating refresh token in the store's keeping stays: there is no other.")
    if not chosen.egress and store.reach.startswith("shared"):
        said.append(OTHER_HOSTS)
    return " ".join(said)


def _parts(each: Forgotten) -> Iterator[str]:
    if each.token_at is not None:
        yield f"the token of {_instant(each.token_at)}"
    if each.refused_at is not None:
        yield f"the refused login of {_instant(each.refused_at)}"
    if each.passes:
        yield f"{each.passes} verdict{'' if each.passes == 1 else 's'}"


def _instant(at: pendulum.DateTime) -> str:
    return f"{at.in_timezone('UTC').format('YYYY-MM-DD HH:mm:ss')} UTC"
