"""The vault of logins in the store's database."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

from airflow_sf_health.org.vault import Grant, Kept, Sealed, VaultError
from airflow_sf_health.store._problems import sentence

if TYPE_CHECKING:
    import pendulum

    from airflow_sf_health.store._database import Database

T = TypeVar("T")


class StoredVault:
    """A :class:`~airflow_sf_health.org.vault.Vault` in a database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def recall(self, fingerprint: str) -> Kept:
        """What counts: neither a token of the future, nor a refusal whose time is over. Its end is told by this host's clock."""

        def ask() -> Kept:
            from airflow_sf_health.store import _logins

            return self._database.read(lambda connection: _logins.recalled(connection, fingerprint))

        return _told(ask)

    def keep_token(self, fingerprint: str, token: Sealed) -> None:
        def ask() -> None:
            from airflow_sf_health.store import _logins

            self._database.write(lambda connection: _logins.keep_token(connection, fingerprint, token))

        _told(ask)

    def drop_token(self, fingerprint: str, minted_at: pendulum.DateTime) -> None:
        def ask() -> None:
            from airflow_sf_health.store import _logins

            self._database.write(lambda connection: _logins.drop_token(connection, fingerprint, minted_at))

        _told(ask)

    def keep_refusal(self, fingerprint: str, refusal: Sealed, until: pendulum.DateTime) -> None:
        """One of a login that began before a later one went well is not kept."""

        def ask() -> None:
            from airflow_sf_health.store import _logins

            self._database.write(lambda connection: _logins.keep_refusal(connection, fingerprint, refusal, until))

        _told(ask)

    def forget(self, fingerprint: str) -> int:
        def ask() -> int:
            from airflow_sf_health.store import _logins

            return self._database.write(lambda connection: _logins.forget(connection, fingerprint))

        return _told(ask)

    def take_lease(self, name: str, holder: str, seconds: float) -> bool:
        """:param seconds: five minutes at most."""

        def ask() -> bool:
            from airflow_sf_health.store import _leases

            if self._database.read(lambda connection: _leases.is_taken(connection, name, holder)):
                return False
            return self._database.write(lambda connection: _leases.take(connection, name, holder, seconds))

        return _told(ask)

    def give_back(self, name: str, holder: str) -> None:
        def ask() -> None:
            from airflow_sf_health.store import _leases

            self._database.write(lambda connection: _leases.give_back(connection, name, holder))

        _told(ask)

    def grant(self, fingerprint: str) -> Grant | None:
        def ask() -> Grant | None:
            from airflow_sf_health.store import _grants

            return self._database.read(lambda connection: _grants.grant(connection, fingerprint))

        return _told(ask)

    def begin_spending(self, fingerprint: str, spender: str) -> Grant:
        def ask() -> Grant:
            from airflow_sf_health.store import _grants

            return self._database.write(
                lambda connection: _grants.begin(connection, fingerprint, spender), durable=True
            )

        return _told(ask)

    def end_spending(self, fingerprint: str, spender: str, successor: Sealed | None) -> bool:
        """True as well where this very end was noted before: who was not told that it was may try again."""

        def ask() -> bool:
            from airflow_sf_health.store import _grants

            return self._database.write(
                lambda connection: _grants.end(connection, fingerprint, spender, successor), durable=True
            )

        return _told(ask)


def _told(ask: Callable[[], T]) -> T:
    """:raises VaultError: instead of whatever else."""
    try:
        return ask()
    except Exception as error:  # noqa: BLE001 - drivers, and a missing SQLAlchemy, have errors of their own
        problem = sentence(error)
    raise VaultError(problem)
