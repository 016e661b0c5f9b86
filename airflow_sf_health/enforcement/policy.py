"""What the site's policy does when a DAG has been read."""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cache
from typing import Any

from airflow_sf_health.enforcement.baseline import Baseline, file_of
from airflow_sf_health.enforcement.rules import concerns, modes_of
from airflow_sf_health.enforcement.settings import policy_settings
from airflow_sf_health.enforcement.values import Judged, Mode, PolicySettings
from airflow_sf_health.errors import SettingsError

__all__ = ["PolicyState", "apply", "observing", "state", "today"]

ENTRY = "airflow_sf_health.cluster_policy"
"""The module that Airflow loads as entry point; what is said here is said in its name."""
LOG = logging.getLogger(ENTRY)

_OBSERVING: ContextVar[bool] = ContextVar("airflow_sf_health_observing", default=False)


def apply(dag: Any) -> None:
    """Report, refuse or guard the Salesforce tasks of a DAG, as the site's settings say. Wrong settings: nothing, said once.

    :raises AirflowClusterPolicyViolation: the site requires a guard, and there is none.
    """
    try:
        settings = policy_settings()
        if not concerns(dag, settings):
            return
        baseline = Baseline.read(settings.baseline) if settings.baseline else Baseline()
    except SettingsError as error:
        _complain(str(error))
        return
    _act(dag, settings, baseline)


def _act(dag: Any, settings: PolicySettings, baseline: Baseline) -> None:
    from airflow_sf_health.enforcement.injecting import inject
    from airflow_sf_health.enforcement.judging import judged
    from airflow_sf_health.enforcement.unguarded import Told, refuse, tell

    day = today()
    mode_of, file = modes_of(dag, settings, day), file_of(dag)
    refused: list[Judged] = []
    told: list[Told] = []
    for each in judged(dag, settings.connections, today=day):
        mode = mode_of(each)
        if mode == "off" or (each.waiver is not None and each.waiver.counts):
            continue
        if mode == "inject":
            if why := inject(each, settings):
                told.append(Told(each, mode, why=f", nor can the policy put it there. {why}"))
        elif not each.is_guarded:
            known = baseline.covers(file, dag.dag_id, each.task.task_id)
            if mode == "require" and not known:
                refused.append(each)
            else:
                told.append(Told(each, mode, known, " (in the baseline)" if known else ""))
    if _OBSERVING.get():
        return
    tell(dag, told, file)
    if refused:
        refuse(dag, refused, file)


@contextmanager
def observing() -> Iterator[None]:
    """Read DAGs without reporting or refusing any. What the policy injects is injected, as it is in a worker."""
    before = _OBSERVING.set(True)
    try:
        yield
    finally:
        _OBSERVING.reset(before)


def today() -> date:
    """The day that decides on ``enforce_after`` and waivers: the same on each host."""
    return datetime.now(UTC).date()


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyState:
    """How the policy stands in this process.

    :param mode: what the settings say; "off" where they are wrong.
    :param settings: None where they are wrong.
    :param problem: what is wrong with the settings, or the baseline; empty: nothing.
    :param stopped: the error of ours that has switched the policy off in this process; empty: none has.
    :param is_loaded: whether Airflow has loaded the entry point in this process.
    """

    mode: Mode
    settings: PolicySettings | None = None
    problem: str = ""
    stopped: str = ""
    is_loaded: bool = False


def state() -> PolicyState:
    """For whoever asks why nothing is reported. Never raises."""
    # Looked up, not imported: it is loaded by Airflow, or not at all.
    entry = sys.modules.get(ENTRY)
    stopped = "".join(getattr(entry, "STOPPED", ()))
    mode: Mode = "off"
    settings, problem = None, ""
    try:
        settings = policy_settings()
        if settings.baseline:
            Baseline.read(settings.baseline)
        mode = settings.mode
    except Exception as error:  # noqa: BLE001 - how a site's secrets backend fails is said too
        settings, problem = None, str(error)
    return PolicyState(mode=mode, settings=settings, problem=problem, stopped=stopped, is_loaded=entry is not None)


@cache
def _complain(text: str) -> None:
    """Once per process: the settings are read for each DAG."""
    LOG.warning("The cluster policy is off: %s", text)
