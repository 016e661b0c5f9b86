"""Guard a Salesforce task from outside: its DAG's source stays as it is, and what the task has of its own goes on."""

from __future__ import annotations

import textwrap
from functools import lru_cache
from typing import Any

from airflow_sf_health import guards
from airflow_sf_health.enforcement._extras import add_bulk_check, add_explain_failure, add_retry_policy
from airflow_sf_health.enforcement.values import Judged, PolicySettings
from airflow_sf_health.guards import PreflightHook, attach, give, heed_hook, heeds_hooks, is_mapped_over, own
from airflow_sf_health.inference import Uses, is_mapped, mark_of, uses_of
from airflow_sf_health.inference._arguments import expand_value, is_anything

BY = "the cluster policy of airflow-sf-health"
EXTRAS = (
    ("inject_retry_policy", add_retry_policy, "a retry policy"),
    ("inject_explain_failure", add_explain_failure, "advice in the log when it fails"),
    ("inject_bulk_check", add_bulk_check, "a check of what became of the rows"),
)


def inject(judged: Judged, settings: PolicySettings) -> str:
    """Put an examination before an unguarded task, in its own process, and add what else the site has switched on.

    The order in which things run: our examination, then the task's own ``pre_execute``; the task's own ``post_execute``, then our
    check of the rows; our advice, then its own failure callbacks; our retry policy, then its own where ours has no opinion.

    It may be called again for the same task, and changes nothing then. Nothing is looked up, and each process does the same.

    :returns: why nothing can be put before it, where it is unguarded and stays so; empty: it is not.
    """
    task, why = judged.task, ""
    was_heeded = heeds_hooks(task)
    heed_hook(task)
    if judged.unguarded and not (why := hindrance(task, judged.uses)):
        uses, is_beside = judged.uses, mark_of(task) is not None
        hook, note = _planned(uses.conn_ids, _own_ids(judged, settings), judged.unguarded, uses.late, is_beside)
        # Nothing more may have been missing than that the author's own hook is heeded, which it is now.
        if attach(task, hook, beside=was_heeded):
            _note(task, note)
    added = [words for name, add, words in EXTRAS if getattr(settings, name) and add(task)]
    if added:
        _note(task, f"Added by {BY}: {', '.join(added)}.")
    return why


def hindrance(task: Any, uses: Uses) -> str:
    """Why nothing can be put before a task in its own process, in a sentence; empty where it can."""
    if not uses.conn_ids and not uses.late:
        return "Nothing tells which connection it uses: give it pre_execute=preflight_hook() with the connection's id."
    why = guards.hindrance(task)
    if not why:
        return ""
    how = "use guard(), or map it over preflight_hook() too" if is_mapped_over(task, "pre_execute") else "use guard()"
    return f"{why}: {how}."


def _own_ids(judged: Judged, settings: PolicySettings) -> tuple[str, ...]:
    """The connections that the task itself tells its hook of, without those by which only the site knows it."""
    uses = uses_of(judged.task, requirements=False) if settings.connections else judged.uses
    return () if uses is None else uses.conn_ids


@lru_cache(maxsize=256)
def _planned(
    conn_ids: tuple[str, ...], own_ids: tuple[str, ...], unguarded: tuple[str, ...], is_late: bool, is_beside: bool
) -> tuple[PreflightHook, str]:
    """The hook, and what is said of it: one that looks at the task's own connections when they are rendered, and at those that only the
    site knows to be Salesforce's. Tasks of which all this is the same share it, which none of them changes.

    :param is_beside: there is an author's hook, which looks at something else.
    """
    named = tuple(each for each in conn_ids if each in unguarded)
    others = tuple(each for each in named if each not in own_ids)
    # What stands in the DAG file goes with it: a mapped operator may keep its connection where nobody finds it when it runs.
    hook = PreflightHook(also=others, known=tuple(each for each in named if each not in others), injected=True)
    if named and not is_late and (is_beside or others == named):
        hook = PreflightHook(named[0], also=named[1:], injected=True)
    return hook, f"Guarded by {BY}: {_connections(named, unguarded)} before the task runs."


def _connections(known: tuple[str, ...], unguarded: tuple[str, ...]) -> str:
    if len(known) != len(unguarded) or not known:
        return "its connection is examined"
    names = ", ".join(f"'{each}'" for each in known)
    return f"connection {names} is examined" if len(known) == 1 else f"connections {names} are examined"


def _note(task: Any, line: str) -> None:
    """Add a paragraph to what the user interface shows of the task, as far to the right as its text, which would be code else.

    Not where each instance may bring a text of its own, beside which Airflow takes no other.
    """
    if is_mapped_over(task, "doc_md") or _is_open(task, "doc_md"):
        return
    before = own(task, "doc_md") or ""
    if not isinstance(before, str) or line in before:
        return
    give(task, "doc_md", f"{before.rstrip()}\n\n{_margin(before)}{line}" if before.strip() else line)


def _is_open(task: Any, name: str) -> bool:
    """Whether another task's output may give each instance of a mapped one an argument, which all of them have none of yet."""
    return is_mapped(task) and name not in task.partial_kwargs and is_anything(expand_value(task))


def _margin(text: str) -> str:
    """The white space that all its lines begin with, which Airflow takes away."""
    less = textwrap.dedent(text).split("\n")
    line, rest = next(each for each in zip(text.split("\n"), less, strict=True) if each[1].strip())
    return line.removesuffix(rest)
