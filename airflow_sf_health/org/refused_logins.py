"""Logins of second users that Salesforce refused a while ago, so that nobody tries the same again at once.

Each wrong try alarms an administrator and brings a lockout nearer. Where logins are shared, the vault keeps for all processes that
Salesforce has judged the login. What is not of the login alone (a wrong clock here, a bad moment there) is nobody else's, and each
process keeps it for itself, by a fingerprint of the credential under a key that lives and dies with the process. A credential that was
corrected is another one.
"""

from __future__ import annotations

import hmac
import secrets
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pendulum

from airflow_sf_health.errors import OrgConnectionError
from airflow_sf_health.org.cleared import counts_for_cleared, unsealed
from airflow_sf_health.org.connection import OrgConnection
from airflow_sf_health.org.credentials import credential_of
from airflow_sf_health.org.errors import Refusal
from airflow_sf_health.org.flows import CREDENTIAL_FIELDS
from airflow_sf_health.org.kept_refusals import KIND, is_rejection, refusal_of, sealed_refusal
from airflow_sf_health.org.secret import Secret
from airflow_sf_health.org.vault import VaultError

if TYPE_CHECKING:
    from airflow_sf_health.org.sharing import Sharing

PAUSE = pendulum.duration(minutes=10)
"""How long a refused login is not tried again."""


@dataclass(frozen=True, slots=True)
class RefusedLogin:
    """What was answered, when, and before which instant it is not tried again."""

    refusal: Refusal
    at: pendulum.DateTime
    not_before: pendulum.DateTime


class RefusedLogins:
    """The refused logins that this process knows of, or all who share a vault. Its methods may be called from any thread.

    :param clock: gives the present instant.
    """

    def __init__(self, clock: Callable[[], pendulum.DateTime] = lambda: pendulum.now("UTC")) -> None:
        self._clock = clock
        self._key = secrets.token_bytes(32)
        self._known: dict[bytes, RefusedLogin] = {}
        self._lock = threading.Lock()

    def of(self, connection: OrgConnection, sharing: Sharing | None = None) -> RefusedLogin | None:
        """Give the refusal of this very login, while it must not be tried again."""
        now = self._clock()
        if sharing is not None and sharing.refusal_age > 0:
            with suppress(VaultError, OrgConnectionError):
                if sharing.afresh and not sharing.cleared:
                    return None
                if (kept := _kept(connection, sharing, now)) is not None or sharing.afresh:
                    return kept
        with self._lock:
            self._known = {key: each for key, each in self._known.items() if each.not_before > now}
            return self._known.get(self._fingerprint(connection))

    def note(self, connection: OrgConnection, refusal: Refusal, sharing: Sharing | None = None) -> RefusedLogin:
        """Remember that this login was refused just now; one that was remembered before is not prolonged."""
        if refusal.repeated:
            return RefusedLogin(refusal, _instant(refusal.at), _instant(refusal.not_before))
        now = self._clock()
        found = RefusedLogin(refusal, now, now + PAUSE)
        if sharing is not None and sharing.refusal_age > 0 and is_rejection(refusal):
            with suppress(VaultError, OrgConnectionError):
                credential = credential_of(connection, sharing.egress)
                sealed = sealed_refusal(credential, refusal, found.at, cleared=sharing.cleared)
                sharing.vault.keep_refusal(credential.fingerprint, sealed, found.not_before)
                return found
        with self._lock:
            self._known[self._fingerprint(connection)] = found
        return found

    def forget(self) -> None:
        """Forget all that this process alone knows of."""
        with self._lock:
            self._known.clear()

    def _fingerprint(self, connection: OrgConnection) -> bytes:
        values = [getattr(connection, name, None) for name in sorted(CREDENTIAL_FIELDS)]
        texts = [value.reveal() if isinstance(value, Secret) else value for value in values]
        path = connection.private_key_file_path
        whole = (connection.conn_id, connection.flow, connection.token_host, *texts, _changed(path) if path else None)
        return hmac.digest(self._key, repr(whole).encode(), "sha256")


def _kept(connection: OrgConnection, sharing: Sharing, now: pendulum.DateTime) -> RefusedLogin | None:
    credential = credential_of(connection, sharing.egress)
    kept = sharing.vault.recall(credential.fingerprint)
    if kept.refusal is None or kept.refused_until is None:
        return None
    until = min(kept.refused_until, now + PAUSE)  # another machine's clock may be ahead
    fields = unsealed(credential, KIND, kept.refusal) if until > now else None
    if fields is None or (sharing.afresh and not counts_for_cleared(fields, kept.refusal.at)):
        return None
    refusal = refusal_of(fields, until)
    return RefusedLogin(refusal, kept.refusal.at, until) if refusal is not None else None


def _instant(text: str) -> pendulum.DateTime:
    parsed = pendulum.parse(text)
    assert isinstance(parsed, pendulum.DateTime), "both were made by pendulum"
    return parsed


def _changed(path: str) -> int | None:
    """When the file was last changed; a new key in the same place is another credential."""
    with suppress(OSError, ValueError):
        return Path(path).stat().st_mtime_ns
    return None


REFUSED_LOGINS = RefusedLogins()
"""Those of second users."""
