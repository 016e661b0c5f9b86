"""A refresh token that changes at each use, in the keeping of a vault.

The vault has the newest one, sealed by the token that stands in the connection, and a mark for as long as somebody is spending it. Who finds
the mark of another who is gone does not know whether the token still lives.
"""

from __future__ import annotations

import logging
import secrets
import time
from collections.abc import Callable
from dataclasses import replace
from itertools import chain, repeat
from typing import TYPE_CHECKING

import pendulum

from airflow_sf_health.org.credentials import grant_credential_of
from airflow_sf_health.org.grant_refusals import lost
from airflow_sf_health.org.secret import Secret
from airflow_sf_health.org.vault import Grant, Sealed, VaultError

if TYPE_CHECKING:
    from airflow_sf_health.org.connection import OrgConnection
    from airflow_sf_health.org.vault import Vault

KIND = "refresh token"
KEEPING = 30.0
"""Seconds for which it is tried again to keep a token that Salesforce gave: it is the only one."""
PAUSES = (0.1, 0.2, 0.4, 0.8, 1.5)
"""Seconds between the tries; the last one from then on."""
CLEARING = 3.0
"""Seconds for the same with the note that nothing was spent, of which introspection can tell as well."""


class KeptGrant:
    """The grant of one connection, whose methods raise :class:`VaultError` where nothing else is said.

    ``lease`` is the name of the lease under which it is spent.
    """

    def __init__(self, connection: OrgConnection, vault: Vault) -> None:
        self._connection = connection
        self._vault = vault
        self._credential = grant_credential_of(connection)
        self._spender = secrets.token_hex(16)
        self.lease = f"grant:{self._credential.fingerprint}"

    def found(self) -> Grant | None:
        """What the vault knows of it; None where no token of it was ever spent here."""
        return self._vault.grant(self._credential.fingerprint)

    def holder(self, grant: Grant | None) -> OrgConnection:
        """The connection with the newest token in the place of its own.

        :raises Refused: what is kept cannot be read. The connection's own token is spent then, and is not used.
        """
        if grant is None or grant.sealed is None:
            return self._connection
        token = self._credential.unseal(KIND, grant.sealed.blob)
        if token is None:
            raise lost("the store's copy of the newest refresh token is damaged, and those before it are spent")
        return replace(self._connection, refresh_token=Secret(token.decode()))

    def begin(self, grant: Grant | None) -> bool:
        """Note, durably, that its token is about to be spent; False where it is not any more what it was: then it is not to be sent."""
        before = self._vault.begin_spending(self._credential.fingerprint, self._spender)
        known = grant or Grant(None)
        return before.sealed == known.sealed and before.spender in ("", known.spender, self._spender)

    def keep(self, spent: OrgConnection, successor: Secret) -> None:
        """Keep what the token of ``spent`` was spent for, and try for some seconds. Whoever uses what came with it waits for that.

        :raises VaultError: it could not be kept.
        """
        sealed = Sealed(self._credential.seal(KIND, successor.reveal().encode()), pendulum.now("UTC"))
        _patiently(lambda: self._end(sealed) or self._end_over_another(sealed, spent, successor), KEEPING)

    def clear(self) -> None:
        """Note that its token was not spent."""
        _patiently(lambda: self._end(None), CLEARING)

    def _end(self, sealed: Sealed | None) -> bool:
        return self._vault.end_spending(self._credential.fingerprint, self._spender, sealed)

    def _end_over_another(self, sealed: Sealed, spent: OrgConnection, successor: Secret) -> bool:
        """Where somebody has marked the grant since, who came late and sends nothing: the token is spent, and ours follows it."""
        newest = self.holder(self.found()).refresh_token
        if newest == successor:
            return True
        if newest != spent.refresh_token:
            raise VaultError("Another process has kept another token meanwhile.")
        self._vault.begin_spending(self._credential.fingerprint, self._spender)
        return self._end(sealed)


def _patiently(act: Callable[[], object], seconds: float) -> None:
    began = time.monotonic()
    for pause in chain(PAUSES, repeat(PAUSES[-1])):
        try:
            act()
        except VaultError as error:
            if time.monotonic() - began + pause > seconds:
                raise
            logging.getLogger(__name__).warning(
                "What came of spending a refresh token could not be kept yet: %s", error
            )
            time.sleep(pause)
        else:
            return
