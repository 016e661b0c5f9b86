"""What is worth a word though the task is guarded."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from airflow_sf_health import compat
from airflow_sf_health.bulk import BulkResultsCheck
from airflow_sf_health.enforcement.values import Judged
from airflow_sf_health.guards import own
from airflow_sf_health.guards._guard import PLACE
from airflow_sf_health.inference import late_connections, uses_of

IN_TASK = ("decorator", "pre_execute", "own", "injected")
"""Guards that each try of the task begins with."""

_POLICY = "retry_policy=SalesforceRetryPolicy() (from airflow_sf_health.retries import SalesforceRetryPolicy)"
_HOOK = "pre_execute=preflight_hook() (from airflow_sf_health import preflight_hook)"
_CHECK = "post_execute=check_bulk_results() (from airflow_sf_health.bulk import check_bulk_results)"

Topic = Literal["waiver", "place", "retries", "bulk_rows"]


@dataclass(frozen=True, slots=True)
class Remark:
    topic: Topic
    text: str


def remarks_on(judged: Judged, dag: Any) -> Iterator[Remark]:
    """All there is to say of a task."""
    if judged.waiver is not None and not judged.waiver.counts:
        yield Remark("waiver", f"The waiver does not count. {judged.waiver.problem}")
    yield from _elsewhere(judged, dag)
    yield from _retries(judged)
    yield from _rows(judged)


def _elsewhere(judged: Judged, dag: Any) -> Iterator[Remark]:
    """A guard upstream proves what its own host can reach. Of several for one connection, one at the task's place is enough."""
    guards = [dag.get_task(name) for name in judged.by]
    here = {each for guard in guards if not _differing(guard, judged.task) for each in _examined(guard)}
    for guard in guards:
        examined = _examined(guard)
        if examined and examined <= here:
            continue
        names = _differing(guard, judged.task)
        there = " and ".join(f"{name} {_named(guard, name)}" for name in names)
        own_place = " and ".join(_named(judged.task, name) for name in names)
        yield Remark(
            "place", f"'{guard.task_id}' runs in {there}, and this task in {own_place}: another way to Salesforce?"
        )


def _examined(guard: Any) -> set[str]:
    """The connections that it looks at; a mapped one has the argument elsewhere than a plain one, and perhaps a list of them."""
    uses = uses_of(guard, requirements=False)
    known = uses.conn_ids if uses is not None else ()
    return {*known, *(each for each in late_connections(guard) if isinstance(each, str))}


def _differing(guard: Any, task: Any) -> list[str]:
    return [name for name in PLACE if getattr(guard, name, None) != getattr(task, name, None)]


def _named(task: Any, name: str) -> str:
    value = getattr(task, name, None)
    return f"'{value}'" if value is not None else "the default one"


def _retries(judged: Judged) -> Iterator[Remark]:
    """A retry policy, ours or the author's own, is somebody's decision; and a guard in the task fails for good what no retry heals."""
    retries = judged.task.retries
    if not retries or judged.how in IN_TASK or own(judged.task, "retry_policy") is not None:
        return
    number = "1 retry" if retries == 1 else f"{retries} retries"
    cure = _POLICY if compat.AIRFLOW_V_3_3_PLUS else _HOOK
    yield Remark("retries", f"{number}, also for what no retry heals. Give it {cure}.")


def _rows(judged: Judged) -> Iterator[Remark]:
    if judged.uses.kind == "bulk" and not isinstance(own(judged.task, "post_execute"), BulkResultsCheck):
        yield Remark("bulk_rows", f"Refused rows would go unnoticed. Give it {_CHECK}.")
