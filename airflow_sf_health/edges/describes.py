"""The describes that are remembered, as a cache of those that a task asks for itself."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from airflow_sf_health.evidence.memory import Snapshot, Whose
from airflow_sf_health.evidence.recalling import LONGEST_RECALL, in_time
from airflow_sf_health.schema.shape import ObjectShape

if TYPE_CHECKING:
    from airflow_sf_health.settings import Settings
    from airflow_sf_health.store import Store, StoredDescribe

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class DescribeCache:
    """The describes of one user of one org in one API version; of nobody else's is anything given. Whatever goes wrong with the
    store is a warning, and no describe.

    :param max_age: seconds for which a describe that was found to be so is given again; 0: never.
    """

    store: Store
    whose: Whose
    max_age: float

    def get(self, sobject: str) -> dict[str, Any] | None:
        """The whole describe, or None where there is none that is young enough."""
        from pendulum import now

        found = in_time(lambda: self._newest(sobject), LONGEST_RECALL)
        if isinstance(found, str):
            log.warning("Schemas are asked of Salesforce: %s", found)
            return None
        if found is None or not found.body:
            return None
        # Less than 0: a clock ran ahead, so that nobody knows how old it is.
        return dict(found.body) if 0 <= (now("UTC") - found.at).total_seconds() < self.max_age else None

    def put(self, body: Mapping[str, Any]) -> None:
        """Keep a describe that was just made. It is no baseline: whoever asks for a describe has not judged what changed."""
        from pendulum import now

        try:
            shape = ObjectShape.of(body)
        except (KeyError, TypeError, AttributeError):
            return
        snapshot = Snapshot(shape=shape, body=body, at=now("UTC"))
        problem = in_time(lambda: self.store.keep(self.whose, snapshots=(snapshot,)), LONGEST_RECALL)
        if problem:
            log.warning("The schema of %s was not kept: %s", shape.name, problem)

    def _newest(self, sobject: str) -> StoredDescribe | str | None:
        """In a text why the store tells nothing."""
        from airflow_sf_health.store import StoreError

        try:
            return self.store.newest(self.whose, sobject)
        except StoreError as error:
            return str(error)


def describe_cache(settings: Settings, whose: Whose | None) -> DescribeCache | None:
    """The cache of this user; None where the site remembers nothing, or nobody knows whose the token is."""
    from airflow_sf_health.edges.memory import memory

    store = memory(settings)
    if store is None or whose is None:
        return None
    return DescribeCache(store=store, whose=whose, max_age=settings.max_age)
