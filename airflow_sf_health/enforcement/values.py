"""What is known of a DAG's Salesforce tasks, and what the site wants of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

from airflow_sf_health.inference import Uses

Mode = Literal["off", "report", "require", "inject"]

How = Literal["operator", "sensor", "decorator", "pre_execute", "own", "injected", "none"]
"""By what a task is guarded: a preflight or sensor upstream, ``@preflight``, ``pre_execute=preflight_hook()``, an operator of ours that
examines by itself, the cluster policy, or nothing.
"""

LATE = "(known at run time)"
"""Stands for a connection that nobody knows before the task runs."""


@dataclass(frozen=True, slots=True)
class Rule:
    """Another mode for DAGs with a tag, or tasks with a connection: ``tag:finance=require``, ``conn:crm_*=inject``.

    :param pattern: a glob for the tag or the connection's id.
    """

    by: Literal["tag", "conn"]
    pattern: str
    mode: Mode


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicySettings:
    """What ``[sf_health]`` says of the cluster policy.

    :param include: globs, one of which a DAG's id or its file (relative to its bundle) has to match.
    :param exclude: globs, none of which may match.
    :param rules: the first that matches decides, and ``mode`` where none does.
    :param connections: ids that make a task a Salesforce task, wherever an argument ``…conn_id`` of it names one.
    :param enforce_after: the first day on which ``require`` refuses a DAG file; None: each day.
    :param baseline: path of the file of tasks that are known to be unguarded; empty: there is none.
    """

    mode: Mode = "off"
    include: tuple[str, ...] = ("*",)
    exclude: tuple[str, ...] = ()
    rules: tuple[Rule, ...] = ()
    connections: frozenset[str] = frozenset()
    enforce_after: date | None = None
    baseline: str = ""
    inject_retry_policy: bool = False
    inject_explain_failure: bool = False
    inject_bulk_check: bool = False

    @property
    def injects(self) -> bool:
        """Whether there are tasks that the policy guards by itself, for which it needs no baseline."""
        return self.mode != "off" and "inject" in (self.mode, *(rule.mode for rule in self.rules))


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiver:
    """Somebody's word that a task needs no guard.

    :param until: the last day on which it counts; None: it has no end.
    :param by: the DAG's tag, or a param of the task or its DAG.
    :param problem: why it does not count (expired, no reason, no date), in a sentence; empty where it does.
    """

    reason: str = ""
    until: date | None = None
    by: Literal["tag", "param"]
    problem: str = ""

    @property
    def counts(self) -> bool:
        return not self.problem


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """One Salesforce task of a DAG.

    :param uses: without requirements, which ``uses_of(task)`` infers.
    :param how: by what it is guarded; of several the one that is nearest to the task.
    :param by: ids of the tasks that guard it, where these are upstream.
    :param unguarded: the connections that nothing examines before it; of one known only at run time :data:`LATE`.
    """

    task: Any
    uses: Uses
    how: How
    by: tuple[str, ...] = ()
    unguarded: tuple[str, ...] = ()
    waiver: Waiver | None = None

    @property
    def is_guarded(self) -> bool:
        return not self.unguarded

    @property
    def is_in_order(self) -> bool:
        """Whether there is nothing to ask of its author."""
        return self.is_guarded or (self.waiver is not None and self.waiver.counts)
