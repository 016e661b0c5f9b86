"""A vault without a database, for tests of what uses one; the contract of both is in ``store/test_vault.py``."""

from __future__ import annotations

from dataclasses import replace
from threading import RLock

import pendulum

from airflow_sf_health.org.vault import Grant, Kept, Sealed, VaultError

AHEAD = 300
"""Seconds by which a time may be ahead of the clock."""


class MemoryVault:
    """A :class:`~airflow_sf_health.org.vault.Vault` of one process. ``problem``: why it cannot be used; ``asked`` counts the calls by
    name; ``leases`` are holder and end by name.
    """

    def __init__(self, problem: str = "") -> None:
        self.problem = problem
        self.asked: dict[str, int] = {}
        self.leases: dict[str, tuple[str, pendulum.DateTime]] = {}
        self._kept: dict[str, Kept] = {}
        self._grants: dict[str, Grant] = {}
        self._lock = RLock()

    def recall(self, fingerprint: str) -> Kept:
        with self._used("recall"):
            kept, now = self._kept.get(fingerprint, Kept()), pendulum.now("UTC")
            token = kept.token if kept.token and not _is_future(kept.token) else None
            if kept.refusal is None or _is_future(kept.refusal) or not kept.refused_until or kept.refused_until <= now:
                return Kept(token=token)
            return replace(kept, token=token)

    def keep_token(self, fingerprint: str, token: Sealed) -> None:
        with self._used("keep_token"):
            kept = self._kept.get(fingerprint, Kept())
            if _gives_way(kept.refusal, token):
                kept = Kept(token=kept.token)
            self._kept[fingerprint] = replace(kept, token=token) if _gives_way(kept.token, token) else kept

    def drop_token(self, fingerprint: str, minted_at: pendulum.DateTime) -> None:
        with self._used("drop_token"):
            kept = self._kept.get(fingerprint, Kept())
            if kept.token is not None and kept.token.at <= minted_at:
                self._kept[fingerprint] = replace(kept, token=None)

    def keep_refusal(self, fingerprint: str, refusal: Sealed, until: pendulum.DateTime) -> None:
        with self._used("keep_refusal"):
            kept = self._kept.get(fingerprint, Kept())
            if _gives_way(kept.refusal, refusal) and _gives_way(kept.token, refusal):
                self._kept[fingerprint] = replace(kept, refusal=refusal, refused_until=until)

    def forget(self, fingerprint: str) -> int:
        with self._used("forget"):
            kept = self._kept.pop(fingerprint, Kept())
            return sum(each is not None for each in (kept.token, kept.refusal))

    def take_lease(self, name: str, holder: str, seconds: float) -> bool:
        with self._used("take_lease"):
            now = pendulum.now("UTC")
            owner, until = self.leases.get(name, ("", now))
            if owner not in ("", holder) and now < until:
                return False
            self.leases[name] = (holder, now.add(microseconds=int(seconds * 1_000_000)))
            return True

    def give_back(self, name: str, holder: str) -> None:
        with self._used("give_back"):
            if self.leases.get(name, ("", None))[0] == holder:
                del self.leases[name]

    def grant(self, fingerprint: str) -> Grant | None:
        with self._used("grant"):
            return self._grants.get(fingerprint)

    def begin_spending(self, fingerprint: str, spender: str) -> Grant:
        with self._used("begin_spending"):
            before = self._grants.get(fingerprint, Grant(None))
            self._grants[fingerprint] = replace(before, spender=spender, spending_since=pendulum.now("UTC"))
            return before

    def end_spending(self, fingerprint: str, spender: str, successor: Sealed | None) -> bool:
        with self._used("end_spending"):
            found = self._grants.get(fingerprint)
            if found is None:
                return False
            if found.spender != spender:
                return successor is not None and found == Grant(successor)
            self._grants[fingerprint] = Grant(successor or found.sealed)
            return True

    def _used(self, name: str) -> RLock:
        if self.problem:
            raise VaultError(self.problem)
        with self._lock:
            self.asked[name] = self.asked.get(name, 0) + 1
        return self._lock


def _is_future(sealed: Sealed) -> bool:
    return sealed.at > pendulum.now("UTC").add(seconds=AHEAD)


def _gives_way(there: Sealed | None, new: Sealed) -> bool:
    return there is None or there.at <= new.at or _is_future(there)
