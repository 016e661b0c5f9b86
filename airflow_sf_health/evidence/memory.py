"""What an examination asks of a memory, wherever that is kept. A memory that fails is no memory: all but ``forget`` raise nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from airflow_sf_health.evidence.facts import MemoryFacts, Remembered, RememberedUser

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
    """One whole describe to keep: for the cache, and to look up later. What is compared with are the baselines."""

    shape: ObjectShape
    body: Mapping[str, Any] = field(repr=False)
    at: pendulum.DateTime


class Memory(Protocol):
    """Snapshots, baselines, and who a connection's user was. ``reach`` as in :class:`~airflow_sf_health.evidence.facts.MemoryFacts`."""

    @property
    def reach(self) -> str: ...

    def recall(self, whose: Whose, uses: Mapping[str, str]) -> MemoryFacts:
        """The baselines of these objects, and the user as of the last good look.

        :param uses: object -> key of what is done with it (:mod:`~airflow_sf_health.evidence.baselines`). Where that use has no baseline,
            there is the one for every use, else the one that was found so last. For the key of every use there is the baseline
            that was found so the longest ago: against that one all is told that anybody has yet to accept.
        """
        ...

    def keep(
        self,
        whose: Whose,
        snapshots: Sequence[Snapshot] = (),
        baselines: Sequence[Remembered] = (),
        user: RememberedUser | None = None,
        door: str | None = None,
    ) -> str:
        """Keep all of it, or nothing; gives why nothing was kept, a sentence, or the empty text.

        :param baselines: each for its own use alone; one for every use takes the place of all that were found so before it was.
        :param door: the connection by which the user came, as :func:`~airflow_sf_health.evidence.recalling.door` names it.
        """
        ...

    def who_came_by(self, door: str) -> RememberedUser | None:
        """Who logged in by this door the last time that it went well."""
        ...

    def forget(self, whose: Whose, objects: Sequence[str] | None = None) -> int:
        """Remove all that is kept of these objects, None: of all; gives how many describes there were. May raise."""
        ...
