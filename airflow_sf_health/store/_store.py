"""The store: what an examination remembers by, and what hook and commands ask beside it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from airflow_sf_health.evidence.facts import MemoryFacts, Remembered, RememberedUser
from airflow_sf_health.store._database import Database
from airflow_sf_health.store._passes import Passes
from airflow_sf_health.store._place import reach_of
from airflow_sf_health.store._problems import StoreError, sentence
from airflow_sf_health.store._vault import StoredVault
from airflow_sf_health.store._verdicts import Verdicts

if TYPE_CHECKING:
    from airflow_sf_health.evidence.memory import Snapshot, Whose
    from airflow_sf_health.store._about import About
    from airflow_sf_health.store._described import StoredDescribe


class Store:
    """A :class:`~airflow_sf_health.evidence.memory.Memory` in a database. ``recall``, ``keep`` and ``who_came_by`` never raise; the
    others raise :class:`StoreError`. All take a few seconds at most, and may be called from any thread and process.
    """

    def __init__(self, database: Database, reach: str) -> None:
        self._database = database
        self._reach = reach
        self._vault = StoredVault(database)
        self._passes = Passes(database)
        self._verdicts = Verdicts(database)

    @property
    def reach(self) -> str:
        return self._reach

    @property
    def vault(self) -> StoredVault:
        """What logins are shared through."""
        return self._vault

    @property
    def passes(self) -> Passes:
        """Verdicts that several tasks share."""
        return self._passes

    @property
    def verdicts(self) -> Verdicts:
        """The last examinations of each connection."""
        return self._verdicts

    def about(self) -> About:
        """What a person wants to know of it: where it is, which schema it has, how large it is; proves that it can be written.

        :raises StoreError: it cannot be used.
        """
        from airflow_sf_health.store._about import about

        return about(self._database)

    def recall(self, whose: Whose, uses: Mapping[str, str]) -> MemoryFacts:
        """The baselines of these objects, each by the name that it was asked by, and the user as of the last good look."""
        try:
            from airflow_sf_health.store import _rows

            return self._database.read(lambda connection: _rows.recalled(connection, whose, uses, self._reach))
        except Exception as error:  # noqa: BLE001 - a memory that fails is no memory
            return MemoryFacts(problem=sentence(error))

    def keep(
        self,
        whose: Whose,
        snapshots: Sequence[Snapshot] = (),
        baselines: Sequence[Remembered] = (),
        user: RememberedUser | None = None,
        door: str | None = None,
    ) -> str:
        """Keep all of it, or nothing; gives why nothing was kept, a sentence, or the empty text. A door is kept with a user only."""
        if not (snapshots or baselines or user):
            return ""
        try:
            from airflow_sf_health.store import _rows

            self._database.write(_rows.Keeping(whose, snapshots, baselines, user, door))
        except Exception as error:  # noqa: BLE001 - a memory that fails is no memory
            return sentence(error)
        return ""

    def who_came_by(self, door: str) -> RememberedUser | None:
        """Who logged in by this door the last time that it went well."""
        try:
            from airflow_sf_health.store import _users

            return self._database.read(lambda connection: _users.user_by_door(connection, door))
        except Exception:  # noqa: BLE001 - a memory that fails is no memory
            return None

    def newest(self, whose: Whose, sobject: str) -> StoredDescribe | None:
        """The describe that tells best how the object is now, whether anybody has accepted it or not.

        :raises StoreError: the store cannot be used, or what it keeps of this object is damaged.
        """
        from airflow_sf_health.store import _rows

        return self._database.read(lambda connection: _rows.newest(connection, whose, sobject))

    def history(self, whose: Whose, sobject: str) -> Sequence[StoredDescribe]:
        """The last describes of the object, the newest first, three at most.

        :raises StoreError: as :meth:`newest`.
        """
        from airflow_sf_health.store import _rows

        return self._database.read(lambda connection: _rows.history(connection, whose, sobject))

    def objects(self, whose: Whose) -> Sequence[str]:
        """The names of all objects of which something is kept, be it damaged or not.

        :raises StoreError: the store cannot be used.
        """
        from airflow_sf_health.store import _rows

        return self._database.read(lambda connection: _rows.objects(connection, whose))

    def listed(self, whose: Whose) -> Sequence[StoredDescribe]:
        """The newest describe of each object, by name, without the bodies and without those that are damaged.

        :raises StoreError: the store cannot be used.
        """
        from airflow_sf_health.store import _rows

        return self._database.read(lambda connection: _rows.listed(connection, whose))

    def baselines(self, whose: Whose) -> Mapping[str, Sequence[Remembered]]:
        """By object, what it is compared with by each use, the one that was found so last first.

        :raises StoreError: the store cannot be used.
        """
        from airflow_sf_health.store import _rows

        return self._database.read(lambda connection: _rows.baselines(connection, whose))

    def forget(self, whose: Whose, objects: Sequence[str] | None = None) -> int:
        """Remove all describes and baselines of these objects, None: of all; gives how many describes there were.

        :raises StoreError: the store cannot be used.
        """
        from airflow_sf_health.store import _rows

        return self._database.write(lambda connection: _rows.forget(connection, whose, objects))


def open_store(url: str | None) -> Store:
    """The store at this SQLAlchemy URL; None: SQLite, in the Airflow home where that can be written, else in a private directory
    of this host. Never raises, and opens nothing yet: a store that cannot be opened tells so when it is used.
    """
    return Store(Database(url), reach_of(url))


def unusable(problem: str) -> Store:
    """A store that only tells why there is none.

    :param problem: a sentence.
    """
    database = Database(None)
    database.rest(StoreError(problem), seconds=float("inf"))
    return Store(database, reach="")
