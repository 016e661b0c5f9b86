"""How many API calls and Bulk API batches the required records take at least, whichever way the task goes about it. Pure.

A row can be smaller than anybody's guess and a client thriftier, so each number is a floor: what does not fit by it cannot fit.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from airflow_sf_health.checks._words import counted
from airflow_sf_health.requirements import ObjectUse, Requirements

ROWS_PER_COLLECTION = 200
"""Records that one call to sObject collections writes at most."""
COLLECTIONS_PER_COMPOSITE = 5
"""Such calls that go as parts into one composite call, which counts as one."""
ROWS_PER_PAGE = 2_000
"""Rows of a page of a query's answer at most."""
CALLS_PER_JOB = 3
"""Of Bulk API 2.0, whatever the number of rows: a load is created, uploaded and closed, a query created, looked at and read."""
ROWS_PER_BATCH = 10_000
"""Rows that Bulk API takes as one batch at most; version 2.0 cuts the batches itself."""

WRITES = ("insert", "update", "upsert", "delete")
BULK_ONLY = "hard delete"


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One operation on all records of one object. ``object`` is empty where the requirements name none."""

    operation: str
    object: str
    rows: int

    @property
    def writes(self) -> bool:
        return self.operation != "read"

    @property
    def bulk_only(self) -> bool:
        """Whether no other API can do it."""
        return self.operation == BULK_ONLY

    @property
    def calls(self) -> int:
        """API calls of the cheapest way."""
        one_by_one = ROWS_PER_COLLECTION * COLLECTIONS_PER_COMPOSITE if self.writes else ROWS_PER_PAGE
        return CALLS_PER_JOB if self.bulk_only else min(_parts(self.rows, one_by_one), CALLS_PER_JOB)

    @property
    def calls_by_rest(self) -> int:
        """API calls of sObject collections or query pages; those of Bulk API where there is nothing else."""
        if self.bulk_only:
            return CALLS_PER_JOB
        return _parts(self.rows, ROWS_PER_COLLECTION if self.writes else ROWS_PER_PAGE)

    @property
    def batches(self) -> int:
        """Batches of Bulk API that a load takes; reading by version 2.0 takes none."""
        return _parts(self.rows, ROWS_PER_BATCH) if self.writes else 0

    @property
    def name(self) -> str:
        """``upsert Account``."""
        return f"{self.operation} {self.object}".rstrip()


def steps(requirements: Requirements) -> tuple[Step, ...]:
    """What is done with the required number of records: each operation on each object; none where no number is required.

    Where no object is named, it is one load, or one query of a task that does not write.
    """
    rows = requirements.records
    if not rows:
        return ()
    if not requirements.objects:
        return (Step(operation="read" if requirements.writes is False else "write", object="", rows=rows),)
    return tuple(
        Step(operation=operation, object=use.name, rows=rows)
        for use in requirements.objects
        for operation in _operations(use)
    )


def _operations(use: ObjectUse) -> Iterator[str]:
    """A hard delete is the delete that is meant."""
    if use.read is not None:
        yield "read"
    for operation in WRITES:
        if operation == "delete" and use.hard_delete:
            continue
        if getattr(use, operation) not in (None, False):
            yield operation
    if use.hard_delete:
        yield BULK_ONLY


def arithmetic(done: Sequence[Step]) -> str:
    """The calls, and how they come about: ``at least 4 API calls for 3,000 records (read Account: 2, by query pages of 2,000; …)``."""
    each = "; ".join(f"{step.name}: {step.calls}, {_way(step)}" for step in done)
    total = counted(sum(step.calls for step in done), "API call")
    return f"at least {total} for {counted(done[0].rows, 'record')} ({each})"


def _way(step: Step) -> str:
    """The cheapest one."""
    if step.bulk_only or (step.calls < step.calls_by_rest and step.calls == CALLS_PER_JOB):
        return "by one job of Bulk API 2.0"
    if step.writes:
        return f"by {COLLECTIONS_PER_COMPOSITE} collections of {ROWS_PER_COLLECTION} records in each composite call"
    return f"by query pages of {ROWS_PER_PAGE:,}"


def _parts(rows: int, size: int) -> int:
    return -(-rows // size)
