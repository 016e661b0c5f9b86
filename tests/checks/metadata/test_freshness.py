"""Check metadata.freshness."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from known import AT, NOT_FOUND, SILENCE, finding, findings

from airflow_sf_health.evidence.facts import Described, MemoryFacts, Remembered
from airflow_sf_health.evidence.needs import LOCK, MEMORY, OPTIONS, REQUIREMENTS, Describe, Need
from airflow_sf_health.options import OWN_DEFAULTS
from airflow_sf_health.org.errors import Refusal
from airflow_sf_health.report import Finding, Level
from airflow_sf_health.requirements import ObjectUse, Requirements
from airflow_sf_health.schema.lock import Lock, LockedObject
from airflow_sf_health.schema.shape import ObjectShape

LEAD, CASE = ObjectShape(name="Lead"), ObjectShape(name="Case")
NOW = Described(shape=LEAD, at=AT)
UNCHANGED = replace(NOW, unchanged=True)
READS_LEAD = ObjectUse(name="Lead", read=("Name",))


def remembered(hours: float = 3) -> Remembered:
    """A snapshot that was last confirmed so many hours ago."""
    at = AT.subtract(seconds=round(hours * 3600))
    return Remembered(shape=LEAD, taken_at=at.subtract(days=9), compared_at=at, confirmed_at=at)


def looked(lead: Described | Refusal, hours: float | None = 3, **options: Any) -> dict[Need[Any], Any]:
    """The evidence on Lead, described so, with a snapshot of this age."""
    snapshots = {} if hours is None else {"Lead": remembered(hours)}
    return {
        REQUIREMENTS: Requirements(objects=(READS_LEAD,)),
        Describe("describe_Lead", "Lead"): lead,
        MEMORY: MemoryFacts(reach="this host only", snapshots=snapshots),
        OPTIONS: replace(OWN_DEFAULTS, **options),
    }


def judged(lead: Described | Refusal, hours: float | None = 3, **options: Any) -> Finding:
    return finding("metadata.freshness", looked(lead, hours, **options))


def test_no_objects() -> None:
    """A task that names no objects is asked nothing."""
    assert finding("metadata.freshness").level is Level.NOT_APPLICABLE


@pytest.mark.parametrize(
    ("lead", "told"), [(NOW, "Lead read just now"), (UNCHANGED, "Lead unchanged, says Salesforce")]
)
def test_fresh(lead: Described, told: str) -> None:
    """A young snapshot that was read again or found unchanged is fresh, and how that is known is told."""
    found = judged(lead)
    assert (found.level, found.summary) == (Level.OK, told)


def test_snapshot_that_could_not_be_asked_about() -> None:
    """A snapshot within its time counts as fresh where Salesforce kept silent; its age is told."""
    found = judged(SILENCE)
    assert found.level is Level.OK
    assert found.summary.startswith("Lead (3 h old) could not be asked now: read time limit")


@pytest.mark.parametrize(
    ("on_stale", "level"), [("refresh", Level.OK), ("warn", Level.WARNING), ("fail", Level.FAILED)]
)
def test_stale(on_stale: str, level: Level) -> None:
    """A snapshot older than max_age is replaced, or worth a warning, or fails the task, as was chosen."""
    found = judged(NOW, 30, on_stale=on_stale)
    assert found.level is level
    assert "Lead (30 h old)" in found.summary
    if level is not Level.OK:
        assert found.cause == "metadata_cache_stale"
        assert "max_age is 24 h" in found.saw


def test_stale_and_not_replaced() -> None:
    """A stale snapshot that could not be read anew is not known to hold."""
    assert judged(SILENCE, 30).level is Level.UNKNOWN
    assert judged(SILENCE, 30, on_stale="fail").level is Level.FAILED


@pytest.mark.parametrize(("hours", "level"), [(24, Level.OK), (25.1, Level.OK), (25.3, Level.FAILED)])
def test_limit_has_a_margin(hours: float, level: Level) -> None:
    """A snapshot is stale when it is older than max_age by more than a twentieth, so that what runs daily is in time."""
    assert judged(NOW, hours, on_stale="fail").level is level


def test_what_follows_a_stale_snapshot() -> None:
    """What is as it was needs nobody; what has changed is to be taken anew, which a look does itself that only warns of its age."""
    changed = replace(NOW, shape=replace(LEAD, label="Prospect"))
    command = "To have it taken anew: sf-health metadata refresh crm Lead."
    assert judged(changed, 30, on_stale="fail").hint == command
    assert judged(SILENCE, 30, on_stale="warn").hint == command
    found = judged(changed, 30, on_stale="warn")
    assert found.hint == "Lead: taken anew by this look, where it could be kept and finds nothing wrong."
    for lead in (NOW, UNCHANGED):
        found = judged(lead, 30, on_stale="fail")
        assert found.hint == "Lead: as remembered, so that the next run finds it fresh where this look could be kept."


def test_everything_afresh() -> None:
    """With a max_age of 0 all is read anew, and nothing that is remembered can be too old."""
    assert judged(NOW, 300, max_age=0, on_stale="fail").level is Level.OK


def test_no_baseline() -> None:
    """A first look is never called fresh."""
    found = judged(NOW, None)
    assert (found.level, found.essential) == (Level.UNKNOWN, False)
    assert found.summary == "no baseline of Lead before this look"


@pytest.mark.parametrize(
    ("memory", "why"),
    [
        (MemoryFacts(), "nothing is remembered of earlier looks, and no lock file was given"),
        (MemoryFacts(problem="The store is locked."), "The store is locked"),
    ],
)
def test_no_memory(memory: MemoryFacts, why: str) -> None:
    """Without a memory the age is not known, and why there is none is told."""
    found = finding("metadata.freshness", {**looked(NOW), MEMORY: memory})
    assert (found.level, found.summary) == (Level.UNKNOWN, f"no known age of Lead: {why}")


def test_lock_file_alone() -> None:
    """With a lock file there is no cache that could be old: what was read just now is compared with it."""
    lock = Lock(objects={"lead": LockedObject(use=READS_LEAD, shape=LEAD)})
    found = finding("metadata.freshness", {**looked(NOW), MEMORY: MemoryFacts(), LOCK: lock})
    assert (found.level, found.summary) == (Level.OK, "Lead read just now")


@pytest.mark.parametrize("on_stale", ["refresh", "warn", "fail"])
def test_lock_file_beside_an_old_snapshot(on_stale: str) -> None:
    """What a lock file holds does not age: an older snapshot is no matter where there is one."""
    lock = Lock(objects={"lead": LockedObject(use=READS_LEAD, shape=LEAD)})
    found = finding("metadata.freshness", {**looked(NOW, 300, on_stale=on_stale), LOCK: lock})
    assert (found.level, found.summary) == (Level.OK, "Lead read just now")
    silent = finding("metadata.freshness", {**looked(SILENCE, 300, on_stale=on_stale), LOCK: lock})
    assert silent.level is Level.UNKNOWN


def test_object_that_is_gone() -> None:
    """An object that cannot be seen any more has no fresh schema; that it is gone is for the drift to tell."""
    found = judged(NOT_FOUND)
    assert found.level is Level.UNKNOWN
    assert found.summary == "Lead could not be described: HTTP 404 NOT_FOUND: no such"


def test_several_objects() -> None:
    """Objects that stand alike are one finding; a stale one among fresh ones is told apart."""
    both = (READS_LEAD, ObjectUse(name="Case", read=("Id",)))
    answers = {
        **looked(NOW, 30, on_stale="warn"),
        REQUIREMENTS: Requirements(objects=both),
        Describe("describe_Case", "Case"): replace(UNCHANGED, shape=CASE),
    }
    answers[MEMORY] = MemoryFacts(reach="here", snapshots={"Lead": remembered(30), "Case": remembered(1)})
    stale, fresh = findings("metadata.freshness", answers)
    assert (stale.level, fresh.level) == (Level.WARNING, Level.OK)
    assert stale.summary == "the snapshot is older than 24 h: Lead (30 h old)"
    assert fresh.summary == "Case unchanged, says Salesforce"
    answers[OPTIONS] = OWN_DEFAULTS
    (found,) = findings("metadata.freshness", answers)
    assert found.summary == "Lead read just now; Case unchanged, says Salesforce; too old until now: Lead (30 h old)"


@pytest.mark.parametrize(
    ("hours", "told"),
    [(24.4, "24.4 h"), (47.9, "47.9 h"), (72, "3 days"), (0.5, "30 minutes"), (0.03, "109 s")],
)
def test_age_in_words(hours: float, told: str) -> None:
    """An age is told so that it can be compared with its limit."""
    assert f"Lead ({told} old)" in judged(NOW, hours, max_age=1).summary
