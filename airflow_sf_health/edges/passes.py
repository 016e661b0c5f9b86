"""One verdict for many tasks: what another has just found is taken for one's own, and of those who ask at once, one examines.

A store that fails, or holds what cannot be read, is none: then each examines for itself.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext, suppress
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING

from pendulum import now

from airflow_sf_health.edges.question import key_of
from airflow_sf_health.edges.second_look import deserves_a_second_look
from airflow_sf_health.edges.shared_report import SharedReport, counts_until
from airflow_sf_health.errors import OrgConnectionError
from airflow_sf_health.org.leases import pauses, take
from airflow_sf_health.org.vault import VaultError
from airflow_sf_health.report import Cost, Reused

if TYPE_CHECKING:
    from datetime import datetime

    from airflow_sf_health.edges.preflight import Preflight
    from airflow_sf_health.org.connection import OrgConnection
    from airflow_sf_health.org.credentials import Credential
    from airflow_sf_health.org.sharing import Sharing
    from airflow_sf_health.report import Report
    from airflow_sf_health.settings import Settings
    from airflow_sf_health.store import Store

_SEALED_AS = "pass"
TO_LEAVE_IT = 2.0
"""Seconds in which an examination whose time is over ends, and its verdict is in the store."""
SHORTEST_LOOK = 5.0
"""Seconds that the last of those who waited in vain take for a look of their own: enough for an org that answers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Passes:
    """What one look takes of others and leaves to them. ``since``: what began before it does not count. ``twice``: an uncertain
    failure counts only where it was seen twice. ``limit``: the seconds that a look may take. ``of_hosts``: more machines than this one take it, by the site's word. ``cleared``: what
    another task met a moment ago that somebody has cleared counts as well, bad or good, and this one's for those.
    """

    store: Store
    credential: Credential = field(repr=False)
    key: str
    ttl: float
    by: str
    limit: float
    since: datetime | None
    twice: bool
    of_hosts: bool
    cleared: bool

    def answer(self, examine: Callable[[float], Report]) -> Report:
        """The report of another's examination, or of this one's own.

        Who has waited for longer than any examination takes does not begin one together with all who wait: they take turns, with what is
        left of one time limit. None of them holds up its process for much longer than that.

        :param examine: examines, in so many seconds a look.
        """
        started, waits = time.monotonic(), pauses()
        while (found := self._found()) is None:
            late = time.monotonic() - started - self._patience
            turn = self._turn() or (self._turn(":late") if late >= 0 else None)
            if turn is None and late < self.limit + TO_LEAVE_IT:
                time.sleep(next(waits))
                continue
            with turn or nullcontext():
                found = self._found()
                if found is None:
                    return self.examined(partial(examine, self._seconds(late)))
        return _reused(found, started)

    @property
    def _patience(self) -> float:
        """Seconds that one who examines may need, and to leave its verdict."""
        return self.limit * (2 if self.twice else 1) + TO_LEAVE_IT

    def forget_all(self) -> None:
        """Forget what is shared of this credential, whatever was asked."""
        forget_passes(self.store, self.credential)

    def _turn(self, of: str = "") -> AbstractContextManager[object] | None:
        """The right to examine; None while another has it.

        :param of: those among whom it is given.
        """
        try:
            return take(self.store.vault, f"pass:{self.key}{of}")
        except VaultError:
            return nullcontext()

    def _seconds(self, late: float) -> float:
        """What a look may take that begins so late."""
        return min(self.limit, max(self.limit - max(late, 0.0), SHORTEST_LOOK))

    def leave_first(self, report: Report, began: datetime) -> None:
        """Leave a verdict that is looked at a second time to those whom it is enough for."""
        self._keep(SharedReport(report=report, by=self.by, began=began, twice=False, cleared=self.cleared))

    def examined(self, examine: Callable[[], Report]) -> Report:
        """The report of an examination that is made in any case, and left to the others."""
        began = now("UTC")
        report = examine()
        # Mended for other questions too; or, where somebody asked by hand, not what the others were told.
        if self.since is not None and (report.may_proceed or not self.cleared):
            self.forget_all()
        self._keep(SharedReport(report=report, by=self.by, began=began, twice=self.twice, cleared=self.cleared))
        return report

    def _found(self) -> SharedReport | None:
        try:
            stored = self.store.passes.find(self.key)
            text = self.credential.unseal(_SEALED_AS, stored.sealed) if stored is not None else None
            kept = SharedReport.read(text) if text is not None else None
        except Exception:  # noqa: BLE001 - whatever a store holds or does, no task fails for it
            return None
        return kept if kept is not None and self._counts(kept) else None

    def _counts(self, kept: SharedReport) -> bool:
        if self.since is not None and kept.began < self.since and not (self.cleared and kept.counts_for_cleared()):
            return False
        return kept.twice or not (self.twice and deserves_a_second_look(kept.report))

    def _keep(self, kept: SharedReport) -> None:
        """A clock that is wrong is one machine's: on others the same login may succeed, and nothing is to be told of their clocks."""
        report, until = kept.report, counts_until(kept.report, self.ttl)
        if until <= now("UTC") or (self.of_hosts and report.clock_ahead is not None):
            return
        sealed = self.credential.seal(_SEALED_AS, kept.written())
        with suppress(Exception):  # the same
            self.store.passes.keep(self.key, self.credential.fingerprint, sealed, report.examined_at, until)


def forget_passes(store: Store, credential: Credential) -> None:
    """Let no task take a verdict that was found by this credential before: what it rests on has been changed on purpose."""
    with suppress(Exception):  # a store that fails costs no task its work; such a verdict counts for some seconds only
        store.passes.forget(credential.fingerprint)


def forget_passes_of(connection: OrgConnection, store: Store, chosen: Settings) -> None:
    """The same of a connection; one without a credential has left none."""
    from airflow_sf_health.edges.egress import egress
    from airflow_sf_health.org.credentials import credential_of

    with suppress(OrgConnectionError):
        forget_passes(store, credential_of(connection, egress(chosen.egress)))


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
        key=key_of(preflight, connection, credential, chosen, egress=sharing.egress),
        ttl=chosen.pass_ttl,
        by=preflight.by,
        limit=connection.time_limits.examination,
        since=now("UTC") if sharing.afresh else None,
        twice=twice,
        of_hosts=chosen.egress != "",
        cleared=sharing.cleared,
    )


def _reused(kept: SharedReport, started: float) -> Report:
    """Nothing was sent, and nothing mended, for this look."""
    cost = Cost(seconds=time.monotonic() - started)
    return replace(kept.report, cost=cost, repairs=(), reused=Reused(at=now("UTC"), by=kept.by))
