"""A lint for programs."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from airflow_sf_health.commands import lint_words as words
from airflow_sf_health.commands.console import Console
from airflow_sf_health.commands.lint_found import Linted, LintedTask
from airflow_sf_health.enforcement.advice import how_to_guard
from airflow_sf_health.enforcement.values import Waiver

VERSION = 1


def as_json(found: Linted, console: Console) -> Iterator[str]:
    """One JSON object."""
    yield json.dumps(payload(found), indent=2)


def payload(found: Linted) -> dict[str, Any]:
    keys = ("file", "dag", "task")
    return {
        "version": VERSION,
        "policy": found.policy,
        "summary": {
            "tasks": len(found.tasks),
            "files": len({each.path for each in found.tasks}),
            **{name: found.counts.get(status, 0) for status, name in _NAMES.items()},
            "remarks": sum(len(each.remarks) for each in found.tasks),
            "errors": len(found.errors),
        },
        "tasks": [_task(each) for each in found.tasks],
        "errors": [
            {"file": each.file, "path": str(each.path), "line": each.line, "error": each.text} for each in found.errors
        ],
        "baseline": {
            "file": found.baseline_file,
            "not_needed": [dict(zip(keys, entry, strict=True)) for entry in found.stale],
        },
    }


_NAMES = {
    "guarded": "guarded",
    "waived": "waived",
    "unguarded": "unguarded",
    "baseline": "baseline",
    "not asked": "not_asked",
    "teardown": "teardown",
}


def _task(task: LintedTask) -> dict[str, Any]:
    judged = task.judged
    return {
        "file": task.file,
        "path": str(task.path),
        "line": task.line,
        "dag": task.dag_id,
        "task": task.task_id,
        "operator": judged.task.task_type,
        "connections": list(judged.uses.conn_ids),
        "known_at_run_time": judged.uses.late or not judged.uses.conn_ids,
        "status": _NAMES[task.status],
        "guard": {"how": judged.how, "by": list(judged.by)},
        "unguarded": list(judged.unguarded),
        "requirements": task.requirements.as_dict() if task.requirements is not None else None,
        "needs": words.needs(task.requirements),
        "waiver": _waiver(judged.waiver),
        "remarks": [{"topic": each.topic, "text": each.text} for each in task.remarks],
        "advice": how_to_guard(judged) if task.status == "unguarded" else None,
    }


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
