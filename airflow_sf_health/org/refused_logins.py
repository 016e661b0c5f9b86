"""Logins that Salesforce refused a moment ago, so that this process does not try the same again at once.

Each wrong try alarms an administrator and brings a lockout nearer. Nothing is kept but Salesforce's answer, by a fingerprint of
the credential under a key that lives and dies with the process; a credential that was corrected is another one.
"""

from __future__ import annotations

import hmac
import secrets
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pendulum

from airflow_sf_health.org.connection import OrgConnection
from airflow_sf_health.org.errors import Refusal
from airflow_sf_health.org.flows import CREDENTIAL_FIELDS
from airflow_sf_health.org.secret import Secret

PAUSE = pendulum.duration(minutes=10)
"""How long a refused login is not tried again."""


@dataclass(frozen=True, slots=True)
class RefusedLogin:
    """What was answered and when."""

    refusal: Refusal
    at: pendulum.DateTime

    @property
    def not_before(self) -> pendulum.DateTime:
        """When it may be tried again."""
        return self.at + PAUSE


class RefusedLogins:
    """The refused logins of this process. Its methods may be called from any thread.

    :param clock: gives the present instant.
    """

    def __init__(self, clock: Callable[[], pendulum.DateTime] = lambda: pendulum.now("UTC")) -> None:
        self._clock = clock
        self._key = secrets.token_bytes(32)
        self._known: dict[bytes, RefusedLogin] = {}
        self._lock = threading.Lock()

    def of(self, connection: OrgConnection) -> RefusedLogin | None:
        """Give the refusal of this very login, while it must not be tried again."""
        now = self._clock()
        with self._lock:
            self._known = {key: each for key, each in self._known.items() if each.not_before > now}
            return self._known.get(self._fingerprint(connection))

    def note(self, connection: OrgConnection, refusal: Refusal) -> RefusedLogin:
        """Remember that this login was refused just now."""
        found = RefusedLogin(refusal, self._clock())
        with self._lock:
            self._known[self._fingerprint(connection)] = found
        return found

    def forget(self) -> None:
        """Forget all of them."""
        with self._lock:
            self._known.clear()

    def _fingerprint(self, connection: OrgConnection) -> bytes:
        values = [getattr(connection, name, None) for name in sorted(CREDENTIAL_FIELDS)]
        texts = [value.reveal() if isinstance(value, Secret) else value for value in values]
        path = connection.private_key_file_path
        whole = (connection.conn_id, connection.flow, connection.token_host, *texts, _changed(path) if path else None)
        return hmac.digest(self._key, repr(whole).encode(), "sha256")


def _changed(path: str) -> int | None:
    """When the file was last changed; a new key in the same place is another credential."""
    with suppress(OSError, ValueError):
        return Path(path).stat().st_mtime_ns
    return None


REFUSED_LOGINS = RefusedLogins()
"""Those of second users, in this process."""
