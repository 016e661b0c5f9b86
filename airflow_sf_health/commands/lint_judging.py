"""What a lint says of one DAG. It runs where the DAG files are read."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from airflow_sf_health.commands import lint_words as words
from airflow_sf_health.commands.lint_found import LintedTask, Status
from airflow_sf_health.commands.lint_lines import Source
from airflow_sf_health.commands.lint_remarks import remarks_on
from airflow_sf_health.enforcement.advice import advice, how_to_guard
from airflow_sf_health.enforcement.baseline import file_of
from airflow_sf_health.enforcement.judging import judged
from airflow_sf_health.enforcement.policy import today
from airflow_sf_health.enforcement.rules import modes_of
from airflow_sf_health.enforcement.values import Judged, Mode, PolicySettings, Waiver
from airflow_sf_health.inference import is_mapped, late_connections, uses_of

_NO_REMARKS = ("not asked", "teardown", "waived")


def linted(dag: Any, root: Path, settings: PolicySettings) -> Iterator[LintedTask]:
    """Its Salesforce tasks. Where the policy is off, each of them is asked for a guard all the same."""
    asking = replace(settings, mode="report") if settings.mode == "off" else settings
    mode_of, file = modes_of(dag, asking, today()), file_of(dag, root)
    for each in judged(dag, settings.connections):
        yield _linted(each, dag, root / file, file, _status(each, mode_of(each)), settings)


def _linted(found: Judged, dag: Any, path: Path, file: str, status: Status, settings: PolicySettings) -> LintedTask:
    task = found.task
    required = getattr(uses_of(task, settings.connections), "requirements", None)
    remarks = () if status in _NO_REMARKS else tuple(remarks_on(found, dag))
    return LintedTask(
        file=file,
        path=path,
        line=Source.of(path).line_of(dag.dag_id, task.task_id),
        dag_id=dag.dag_id,
        task_id=task.task_id,
        operator=task.task_type,
        status=status,
        conn_ids=found.uses.conn_ids,
        late=_is_late(found),
        how=found.how,
        by=found.by,
        unguarded=found.unguarded,
        waiver=_waiver(found.waiver),
        requirements=None if required is None else required.as_dict(),
        needs=words.needs(required),
        remarks=remarks,
        todo=words.todo(advice(found)) if status == "unguarded" else (),
        advice=how_to_guard(found) if status == "unguarded" else "",
    )


def _status(found: Judged, mode: Mode) -> Status:
    """Whether the baseline has it is found out later."""
    if found.is_guarded:
        return "teardown" if found.how == "none" else "guarded"
    if found.waiver is not None and found.waiver.counts:
        return "waived"
    return "not asked" if mode == "off" else "unguarded"


def _is_late(found: Judged) -> bool:
    """Of a task that is mapped over written ids, each is known, though not which of its instances has which."""
    if is_mapped(found.task) and found.uses.conn_ids and not late_connections(found.task):
        return False
    return found.uses.late or not found.uses.conn_ids


def _waiver(waiver: Waiver | None) -> dict[str, Any] | None:
    if waiver is None:
        return None
    until = waiver.until.isoformat() if waiver.until is not None else None
    return {
        "by": waiver.by,
        "reason": waiver.reason,
        "until": until,
        "counts": waiver.counts,
        "problem": waiver.problem,
    }
