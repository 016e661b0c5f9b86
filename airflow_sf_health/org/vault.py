"""What logins are shared through, wherever that is kept: sealed tokens, refused logins, rotating refresh tokens, and leases.

The vault sees nothing but sealed bytes and fingerprints; :mod:`airflow_sf_health.org.credentials` makes and opens both.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import pendulum


class VaultError(Exception):
    """The vault cannot be used; the text is a sentence that says why, without secrets."""


@dataclass(frozen=True, slots=True)
class Sealed:
    """Bytes that only the credential opens. ``at``: when the token was minted, or the login refused, by its maker's clock."""

    blob: bytes = field(repr=False)
    at: pendulum.DateTime


@dataclass(frozen=True, slots=True)
class Kept:
    """What a vault holds for one credential."""

    token: Sealed | None = None
    refusal: Sealed | None = None
    refused_until: pendulum.DateTime | None = None
    """Until when that login is not to be tried again."""


@dataclass(frozen=True, slots=True)
class Grant:
    """A rotating refresh token in the vault's keeping.

    ``sealed`` is the newest one, None while the connection's own is. ``spender`` is who began to spend it at ``spending_since`` and has not
    told yet what came of it: as long as one is there, nobody knows whether the token still lives.
    """

    sealed: Sealed | None
    spender: str = ""
    spending_since: pendulum.DateTime | None = None


class Vault(Protocol):
    """All of it raises :class:`VaultError` and nothing else, takes a few seconds at most, and may be called from any thread."""

    def recall(self, fingerprint: str) -> Kept:
        """The token and the refusal of this credential, in one question."""
        ...

    def keep_token(self, fingerprint: str, token: Sealed) -> None:
        """Keep a token in the place of an older one, and forget a refusal that is older."""
        ...

    def drop_token(self, fingerprint: str, minted_at: pendulum.DateTime) -> None:
        """Forget the token that was minted then, and no newer one: Salesforce refuses it."""
        ...

    def keep_refusal(self, fingerprint: str, refusal: Sealed, until: pendulum.DateTime) -> None:
        """Keep a refusal of this login, in the place of an older one. The token stays: it may still live."""
        ...

    def forget(self, fingerprint: str) -> int:
        """Forget token and refusal, not a grant; gives how many of them there were."""
        ...

    def take_lease(self, name: str, holder: str, seconds: float) -> bool:
        """Take the lease, or keep it for so much longer; False while another holder has it. By one clock for all: the database's."""
        ...

    def give_back(self, name: str, holder: str) -> None:
        """Give the lease back, where this holder still has it."""
        ...

    def grant(self, fingerprint: str) -> Grant | None:
        """The rotating refresh token in keeping; None where there is none yet."""
        ...

    def begin_spending(self, fingerprint: str, spender: str) -> Grant:
        """Note, durably, that this spender is about to spend the grant; gives the grant as it was before."""
        ...

    def end_spending(self, fingerprint: str, spender: str, successor: Sealed | None) -> bool:
        """Note, durably, what came of it: the successor, or None where the token was not spent. False: another spender has begun since,
        and nothing was kept.
        """
        ...
