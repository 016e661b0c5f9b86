"""One login by a refresh token in a vault's keeping: when it is sent, and what becomes of it then."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

import pendulum

from airflow_sf_health.org import leases
from airflow_sf_health.org.errors import Refusal, Refused, Shape
from airflow_sf_health.org.exchange import Exchange
from airflow_sf_health.org.grant_refusals import busy, dead, lost, lost_since, own, unsure, unusable
from airflow_sf_health.org.grants import KeptGrant
from airflow_sf_health.org.login import Login, log_in
from airflow_sf_health.org.passing import is_passing
from airflow_sf_health.org.refresh_token import introspect, successor_of
from airflow_sf_health.org.spending import Apart, NotSent, SpendingSession
from airflow_sf_health.org.spendings import Spending
from airflow_sf_health.org.vault import VaultError

if TYPE_CHECKING:
    from airflow_sf_health.org.connection import OrgConnection
    from airflow_sf_health.org.guarded_session import GuardedSession
    from airflow_sf_health.org.secret import Secret
    from airflow_sf_health.org.vault import Grant, Vault

ON_ITS_WAY = 4.0
"""Seconds for which the lease must surely last when the token is sent: it has arrived before another may ask about it."""
LONGEST_REPLY = 120.0
"""Seconds after which even a reply that comes byte by byte is given up."""
NOT_KEPT = (
    "Connection '%s': the refresh token was spent at %s UTC, and the new one could not be kept: %s Authorise the app anew and put the "
    "new token into the extra refresh_token."
)

Unless = Callable[[Callable[[], Login]], Login]
"""Makes a login, unless there is one by now."""

_log = logging.getLogger(__name__)


def always(make: Callable[[], Login]) -> Login:
    """Make it, whatever others did."""
    return make()


class RotatingLogin:
    """One login by a token in a vault's keeping."""

    def __init__(
        self,
        connection: OrgConnection,
        http: GuardedSession,
        vault: Vault,
        ended: threading.Event,
        unless_known: Unless = always,
    ) -> None:
        self._connection = connection
        self._http = http
        self._vault = vault
        self._ended = ended
        self._unless_known = unless_known
        self._kept = KeptGrant(connection, vault)

    def login(self) -> Login:
        try:
            lease = self._lease()
            login = Apart(lambda given_up: self._under(lease, given_up)).run(self._ended)
        except VaultError as error:
            raise unusable(str(error)) from None
        if login is None:
            raise own(None, "the examination ended before the login did")
        return login

    def _lease(self) -> leases.Lease:
        """The lease, once whoever has it is done or gone."""
        limits, began = self._connection.time_limits, time.monotonic()
        patience = limits.connect + limits.read + leases.SECONDS
        for pause in leases.pauses():
            lease = leases.take(self._vault, self._kept.lease)
            if lease is not None:
                return lease
            if time.monotonic() - began > patience:
                raise busy(f"another task has been logging in by it for {patience:g} s")
            if self._ended.wait(pause):
                raise own(None, "the examination ended before the login began")
        raise AssertionError("there is always another pause")

    def _under(self, lease: leases.Lease, given_up: threading.Event) -> Login:
        def is_over() -> bool:
            return given_up.is_set() or self._ended.is_set()

        def gate() -> None:
            if is_over() or not lease.held_for(ON_ITS_WAY):
                raise NotSent

        with Spending() as spending, lease, SpendingSession(self._connection, self._http, gate) as session:
            watch = threading.Timer(LONGEST_REPLY, session.transport.abort)
            watch.daemon = True
            watch.start()
            try:
                return self._unless_known(lambda: self._spend(session, lease, spending, is_over))
            finally:
                watch.cancel()

    def _spend(
        self, session: SpendingSession, lease: leases.Lease, spending: Spending, is_over: Callable[[], bool]
    ) -> Login:
        grant = self._kept.found()
        holder = self._kept.holder(grant)
        self._refuse_unless_alive(session, holder, grant)
        spending.begin()
        if is_over():
            raise own(None, "the examination ended before the login did")
        return self._spend_it(session, lease, holder, grant)

    def _spend_it(
        self, session: SpendingSession, lease: leases.Lease, holder: OrgConnection, grant: Grant | None
    ) -> Login:
        if not lease.renew() or not self._begun(grant, lease):
            raise busy("it began at this moment")
        at = pendulum.now("UTC")
        login: Login | None = None
        refused: Refused | None = None
        try:
            login = log_in(holder, session)
        except Refused as error:
            refused = busy("this one was held up too long") if session.held_back else error
        except BaseException:
            lease.leave()
            raise
        self._settle(session, lease, holder, at, refused)
        if login is None:
            raise refused or AssertionError("either of them")
        return replace(login, rotated=False)

    def _begun(self, grant: Grant | None, lease: leases.Lease) -> bool:
        try:
            return self._kept.begin(grant)
        except VaultError:
            if lease.held:  # it may be noted all the same, and was not sent
                self._clear()
            raise

    def _clear(self) -> None:
        with suppress(VaultError):
            self._kept.clear()

    def _refuse_unless_alive(self, session: SpendingSession, holder: OrgConnection, grant: Grant | None) -> None:
        """Ask about a token that somebody began to spend, and about one that was never spent here: it may have been elsewhere."""
        marked = grant if grant is not None and grant.spender else None
        if marked is None and grant is not None:
            return
        if holder.consumer_secret is None:
            if marked is not None:
                raise unsure(marked)
            return
        try:
            found = introspect(holder, Exchange(session, holder.time_limits.examination))
        except Refused as refused:
            if not refused.refusal.answered:
                raise
            if marked is not None:
                raise unsure(marked, f"could not be asked ({refused.refusal.said})") from None
            return
        if not found.active:
            raise dead() if marked is None else lost_since(marked)

    def _settle(
        self,
        session: SpendingSession,
        lease: leases.Lease,
        holder: OrgConnection,
        at: pendulum.DateTime,
        refused: Refused | None,
    ) -> None:
        """Set down what came of it; where nobody can know, others ask once Salesforce has surely ended with the request.

        :raises Refused: the next token could not be kept.
        """
        successor = successor_of(holder, session.last_login_reply)
        if successor is not None:
            self._keep(holder, successor, at)
        elif refused is None or not session.sent or _is_final(refused.refusal):
            self._clear()
        else:
            lease.leave()

    def _keep(self, holder: OrgConnection, successor: Secret, at: pendulum.DateTime) -> None:
        try:
            self._kept.keep(holder, successor)
        except VaultError as error:
            when = at.format("HH:mm:ss")
            _log.error(NOT_KEPT, self._connection.conn_id, when, error)
            problem = str(error).rstrip(".")
            raise lost(
                f"the refresh token was spent at {when} UTC, and the new one could not be kept: {problem}"
            ) from None


def _is_final(refusal: Refusal) -> bool:
    """Whether the token was surely not spent: Salesforce refused it, and not for the sake of another request that may spend it."""
    return refusal.shape is Shape.OAUTH and refusal.status in range(400, 500) and not is_passing(refusal)
