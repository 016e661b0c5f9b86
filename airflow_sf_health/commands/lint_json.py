"""A lint for programs."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from airflow_sf_health.commands.console import Console
from airflow_sf_health.commands.lint_found import Linted, LintedTask

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
            "files_read": found.files,
            "tasks": len(found.tasks),
            "files": len({each.path for each in found.tasks}),
            **{name: found.counts.get(status, 0) for status, name in _NAMES.items()},
            "remarks": sum(len(each.remarks) for each in found.tasks),
            "errors": len(found.errors),
        },
        "tasks": [_task(each) for each in found.tasks],
        "errors": [
            {
                "file": each.file,
                "path": str(each.path),
                "line": each.line,
                "topic": each.topic,
                "dag": each.dag_id,
                "error": each.text,
            }
            for each in found.errors
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
    return {
        "file": task.file,
        "path": str(task.path),
        "line": task.line,
        "dag": task.dag_id,
        "task": task.task_id,
        "operator": task.operator,
        "connections": list(task.conn_ids),
        "known_at_run_time": task.late,
        "status": _NAMES[task.status],
        "guard": {"how": task.how, "by": list(task.by)},
        "unguarded": list(task.unguarded),
        "requirements": task.requirements,
        "needs": task.needs,
        "waiver": task.waiver,
        "remarks": [{"topic": each.topic, "text": each.text} for each in task.remarks],
        "advice": task.advice if task.status == "unguarded" else None,
    }
