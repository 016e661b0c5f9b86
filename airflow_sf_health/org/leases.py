"""A lease of the vault: one process alone does a thing, and one that dies holds up the others for some seconds only.

``take`` gives it, or None while another has it (look again after a pause); within ``with lease:`` look first whether the other did
meanwhile what was to be done.
"""

from __future__ import annotations

import random
import secrets
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from types import TracebackType
from typing import TYPE_CHECKING, Self

from airflow_sf_health.org.vault import VaultError

if TYPE_CHECKING:
    from airflow_sf_health.org.vault import Vault

SECONDS = 10.0
"""How long a lease lasts that nobody renews: the delay that a holder causes who was killed."""
BEAT = 3.0
"""Seconds between two renewals: two may fail before the lease is lost."""
LONGEST_CALL = 10.0
"""Seconds that the end of a lease waits for a renewal under way; a vault answers or fails before that."""
PAUSES = (0.05, 0.5)
"""Seconds between two looks of one who waits: the first ones, and the last ones. They grow with the waiting, since many may wait for long."""


class Lease:
    """A lease that is ours: kept alive by a thread of its own while the ``with`` block runs, given back at its end."""

    def __init__(self, vault: Vault, name: str, holder: str, taken: tuple[float, float]) -> None:
        self._vault = vault
        self._name = name
        self._holder = holder
        self._seconds = SECONDS
        self._taken = taken
        self._lost = False
        self._left = False
        self._done = threading.Event()
        self._renewing = threading.Lock()
        self._thread = threading.Thread(target=self._beat, name="sf-health-lease", daemon=True)

    @property
    def held(self) -> bool:
        """Whether it is surely still ours."""
        return self.held_for(0.0)

    def held_for(self, seconds: float) -> bool:
        """Whether it surely stays ours for so much longer, even if nothing renews it. Both clocks are asked: one stands still while the
        machine sleeps, the other is set by people.
        """
        elapsed = max(now - then for now, then in zip(_clocks(), self._taken, strict=True))
        return not self._lost and elapsed < self._seconds - seconds

    def renew(self) -> bool:
        """Keep it for the whole time from now; gives whether it is ours. One that was not surely ours all the time is lost for good.

        :raises VaultError: nothing can be said; what is left of it still counts.
        """
        with self._renewing:
            asked = _clocks()
            if not self.held or not self._vault.take_lease(self._name, self._holder, self._seconds) or not self.held:
                self._lost = True
            else:
                self._taken = asked
            return self.held

    def leave(self) -> None:
        """Let it run out by itself, a whole time from now, instead of giving it back: what was begun under it may still go on elsewhere."""
        self._stop_beating()
        with suppress(VaultError):
            self.renew()
        self._left = True

    def __enter__(self) -> Self:
        with suppress(RuntimeError):  # no thread to be had: it lasts as long as it was taken for
            self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop_beating()
        self._lost = True
        if not self._left:
            with suppress(VaultError):
                self._vault.give_back(self._name, self._holder)

    def _stop_beating(self) -> None:
        self._done.set()
        if self._thread.is_alive():  # a renewal under way would take it anew
            self._thread.join(LONGEST_CALL)

    def _beat(self) -> None:
        while not self._done.wait(BEAT):
            with suppress(VaultError):
                if not self.renew():
                    return


def take(vault: Vault, name: str) -> Lease | None:
    """Take the lease of this name; None while another has it.

    :raises VaultError: the vault cannot be used.
    """
    holder, asked = secrets.token_hex(16), _clocks()
    return Lease(vault, name, holder, asked) if vault.take_lease(name, holder, SECONDS) else None


def pauses() -> Iterator[float]:
    """Seconds between the looks of one who waits for another's lease: short ones first, and never in step with others."""
    shortest, longest = PAUSES
    while True:
        yield shortest * random.uniform(0.8, 1.2)  # noqa: S311 - jitter is no secret
        shortest = min(shortest * 1.5, longest)


def _clocks() -> tuple[float, float]:
    return time.monotonic(), time.time()
