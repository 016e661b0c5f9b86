"""Verdicts that several tasks share, as the store keeps them: sealed."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pendulum

    from airflow_sf_health.store._database import Database


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredPass:
    """A sealed report. ``examined_at`` by its maker's clock, ``expires_at`` by this host's."""

    key: str
    fingerprint: str
    sealed: bytes = field(repr=False)
    examined_at: pendulum.DateTime
    expires_at: pendulum.DateTime


class Passes:
    """All of it raises :class:`StoreError` and nothing else."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def find(self, key: str) -> StoredPass | None:
        """The pass that counts now; None where there is none, or it has expired, is damaged or of the future."""
        from airflow_sf_health.store import _pass_rows

        return self._database.read(lambda connection: _pass_rows.find(connection, key))

    def keep(
        self,
        key: str,
        fingerprint: str,
        sealed: bytes,
        examined_at: pendulum.DateTime,
        expires_at: pendulum.DateTime,
    ) -> None:
        """Keep a pass in the place of an older one."""
        from airflow_sf_health.store import _pass_rows

        made = StoredPass(
            key=key, fingerprint=fingerprint, sealed=sealed, examined_at=examined_at, expires_at=expires_at
        )
        self._database.write(lambda connection: _pass_rows.keep(connection, made))

    def forget(self, fingerprint: str) -> int:
        """Forget all passes of a credential; gives how many there were."""
        from airflow_sf_health.store import _pass_rows

        return self._database.write(lambda connection: _pass_rows.forget(connection, fingerprint))
