"""What a task accepts of the schema that it found, and what becomes of its baseline."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from airflow_sf_health.checks import load
from airflow_sf_health.checks._check import judge
from airflow_sf_health.checks._schemas import Schema, named
from airflow_sf_health.evidence.baselines import is_stale, key_of
from airflow_sf_health.evidence.evidence import Evidence
from airflow_sf_health.evidence.facts import Described, Remembered
from airflow_sf_health.evidence.needs import LOCK, MEMORY, NOW, OPTIONS, REQUIREMENTS
from airflow_sf_health.evidence.rights import rights_digest
from airflow_sf_health.report.finding import Level
from airflow_sf_health.requirements import ObjectUse, Requirements
from airflow_sf_health.schema.uses import use_of

if TYPE_CHECKING:
    import pendulum

ACCESS = ("access.objects", "access.fields")
"""The checks that tell what is missing, or not as required."""


def schema_seen(seen: Described, evidence: Evidence) -> Schema:
    """A site's own check may have an object described that the task does not name."""
    name, lock = seen.shape.name, evidence[LOCK]
    locked = named(lock.objects, name) if lock is not None else None
    return Schema(
        use=use_of(evidence[REQUIREMENTS], name) or ObjectUse(name=name),
        described=seen,
        refusal=None,
        locked=locked.shape if locked is not None else None,
        remembered=named(evidence[MEMORY].snapshots, name),
    )


def baseline_of(seen: Described, schema: Schema, evidence: Evidence) -> Remembered | None:
    """The baseline of what this task does with the object.

    What it accepts is the new one, and what it does not leaves the old one, as its own from now on: else a retry would turn green
    by itself, or by another task that accepts. Where it lacks what it needs there is nothing to accept.
    """
    before = schema.remembered
    key = key_of(seen.shape.name, evidence[REQUIREMENTS], evidence[OPTIONS], evidence[LOCK])
    is_own, is_same = before is not None and before.use == key, schema.is_as_remembered
    accepted = (is_same and is_own) or (_is_acceptable(schema, evidence) and not _lacks(schema, evidence))
    if not accepted:
        return _refused(before, key, seen.at) if before is not None and not is_same else None
    if before is None or not is_same:
        before = Remembered(shape=seen.shape, taken_at=seen.at, compared_at=seen.at, confirmed_at=seen.at)
    found = replace(before, use=key, confirmed_at=seen.at, refused_at=None)
    if seen.unchanged:  # That Salesforce says so moves nothing but the clock.
        return found
    return replace(found, compared_at=seen.at, last_modified=seen.last_modified, rights=rights_digest(evidence))


def _refused(before: Remembered, key: str, at: pendulum.DateTime) -> Remembered:
    """The same baseline, with since when it is not what is there."""
    return replace(before, use=key, refused_at=(before.refused_at if before.use == key else None) or at)


def _is_acceptable(schema: Schema, evidence: Evidence) -> bool:
    """Whether nothing has changed that this task must be told of."""
    options = evidence[OPTIONS]
    if is_too_old(schema, evidence) and options.on_stale == "fail" and not schema.is_as_remembered:
        return False
    strict = options.on_drift == "fail"
    return options.on_drift == "warn" or not any(each.breaking or (each.used and strict) for each in schema.changes)


def _lacks(schema: Schema, evidence: Evidence) -> bool:
    """Whether something that the task uses is missing, or not as required; told by the checks that look for it."""
    if schema.now is not None and any(schema.now.field_of(name) is None for name in schema.use.fields):
        return True
    use = evidence[REQUIREMENTS].use_of(schema.use.name)
    alone = evidence.plus({REQUIREMENTS: Requirements(objects=(use,))}) if use is not None else None
    if alone is None:
        return False
    return any(each.level is Level.FAILED for name in ACCESS for each in judge(load(name), alone))


def is_too_old(schema: Schema, evidence: Evidence) -> bool:
    """What a lock file holds does not age."""
    if schema.remembered is None or schema.locked is not None:
        return False
    return is_stale(schema.remembered, evidence[NOW], evidence[OPTIONS])
