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
from typing import TYPE_CHECKING, TypeGuard

from airflow_sf_health.org import leases
from airflow_sf_health.org.errors import Refused
from airflow_sf_health.org.exchange import Exchange
from airflow_sf_health.org.flows import LoginFlow
from airflow_sf_health.org.grant_refusals import busy, lost_since, unusable
from airflow_sf_health.org.grants import KeptGrant
from airflow_sf_health.org.login import Login, log_in
from airflow_sf_health.org.refresh_token import Introspection, introspect, successor_of
from airflow_sf_health.org.rotating_login import NOT_KEPT, RotatingLogin, Unless, always
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
    connection: OrgConnection,
    http: GuardedSession,
    vault: Vault | None,
    ended: threading.Event,
    unless_known: Unless = always,
) -> Login:
    """Make one login by the connection's flow, and keep what its refresh token changes to, where that is ours.

    :param vault: keeps it, and knows whether the connection's own token is spent; without one no token is spent that changes.
    :param ended: set when nobody wants the login any more. What was not sent by then is not sent.
    :param unless_known: makes the login that it is given, or gives another's. Asked once nobody else is spending the token.
    :raises Refused: as :func:`log_in`; or nothing was sent, and it says why.
    """
    if connection.flow is not LoginFlow.REFRESH_TOKEN:
        return log_in(connection, http)
    try:
        if _is_in_keeping(vault, connection):
            return RotatingLogin(connection, http, vault, ended, unless_known).login()
    except VaultError as error:
        _refuse_unless_alive(connection, http, str(error))
    login = log_in(connection, http)
    return _kept_at_last(connection, login, http, vault) if connection.may_rotate and vault is not None else login


def introspected(
    connection: OrgConnection, vault: Vault | None, ask: Callable[[OrgConnection], Introspection]
) -> Introspection:
    """Whether the newest refresh token of the connection is alive.

    :param ask: asks Salesforce about the token of the connection that it is given.
    :raises Refused: as ``ask``; or the vault cannot be used; or the token is lost, or being spent.
    """
    try:
        return _introspected(connection, vault, ask) if _is_in_keeping(vault, connection) else ask(connection)
    except VaultError as error:
        if connection.rotates:
            raise unusable(str(error)) from None
        found = ask(connection)
        if not found.active and connection.withheld is None:  # it may be spent, and the vault have the one after it
            raise unusable(str(error)) from None
        return found


def _is_in_keeping(vault: Vault | None, connection: OrgConnection) -> TypeGuard[Vault]:
    """Whether the vault has what the connection's token has changed to, or will have. Another connection with the same token may have said
    or shown that it changes, so the vault is asked about each one.

    :raises VaultError: nobody knows.
    """
    if vault is None:
        if connection.may_rotate:
            raise VaultError("this login was given no store.")
        return False
    return connection.rotates or KeptGrant(connection, vault).found() is not None


def _introspected(
    connection: OrgConnection, vault: Vault, ask: Callable[[OrgConnection], Introspection]
) -> Introspection:
    kept = KeptGrant(connection, vault)
    before = kept.found()
    found = ask(kept.holder(before))
    while not found.active and (after := kept.found()) != before:
        before, found = after, ask(kept.holder(after))
    if not found.active and before is not None and before.spender:
        _refuse_if_gone(vault, kept, before)
    return found


def _refuse_unless_alive(connection: OrgConnection, http: GuardedSession, problem: str) -> None:
    """Refuse to send a token that may be spent, since the vault cannot say which one is the newest: a spent one that is sent revokes the
    newest. Where Salesforce cannot be asked either, it is sent only if nobody has said that it is this installation's alone.
    """
    if connection.rotates:
        raise unusable(problem)
    if connection.consumer_secret is not None:
        try:
            found = introspect(connection, Exchange(http, connection.time_limits.examination))
        except Refused as refused:
            if not refused.refusal.answered:
                raise
        else:
            if found.active:
                return
            raise unusable(problem)
    if connection.may_rotate:
        raise unusable(problem)


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
