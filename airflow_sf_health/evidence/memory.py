"""What an examination asks of a memory, wherever that is kept. No method raises: a memory that fails is no memory."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from airflow_sf_health.evidence.facts import MemoryFacts, RememberedUser

if TYPE_CHECKING:
    import pendulum

    from airflow_sf_health.schema.shape import ObjectShape


@dataclass(frozen=True, slots=True)
class Whose:
    """Of whom something is remembered: a refreshed sandbox is another org, and connections of one user share."""

    org_id: str
    user_id: str
    version: str
    """API version of the describes, ``64.0``: another version shows other fields."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """One whole describe to keep. ``accepted``: it is the new baseline; else it only serves the cache, and the baseline stays."""

    shape: ObjectShape
    body: Mapping[str, Any] = field(repr=False)
    at: pendulum.DateTime
    accepted: bool
    last_modified: str | None = None
    rights: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirmation:
    """The newest snapshot of this object was found unchanged; ``compared``: by a whole describe that is equal to it."""

    sobject: str
    at: pendulum.DateTime
    compared: bool = False
    last_modified: str | None = None
    rights: str | None = None


class Memory(Protocol):
    """Snapshots, and who a connection's user was. ``reach`` as in :class:`~airflow_sf_health.evidence.facts.MemoryFacts`."""

    @property
    def reach(self) -> str: ...

    def recall(self, whose: Whose, objects: Sequence[str]) -> MemoryFacts:
        """The baselines of these objects, and the user as of the last good look."""
        ...

    def keep(
        self,
        whose: Whose,
        snapshots: Sequence[Snapshot] = (),
        confirmations: Sequence[Confirmation] = (),
        user: RememberedUser | None = None,
        door: str | None = None,
    ) -> str:
        """Keep all of it, or nothing; gives why nothing was kept, a sentence, or the empty text.

        :param door: the connection by which the user came, as :func:`~airflow_sf_health.evidence.recalling.door` names it.
        """
        ...

    def who_came_by(self, door: str) -> RememberedUser | None:
        """Who logged in by this door the last time that it went well."""
        ...
