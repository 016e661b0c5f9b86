"""One verdict for many tasks: what another has just found is taken for one's own, and of those who ask at once, one examines.

A store that fails, or holds what cannot be read, is none: then each examines for itself.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext, suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from pendulum import now

from airflow_sf_health import __version__
from airflow_sf_health.edges.second_look import deserves_a_second_look
from airflow_sf_health.errors import OrgConnectionError
from airflow_sf_health.org.leases import pauses, take
from airflow_sf_health.org.vault import VaultError
from airflow_sf_health.present.payload import dump, load
from airflow_sf_health.report import Cost, Report, Reused
from airflow_sf_health.schema import lock as locks

if TYPE_CHECKING:
    from pendulum import DateTime

    from airflow_sf_health.edges.preflight import Preflight
    from airflow_sf_health.org.connection import OrgConnection
    from airflow_sf_health.org.credentials import Credential
    from airflow_sf_health.org.sharing import Sharing
    from airflow_sf_health.settings import Settings
    from airflow_sf_health.store import Store

LONGEST_UNHEALTHY = 15.0
"""Seconds for which a verdict that stops a task is shared at most: who has mended the org need not wait for longer."""
_SEALED_AS = "pass"


@dataclass(frozen=True, slots=True)
class _Kept:
    """A report that is shared: who examined, since when, and whether an uncertain failure was seen a second time."""

    report: Report
    by: str
    began: datetime
    twice: bool

    @classmethod
    def read(cls, text: bytes) -> _Kept:
        plain = json.loads(text)
        return cls(
            load(plain["report"]), str(plain["by"]), datetime.fromisoformat(plain["began"]), bool(plain["twice"])
        )

    def written(self) -> bytes:
        plain = {
            "report": dump(self.report),
            "by": self.by,
            "began": self.began.isoformat(),
            "twice": self.twice,
        }
        return json.dumps(plain).encode()


@dataclass(frozen=True, slots=True, kw_only=True)
class Passes:
    """What one look takes of others and leaves to them. ``since``: what began before it does not count. ``twice``: an uncertain failure
    counts only where it was seen twice. ``patience``: how many seconds one who examines is waited for.
    """

    store: Store
    credential: Credential = field(repr=False)
    key: str
    ttl: float
    by: str
    patience: float
    since: DateTime | None
    twice: bool

    def answer(self, examine: Callable[[], Report]) -> Report:
        """The report of another's examination, or of this one's own."""
        started, waits = time.monotonic(), pauses()
        while (found := self._found()) is None:
            turn = self._turn()
            if turn is None and time.monotonic() - started < self.patience:
                time.sleep(next(waits))
                continue
            with turn or nullcontext():
                found = self._found()
                return self.examined(examine) if found is None else _reused(found, started)
        return _reused(found, started)

    def forget_all(self) -> None:
        """Forget what is shared of this credential, whatever was asked."""
        with suppress(Exception):  # as below
            self.store.passes.forget(self.credential.fingerprint)

    def _turn(self) -> AbstractContextManager[object] | None:
        """The right to examine; None while another has it."""
        try:
            return take(self.store.vault, f"pass:{self.key}")
        except VaultError:
            return nullcontext()

    def examined(self, examine: Callable[[], Report]) -> Report:
        """The report of an examination that is made in any case, and left to the others."""
        began = now("UTC")
        report = examine()
        self._keep(_Kept(report, self.by, began, self.twice))
        return report

    def _found(self) -> _Kept | None:
        try:
            stored = self.store.passes.find(self.key)
            text = self.credential.unseal(_SEALED_AS, stored.sealed) if stored is not None else None
            kept = _Kept.read(text) if text is not None else None
        except Exception:  # noqa: BLE001 - whatever a store holds or does, no task fails for it
            return None
        return kept if kept is not None and self._counts(kept) else None

    def _counts(self, kept: _Kept) -> bool:
        if self.since is not None and kept.began < self.since:
            return False
        return kept.twice or not (self.twice and deserves_a_second_look(kept.report))

    def _keep(self, kept: _Kept) -> None:
        report, until = kept.report, counts_until(kept.report, self.ttl)
        if until <= now("UTC"):
            return
        sealed = self.credential.seal(_SEALED_AS, kept.written())
        with suppress(Exception):  # the same
            self.store.passes.keep(self.key, self.credential.fingerprint, sealed, report.examined_at, until)


def passes(
    preflight: Preflight,
    connection: OrgConnection,
    store: Store | None,
    chosen: Settings,
    sharing: Sharing | None,
    *,
    twice: bool,
) -> Passes | None:
    """The passes of this look; None where it shares none: by the site's choice, with a session that its caller brought along, or
    without a credential to seal them by.
    """
    from airflow_sf_health.org.credentials import credential_of

    if store is None or sharing is None or not chosen.pass_ttl or connection.session_is_argument:
        return None
    try:
        credential = credential_of(connection, sharing.egress)
    except OrgConnectionError:
        return None  # the login will tell
    return Passes(
        store=store,
        credential=credential,
        key=_key(preflight, connection, credential, chosen),
        ttl=chosen.pass_ttl,
        by=preflight.by,
        patience=connection.time_limits.examination,
        since=now("UTC") if sharing.afresh else None,
        twice=twice,
    )


def _key(preflight: Preflight, connection: OrgConnection, credential: Credential, chosen: Settings) -> str:
    """The same for all who would get the same report. A connection's ``repr`` has all its fields, and of secrets only that they are there;
    the credential stands for those.
    """
    asked: list[Any] = [
        __version__,
        repr(connection),
        preflight.requirements.as_dict(),
        preflight.options.as_dict(),
        preflight.checks,
        None if preflight.lock is None else locks.dumps(preflight.lock),
        chosen.causes,
    ]
    text = json.dumps(asked, sort_keys=True).encode(errors="surrogatepass")
    return hmac.new(credential.fingerprint.encode(), text, hashlib.sha256).hexdigest()


def counts_until(report: Report, ttl: float) -> DateTime:
    """Until when a report counts: a good one as long as the login that proves it, one on a refused login until that is tried again."""
    if not report.may_proceed:
        until = report.examined_at.add(seconds=min(LONGEST_UNHEALTHY, ttl))
        return min(until, report.next_login) if report.next_login is not None else until
    proof = report.proof
    return (proof.at if proof is not None and proof.fresh else report.examined_at).add(seconds=ttl)


def _reused(kept: _Kept, started: float) -> Report:
    cost = Cost(seconds=time.monotonic() - started)
    return replace(kept.report, cost=cost, reused=Reused(at=now("UTC"), by=kept.by))
