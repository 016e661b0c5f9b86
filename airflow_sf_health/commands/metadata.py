"""What the commands `sf-health metadata …` have in common."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeVar

from airflow_sf_health.commands import ExitCode
from airflow_sf_health.commands.errors import CommandError

if TYPE_CHECKING:
    import pendulum

    from airflow_sf_health.evidence.memory import Whose
    from airflow_sf_health.metadata_refresh import Refreshed
    from airflow_sf_health.org.connection import OrgConnection
    from airflow_sf_health.requirements import ObjectUse
    from airflow_sf_health.schema.shape import ObjectShape
    from airflow_sf_health.store import Store

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


def site_store(hint: str = "A lock file needs no store.") -> Store:
    """What the site remembers schemas, logins and verdicts in.

    :param hint: a sentence behind that there is none.
    :raises CommandError: it has chosen to remember nothing.
    """
    from airflow_sf_health.edges.memory import memory
    from airflow_sf_health.settings import settings

    found = memory(settings())
    if found is None:
        raise CommandError(f"[sf_health] store is 'none', so nothing is remembered. {hint}".rstrip())
    return found


@dataclass(frozen=True, slots=True)
class Owner:
    """Of whom the schemas are that a connection sees. ``as_of``: when that was found out; None: by a login just now."""

    whose: Whose
    as_of: pendulum.DateTime | None = None

    @property
    def said(self) -> str:
        """``org 00D…, user 005…``"""
        since = f", as of the last good look {self.as_of.diff_for_humans()}" if self.as_of is not None else ""
        return f"org {self.whose.org_id}, user {self.whose.user_id}{since}"


def owner(connection: OrgConnection, store: Store, *, offline: bool = False) -> Owner:
    """As a login tells now: behind the same host and user name a refreshed sandbox is another org.

    :param offline: make no login, and believe the last good look by this connection.
    :raises CommandError: Salesforce did not let the user in, or did not answer; or nobody is remembered.
    """
    if not offline:
        return Owner(owner_of(described(connection, ())))
    from airflow_sf_health.evidence.recalling import door, whose
    from airflow_sf_health.org.login import Identity

    user = store.who_came_by(door(connection))
    found = whose(Identity(user.org_id, user.user_id)) if user is not None else None
    if user is None or found is None:
        raise CommandError(
            f"nobody is remembered to have come by connection '{connection.conn_id}'. Without --offline a login tells whose it is."
        )
    return Owner(found, user.at)


def owner_of(refreshed: Refreshed) -> Whose:
    """:raises CommandError: the login did not tell."""
    if refreshed.whose is None:
        raise CommandError(
            f"the login of connection '{refreshed.conn_id}' does not tell its user, so nothing is remembered of it."
        )
    return refreshed.whose


def in_all_versions(connection: OrgConnection, whose: Whose) -> tuple[Whose, ...]:
    """The same user in each API version of which there may be describes: the examination's, and the one that the connection
    pins, in which hooks with ``cache_metadata`` ask.
    """
    return tuple(replace(whose, version=each) for each in dict.fromkeys((whose.version, connection.version)))


def remembered(store: Store, whose: Sequence[Whose], objects: Sequence[str]) -> list[tuple[Whose, str]]:
    """Each of these objects, or all, of which there is something; what is kept of it may be damaged.

    :raises CommandError: of one that is named nothing is remembered.
    :raises StoreError: the store cannot be used.
    """
    found = [(each, name) for each in whose for name in store.objects(each)]
    known = {name.casefold(): name for _, name in found}
    for name in objects:
        if name.casefold() not in known:
            others = f"; it is of {', '.join(known.values())}" if known else ", nor of any other object"
            raise CommandError(f"nothing is remembered of '{name}'{others}.")
    wanted = {name.casefold() for name in objects} or known.keys()
    return [(each, name) for each, name in found if name.casefold() in wanted]


def named(values: Mapping[str, T], name: str) -> T | None:
    """The value of this API name, in any case."""
    return next((value for each, value in values.items() if each.casefold() == name.casefold()), None)
