"""Caches of the schema elsewhere, each reset by code of the site's own after a refresh.

Entry points of the group ``airflow_sf_health.caches``, ``name = "module:reset"``: a callable that takes one
:class:`RefreshedSchema`, resets the copy of these objects that some other product keeps (AppFlow's
``ResetConnectorMetadataCache``, say), and returns nothing. It is called by ``SalesforceRefreshMetadataOperator`` and by
``sf-health metadata refresh``, in their own process, once for each refresh that described an object, in the order of the names::

    [project.entry-points."airflow_sf_health.caches"]
    appflow = "acme.salesforce:reset_appflow"

It is handed no secret, and takes its own credentials from where it likes, such as a hook. What it raises is told by name of the
entry point; neither the refresh nor the other caches are undone for it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from airflow_sf_health.edges.scrub import scrub

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

    from airflow_sf_health.metadata_refresh import Refreshed

GROUP = "airflow_sf_health.caches"
LONGEST_TOLD = 300
"""Characters of the text of an error."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RefreshedSchema:
    """Of what a cache is to be reset: the Airflow connection, the org and user it leads to, and the objects described afresh.
    Ids are None where the login did not tell them; ``org_id`` has 18 characters.
    """

    conn_id: str
    org_id: str | None
    username: str | None
    objects: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ResetCache:
    """One cache: the name of its entry point, and why it was not reset; empty where it was."""

    name: str
    problem: str = ""


def reset_caches(refreshed: Refreshed) -> tuple[ResetCache, ...]:
    """Reset each cache of the site's; nothing where no object was described. What a callable raises is in what is given."""
    objects = tuple(each.name for each in refreshed.objects if each.shape is not None)
    if not objects:
        return ()
    schema = RefreshedSchema(
        conn_id=refreshed.conn_id,
        org_id=refreshed.whose.org_id if refreshed.whose else None,
        username=refreshed.username,
        objects=objects,
    )
    return tuple(ResetCache(name=entry.name, problem=_reset(entry, schema)) for entry in found())


@cache
def found() -> tuple[EntryPoint, ...]:
    """The entry points, in the order of their names; the installed distributions are scanned once in a process."""
    from importlib.metadata import entry_points

    once = {(entry.name, entry.value): entry for entry in entry_points(group=GROUP)}
    return tuple(once[key] for key in sorted(once))


def _reset(entry: EntryPoint, schema: RefreshedSchema) -> str:
    try:
        entry.load()(schema)
    except (Exception, SystemExit) as error:  # noqa: BLE001 - it is anybody's
        said = " ".join(scrub(str(error)).split())[:LONGEST_TOLD]
        return f"{type(error).__name__}: {said} ({entry.value})" if said else f"{type(error).__name__} ({entry.value})"
    return ""
