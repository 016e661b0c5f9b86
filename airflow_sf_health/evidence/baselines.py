"""What an object is compared with: one baseline for each use of it, and how old that may be."""

from __future__ import annotations

import hashlib
import json
from itertools import product
from typing import TYPE_CHECKING, Any, get_args

from airflow_sf_health.options import OnDrift
from airflow_sf_health.schema.uses import use_of

if TYPE_CHECKING:
    import pendulum

    from airflow_sf_health.evidence.facts import Remembered
    from airflow_sf_health.options import Options
    from airflow_sf_health.requirements import ObjectUse, Requirements
    from airflow_sf_health.schema.lock import Lock

EVERY_USE = ""
"""The key of a baseline that was accepted for whatever is done with the object, by a refresh."""
MARGIN = 0.05
"""The part of ``max_age`` that may pass beyond it: a daily task begins some seconds or minutes later than the day before, and an hour
later once a year.
"""

AHEAD = 300
"""Seconds by which clocks of hosts may differ: what bears a later time than that is of an unknown age."""


def use_key(use: ObjectUse | None, on_drift: OnDrift | None, *, locked: bool = False) -> str:
    """A digest of what a task does with an object, and of what it takes for a change: what one task accepts may break another.

    :param use: None: nothing that is known.
    :param locked: a lock file says what is right, and is accepted by.
    """
    known = {name: _plain(value) for name, value in (use.as_dict() if use else {}).items() if value is not False}
    return hashlib.sha256(json.dumps([on_drift, locked, known], sort_keys=True).encode()).hexdigest()


def key_of(sobject: str, requirements: Requirements, options: Options, lock: Lock | None) -> str:
    """The key of what a task does with this object."""
    locked = lock is not None and any(name.casefold() == sobject.casefold() for name in lock.objects)
    return use_key(use_of(requirements, sobject), options.on_drift, locked=locked)


def use_keys(use: ObjectUse) -> tuple[str, ...]:
    """All keys that this use may have, by whatever its tasks take for a change."""
    return tuple(use_key(use, each, locked=locked) for each, locked in product(get_args(OnDrift), (False, True)))


def age(remembered: Remembered, now: pendulum.DateTime) -> float:
    """Seconds since the snapshot was last found to be as the org is; less than 0 by a clock that ran ahead."""
    return float((now - remembered.confirmed_at).total_seconds())


def is_stale(remembered: Remembered, now: pendulum.DateTime, options: Options) -> bool:
    """Whether it is older than ``max_age`` and its margin, or of an unknown age. With a ``max_age`` of 0 nothing that is remembered counts, so that nothing of
    it can be too old.
    """
    limit, passed = (options.max_age or 0) * (1 + MARGIN), age(remembered, now)
    return limit > 0 and not -AHEAD <= passed <= limit


def _plain(value: Any) -> Any:
    """The same for names in another order and case."""
    if isinstance(value, list):
        return sorted({str(each).casefold() for each in value})
    return value.casefold() if isinstance(value, str) else value
