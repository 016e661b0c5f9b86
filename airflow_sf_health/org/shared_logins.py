"""One login for many tasks and processes: the token of another's is used where it counts, and one at a time is made where none does.

A login that Salesforce refused is not tried again for a while, by nobody. A vault that fails is as good as none: then each logs in for
itself. Nothing here ends a session, since others may be using it.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Self

import pendulum

from airflow_sf_health.errors import OrgConnectionError
from airflow_sf_health.org import kept_refusals, kept_tokens, leases
from airflow_sf_health.org.cleared import counts_for_cleared, unsealed
from airflow_sf_health.org.credentials import Credential, credential_of
from airflow_sf_health.org.errors import Refusal, Refused
from airflow_sf_health.org.kept_refusals import is_rejection, refusal_of, sealed_refusal
from airflow_sf_health.org.kept_tokens import login_of, sealed_login
from airflow_sf_health.org.silences import note_silence, silence_since
from airflow_sf_health.org.vault import Kept, Sealed, VaultError

if TYPE_CHECKING:
    from airflow_sf_health.org.connection import OrgConnection
    from airflow_sf_health.org.login import Login
    from airflow_sf_health.org.secret import Secret
    from airflow_sf_health.org.sharing import Sharing

AHEAD = 5.0
"""Seconds by which another machine's clock may be ahead of ours. What comes from further ahead would count for too long."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What login is looked for. ``proven``: a young one, which proves something. ``instead_of``: not this token, which Salesforce refuses.
    ``since``: when everything is asked afresh, only what was met after this instant counts. ``began``: when it was begun to be looked for.
    """

    proven: bool = False
    instead_of: Secret | None = None
    since: pendulum.DateTime | None = None
    began: pendulum.DateTime | None = None


class SharedLogins:
    """The logins of one connection by one way to the internet. Its methods may be called from any thread.

    :param pause: waits so many seconds, or raises when there is no more use in waiting.
    """

    def __init__(
        self, connection: OrgConnection, sharing: Sharing, credential: Credential, pause: Callable[[float], None]
    ) -> None:
        self._connection = connection
        self._sharing = sharing
        self._credential = credential
        self._pause = pause

    @classmethod
    def of(cls, connection: OrgConnection, sharing: Sharing | None, pause: Callable[[float], None]) -> Self | None:
        """None where nothing is shared: nowhere, for no time, or since the key cannot be read, which the login itself will tell."""
        if sharing is None or (sharing.token_age <= 0 and sharing.refusal_age <= 0):
            return None
        try:
            return cls(connection, sharing, credential_of(connection, sharing.egress), pause)
        except OrgConnectionError:
            return None

    def login(self, make: Callable[[], Login], wanted: Wanted) -> Login:
        """Give the login that is kept and counts, else make one, if it can be had under the lease, and keep it for the others.

        :raises Refused: it was refused, now or a while ago, or nobody answered while it was waited for.
        """
        wanted = replace(wanted, began=pendulum.now("UTC"))
        try:
            found = self._found_or_leased(wanted)
        except VaultError:
            return make()
        if not isinstance(found, leases.Lease):
            return found or self._made(make)
        with found:
            return self.known_or_made(make, wanted)

    def known_or_made(self, make: Callable[[], Login], wanted: Wanted) -> Login:
        """The same for who has a lease already: look once more, since the login may have been made while the lease was asked for."""
        with suppress(VaultError):
            known = self._remembered(wanted)
            if known is not None:
                return known
        return self._made(make)

    def drop(self, token: Secret) -> None:
        """Forget this token, which Salesforce refuses, under whatever instant it is kept."""
        with suppress(VaultError):
            self._usable(self._sharing.vault.recall(self._credential.fingerprint), Wanted(instead_of=token))

    def _found_or_leased(self, wanted: Wanted) -> Login | leases.Lease | None:
        """None: the holder of the lease takes longer than a login may take."""
        limits = self._connection.time_limits
        until = time.monotonic() + limits.connect + limits.read
        name = f"login:{self._credential.fingerprint}"
        for pause in leases.pauses():
            found = self._remembered(wanted) or leases.take(self._sharing.vault, name)
            if found is not None or time.monotonic() >= until:
                return found
            self._pause(pause)
        return None

    def _remembered(self, wanted: Wanted) -> Login | None:
        """:raises Refused: the login was refused, and the time to try it again has not come; or it found nobody who answers, and we have
        waited for it.
        """
        kept = self._sharing.vault.recall(self._credential.fingerprint)
        login = self._usable(kept, wanted)
        refusal = self._standing(kept, wanted)
        if refusal is None or kept.refusal is None:
            if login is None and (silence := self._silence(kept, wanted)) is not None:
                raise Refused(silence)
            return login
        # A user who is shut out may have a session that lives on; a proof is refuted by what was met after it.
        if login is not None and not (wanted.proven and kept.refusal.at > login.at):
            return login
        raise Refused(refusal)

    def _usable(self, kept: Kept, wanted: Wanted) -> Login | None:
        """The kept login, where it counts. What can be none's any more is dropped; one of the future is good, and it may be our clock that is
        wrong.
        """
        if kept.token is None:
            return None
        fields = unsealed(self._credential, kept_tokens.KIND, kept.token)
        login = login_of(fields, kept.token, self._connection.flow) if fields is not None else None
        age = _age(kept.token)
        if fields is None or login is None or login.token == wanted.instead_of:
            self._sharing.vault.drop_token(self._credential.fingerprint, kept.token.at)
            return None
        proof, most = self._sharing.proof, self._sharing.token_age
        oldest = min(proof, most) if wanted.proven else most
        counts = -AHEAD <= age < oldest and self._is_since(fields, kept.token.at, wanted)
        return replace(login, fresh=age < proof) if counts else None

    def _standing(self, kept: Kept, wanted: Wanted) -> Refusal | None:
        """The kept refusal, where it still holds. It holds no longer than we ourselves would keep one."""
        longest = self._sharing.refusal_age
        if kept.refusal is None or kept.refused_until is None or not -AHEAD <= _age(kept.refusal) < longest:
            return None
        until = min(kept.refused_until, kept.refusal.at.add(microseconds=int(longest * 1_000_000)))
        if until <= pendulum.now("UTC"):
            return None
        fields = unsealed(self._credential, kept_refusals.KIND, kept.refusal)
        if fields is None or not self._is_since(fields, kept.refusal.at, wanted):
            return None
        return refusal_of(fields, until)

    def _silence(self, kept: Kept, wanted: Wanted) -> Refusal | None:
        if wanted.began is None or self._sharing.refusal_age <= 0:
            return None
        return silence_since(wanted.began, kept, self._credential, self._connection.time_limits)

    def _is_since(self, fields: dict[str, Any], at: pendulum.DateTime, wanted: Wanted) -> bool:
        if not self._sharing.afresh or (wanted.since is not None and at > wanted.since):
            return True
        return self._sharing.cleared and counts_for_cleared(fields, at)

    def _made(self, make: Callable[[], Login]) -> Login:
        try:
            login = make()
        except Refused as refused:
            if refused.refusal.repeated or refused.refusal.not_before:  # kept already
                raise
            raise Refused(self._kept(refused.refusal)) from None
        if login.shared:
            return login
        with suppress(VaultError):
            # The token of an expired password is good for nothing.
            if self._sharing.token_age > 0 and not login.password_expired:
                self._keep(sealed_login(self._credential, login, cleared=self._sharing.cleared))
            elif self._sharing.afresh:  # so there may be a refusal that was not looked at, and has been refuted
                self._sharing.vault.forget(self._credential.fingerprint)
        return login

    def _keep(self, token: Sealed) -> None:
        """In the place of whatever is there, by another clock it may be later: else each of us would log in until that time has come."""
        there = self._sharing.vault.recall(self._credential.fingerprint).token
        if there is not None and there.at > token.at.add(microseconds=int(AHEAD * 1_000_000)):
            self._sharing.vault.drop_token(self._credential.fingerprint, there.at)
        self._sharing.vault.keep_token(self._credential.fingerprint, token)

    def _kept(self, refusal: Refusal) -> Refusal:
        """The refusal, with the instant before which nobody tries again, if that could be made known."""
        if self._sharing.refusal_age <= 0:
            return refusal
        if not is_rejection(refusal):
            with suppress(VaultError):
                note_silence(self._sharing.vault, self._credential, refusal, self._connection.time_limits)
            return refusal
        now = pendulum.now("UTC")
        until = now.add(microseconds=int(self._sharing.refusal_age * 1_000_000))
        sealed = sealed_refusal(self._credential, refusal, now, cleared=self._sharing.cleared)
        try:
            self._sharing.vault.keep_refusal(self._credential.fingerprint, sealed, until)
        except VaultError:
            return refusal
        return replace(refusal, not_before=until.to_iso8601_string())


def _age(sealed: Sealed) -> float:
    return float((pendulum.now("UTC") - sealed.at).total_seconds())
