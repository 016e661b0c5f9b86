"""A lock file's content as an operator holds it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from airflow_sf_health.schema.lock import Lock

MOST_SHOWN = 5


@dataclass(frozen=True, slots=True, repr=False)
class HeldLock:
    """A lock that Airflow carries whole: what stands in it comes from the org, so no text of it may be taken for a template.

    Its text, which Airflow shows among the rendered fields and keeps in the serialized DAG, is short and always the same.
    """

    lock: Lock

    def __repr__(self) -> str:
        names = sorted(self.lock.objects)
        more = f" and {len(names) - MOST_SHOWN} more" if len(names) > MOST_SHOWN else ""
        return f"schema lock of {', '.join(names[:MOST_SHOWN])}{more}"

    def __deepcopy__(self, memo: dict[int, Any]) -> HeldLock:
        return self
