"""What a lint says of a task, in few words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from airflow_sf_health.commands.lint_found import Linted, LintedTask
from airflow_sf_health.enforcement.advice import Advice
from airflow_sf_health.enforcement.values import LATE
from airflow_sf_health.requirements import ObjectUse, Requirements

GUARD_DAG = "Or guard a whole DAG: guard() as the last line in its with block or function (from airflow_sf_health import guard)."
_HOWS = {
    "operator": "preflight",
    "sensor": "sensor",
    "decorator": "@preflight",
    "pre_execute": "pre_execute",
    "own": "own operator",
    "injected": "injected",
    "none": "-",
}
_ORDER = ("guarded", "waived", "unguarded", "baseline", "teardown", "not asked")
_COUNTED = {"baseline": "in the baseline", "teardown": "for teardown"}


def connections(task: LintedTask) -> tuple[str, ...]:
    """Of one that is known only when the task runs, that it is."""
    return (*task.conn_ids, *((LATE,) if task.late else ()))


def guard(task: LintedTask) -> str:
    """How it is guarded, and by which tasks."""
    return " ".join((_HOWS[task.how], ", ".join(task.by))).strip()


def needs(required: Requirements | None) -> str:
    """What is known of what a task needs of the org: `upsert Account by Key__c (Name, Phone)`; empty: nothing."""
    if required is None:
        return ""
    parts = [part for use in required.objects or () for part in _of_object(use)]
    parts += [" ".join(query.split()) for query in required.queries or ()]
    if required.records is not None:
        parts.append("1 record" if required.records == 1 else f"{required.records} records")
    return ", ".join(parts)


def _of_object(use: ObjectUse) -> Iterator[str]:
    for verb in ("read", "insert", "update", "upsert"):
        fields = getattr(use, verb)
        if fields is not None:
            by = f" by {use.external_id}" if verb == "upsert" else ""
            listed = f" ({', '.join(fields)})" if fields else ""
            yield f"{verb} {use.name}{by}{listed}"
    if use.delete or use.hard_delete:
        yield f"{'hard delete' if use.hard_delete else 'delete'} {use.name}"


def todo(listed: Sequence[Advice]) -> tuple[str, ...]:
    """One line for each that the author has to write, with its place before it."""
    imports = dict.fromkeys(each.import_line for each in listed)
    return (*(f"{each.place}: {each.line}" for each in listed), *(f"Import: {each}" for each in imports))


def summary(found: Linted) -> str:
    """One sentence of numbers."""
    tasks, files = len(found.tasks), len({each.path for each in found.tasks})
    counts = [f"{found.counts[each]} {_COUNTED.get(each, each)}" for each in _ORDER if found.counts.get(each)]
    where = f" in {_many(files, 'file')}" if tasks else ""
    what = f"{_many(tasks, 'Salesforce task')}{where}{': ' if counts else ''}{', '.join(counts)}"
    errors = f"; {_many(len({each.file for each in found.errors}), 'file')} with errors" if found.errors else ""
    return f"{_many(found.files, 'file')} read; {what}{errors}"


def _many(number: int, thing: str) -> str:
    return f"{number} {thing}{'' if number == 1 else 's'}"
