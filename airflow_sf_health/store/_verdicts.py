"""The last examinations of each connection, as the store keeps them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pendulum

    from airflow_sf_health.report import Report
    from airflow_sf_health.store._database import Database


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredVerdict:
    """One examination. ``summary`` is the finding that decided, in one line; ``by`` who asked (``dag.task``); ``proof_at`` when the
    login was made that proves it.
    """

    conn_id: str
    examined_at: pendulum.DateTime
    verdict: str
    cause: str | None
    summary: str
    by: str
    http_requests: int
    api_calls: int
    logins: int
    seconds: float
    repaired: bool
    proof_at: pendulum.DateTime | None


class Verdicts:
    """All of it raises :class:`StoreError` and nothing else."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def record(self, conn_id: str, report: Report, by: str, *, keep: int) -> None:
        """Record an examination, and remove what is older than the last ``keep`` ones of this connection."""
        from airflow_sf_health.store import _verdict_rows

        row = _verdict_rows.row_of(conn_id, report, by)
        self._database.write(lambda connection: _verdict_rows.record(connection, row, keep))

    def last(self, conn_id: str, limit: int) -> Sequence[StoredVerdict]:
        """The last ones, the newest first, without those that are damaged."""
        from airflow_sf_health.store import _verdict_rows

        return self._database.read(lambda connection: _verdict_rows.last(connection, conn_id, limit))
