"""The conversations of one examination: counted together, and ended together from any thread."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeVar

from airflow_sf_health.errors import OrgConnectionError
from airflow_sf_health.evidence.told import incomplete
from airflow_sf_health.org.connection import OrgConnection
from airflow_sf_health.org.errors import Refusal, Refused
from airflow_sf_health.org.session import OrgSession
from airflow_sf_health.org.transport import Traffic

if TYPE_CHECKING:
    from airflow_sf_health.org.sharing import Sharing

T = TypeVar("T")


class Conversations:
    """Opens sessions, one beside the other where need be. :meth:`stop` may be called from any thread.

    :param sharing: how far their logins are shared with other tasks; None: not at all.
    """

    def __init__(self, sharing: Sharing | None = None) -> None:
        self.traffic = Traffic()
        self._sharing = sharing
        self._open: list[OrgSession] = []
        self._stopped = False

    @contextmanager
    def open(self, connection: OrgConnection) -> Iterator[OrgSession]:
        """A session that :meth:`stop` ends too; no login is made yet."""
        with OrgSession(connection, self.traffic, sharing=self._sharing) as session:
            self._open.append(session)
            if self._stopped:
                session.abort()
            try:
                yield session
            finally:
                self._open.remove(session)

    def attempt(self, connection: OrgConnection, act: Callable[[OrgSession], T]) -> T | Refusal:
        """What comes of one act in a conversation of its own, or why nothing does."""
        with self.open(connection) as session:
            try:
                return act(session)
            except Refused as refused:
                return refused.refusal
            except OrgConnectionError as error:
                return incomplete(error)

    def stop(self) -> None:
        """End what is under way, and begin nothing more."""
        self._stopped = True
        for session in list(self._open):
            session.abort()
