"""Log in by a refresh token that changes at each use, so that it is never spent twice and never lost in silence.

Salesforce gives the next token in the reply to the request that spends the last one, and revokes both, with all that came from them, when
the last one is used again. So one at a time spends it, under a lease; that it is being spent is noted before, durably; and the next
one is kept, durably, before anybody uses what came with it. Who is killed in between leaves the note, and whoever finds it asks, by
introspection, whether the token still lives: it is never sent on the chance.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from airflow_sf_health.org import leases
from airflow_sf_health.org.grant_refusals import busy, lost_since, unusable
from airflow_sf_health.org.grants import KeptGrant
from airflow_sf_health.org.login import Login, log_in
from airflow_sf_health.org.refresh_token import Introspection, successor_of
from airflow_sf_health.org.rotating_login import NOT_KEPT, RotatingLogin
from airflow_sf_health.org.vault import VaultError

if TYPE_CHECKING:
    from airflow_sf_health.org.connection import OrgConnection
    from airflow_sf_health.org.guarded_session import GuardedSession
    from airflow_sf_health.org.vault import Grant, Vault

UNSAID = (
    "Connection '%s': Refresh Token Rotation is on in its app, and its extra refresh_token_rotation does not say so. The new refresh token "
    "was kept, and is used from now on. Set refresh_token_rotation to true."
)

_log = logging.getLogger(__name__)


def log_in_keeping(
    connection: OrgConnection, http: GuardedSession, vault: Vault | None, ended: threading.Event
) -> Login:
    """Make one login by the connection's flow, and keep what its refresh token changes to, where that is ours.

    :param vault: keeps it; without one no token is spent that changes.
    :param ended: set when nobody wants the login any more. What was not sent by then is not sent.
    :raises Refused: as :func:`log_in`; or nothing was sent, and it says why.
    """
    if connection.rotates:
        if vault is None:
            raise unusable("this login was given no store.")
        return RotatingLogin(connection, http, vault, ended).login()
    if not connection.may_rotate or vault is None:
        return log_in(connection, http)
    if _has_rotated_before(connection, vault):
        return RotatingLogin(connection, http, vault, ended).login()
    return _kept_at_last(connection, log_in(connection, http), http, vault)


def introspected(
    connection: OrgConnection, vault: Vault | None, ask: Callable[[OrgConnection], Introspection]
) -> Introspection:
    """Whether the newest refresh token of the connection is alive.

    :param ask: asks Salesforce about the token of the connection that it is given.
    :raises Refused: as ``ask``; or the vault cannot be used; or the token is lost, or being spent.
    """
    if vault is None or not connection.may_rotate:
        return ask(connection)
    kept = KeptGrant(connection, vault)
    try:
        before = kept.found()
        found = ask(kept.holder(before))
        while not found.active and (after := kept.found()) != before:
            before, found = after, ask(kept.holder(after))
        if not found.active and before is not None and before.spender:
            _refuse_if_gone(vault, kept, before)
    except VaultError as error:
        raise unusable(str(error)) from None
    return found


def _has_rotated_before(connection: OrgConnection, vault: Vault) -> bool:
    """Whether the vault has a token in the place of one of which nobody said that it changes."""
    try:
        return KeptGrant(connection, vault).found() is not None
    except VaultError:
        return False


def _refuse_if_gone(vault: Vault, kept: KeptGrant, grant: Grant) -> None:
    """A token that is dead while somebody spends it is no bad sign, as long as that one is there to keep the next one."""
    lease = leases.take(vault, kept.lease)
    if lease is None:
        raise busy("it is being spent at this moment, and the next one is not kept yet")
    with lease:
        raise lost_since(grant) if kept.found() == grant else busy("it was spent just now")


def _kept_at_last(connection: OrgConnection, login: Login, http: GuardedSession, vault: Vault) -> Login:
    """The same login; where it has spent a token of which nobody said that it changes, the next one is kept if that can be."""
    successor = successor_of(connection, http.last_login_reply) if login.rotated else None
    if successor is None:
        return login
    kept = KeptGrant(connection, vault)
    try:
        kept.begin(None)
        kept.keep(connection, successor)
    except VaultError as error:
        _log.error(NOT_KEPT, connection.conn_id, login.at.format("HH:mm:ss"), error)
        return login
    _log.warning(UNSAID, connection.conn_id)
    return replace(login, rotated=False)
