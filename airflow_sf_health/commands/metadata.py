"""What the commands `sf-health metadata …` have in common."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

from airflow_sf_health.commands import ExitCode
from airflow_sf_health.commands.errors import CommandError

if TYPE_CHECKING:
    from airflow_sf_health.evidence.memory import Whose
    from airflow_sf_health.metadata_refresh import Refreshed
    from airflow_sf_health.org.connection import OrgConnection
    from airflow_sf_health.requirements import ObjectUse
    from airflow_sf_health.schema.shape import ObjectShape
    from airflow_sf_health.store import Store, StoredDescribe

T = TypeVar("T")


def described(connection: OrgConnection, objects: Sequence[ObjectUse | str]) -> Refreshed:
    """The objects as they are now; nothing of it is kept.

    :raises CommandError: Salesforce did not let the user in, or did not answer.
    """
    from airflow_sf_health.metadata_refresh import refresh

    return answered(refresh(connection, objects, memory=None))


def answered(refreshed: Refreshed) -> Refreshed:
    """The same, where Salesforce was reached.

    :raises CommandError: it was not.
    """
    if not refreshed.refusal:
        return refreshed
    raise CommandError(
        f"connection '{refreshed.conn_id}' gives no schema: {refreshed.refusal.rstrip('.')}. "
        f"`sf-health check {refreshed.conn_id}` tells what to do.",
        ExitCode.NOT_ASKED,
    )


def shapes_now(refreshed: Refreshed) -> Mapping[str, ObjectShape | None]:
    """Each object by the name that it was asked by; None of one that is not there for this user.

    :raises CommandError: Salesforce did not answer for one of them.
    """
    for each in refreshed.objects:
        if each.shape is None and not each.is_gone:
            raise CommandError(f"{each.name} could not be described: {each.refusal}.", ExitCode.NOT_ASKED)
    return {each.name: each.shape for each in refreshed.objects}


def site_store() -> Store:
    """What the site remembers schemas in.

    :raises CommandError: it has chosen to remember nothing.
    """
    from airflow_sf_health.edges.memory import memory
    from airflow_sf_health.settings import settings

    found = memory(settings())
    if found is None:
        raise CommandError("[sf_health] store is 'none', so nothing is remembered. A lock file needs no store.")
    return found


def owner(connection: OrgConnection, store: Store) -> Whose:
    """Of whom the schemas that this connection sees are: as its last good look told, else as a login tells now.

    :raises CommandError: Salesforce did not let the user in, or did not answer.
    """
    from airflow_sf_health.evidence.recalling import door, whose
    from airflow_sf_health.org.login import Identity

    user = store.who_came_by(door(connection))
    found = whose(Identity(user.org_id, user.user_id)) if user is not None else described(connection, ()).whose
    if found is None:
        raise CommandError(
            f"the login of connection '{connection.conn_id}' does not tell its user, so nothing is remembered of it."
        )
    return found


def in_all_versions(connection: OrgConnection, whose: Whose) -> tuple[Whose, ...]:
    """The same user in each API version of which there may be describes: the examination's, and the one that the connection
    pins, in which hooks with ``cache_metadata`` ask.
    """
    return tuple(replace(whose, version=each) for each in dict.fromkeys((whose.version, connection.version)))


def remembered(store: Store, whose: Sequence[Whose], objects: Sequence[str]) -> list[tuple[Whose, StoredDescribe]]:
    """The newest describe of each of these objects, or of all that there are, without the bodies.

    :raises CommandError: of one that is named nothing is remembered.
    :raises StoreError: the store cannot be used.
    """
    found = [(each, kept) for each in whose for kept in store.listed(each)]
    known = {kept.sobject.casefold(): kept.sobject for _, kept in found}
    for name in objects:
        if name.casefold() not in known:
            others = f"; it is of {', '.join(known.values())}" if known else ", nor of any other object"
            raise CommandError(f"nothing is remembered of '{name}'{others}.")
    wanted = {name.casefold() for name in objects} or known.keys()
    return [(each, kept) for each, kept in found if kept.sobject.casefold() in wanted]


def named(values: Mapping[str, T], name: str) -> T | None:
    """The value of this API name, in any case."""
    return next((value for each, value in values.items() if each.casefold() == name.casefold()), None)
