"""What the site's policy does when a DAG has been read."""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cache, partial
from typing import Any

from airflow_sf_health.enforcement import judging
from airflow_sf_health.enforcement.baseline import Baseline
from airflow_sf_health.enforcement.rules import concerns
from airflow_sf_health.enforcement.settings import policy_settings
from airflow_sf_health.enforcement.values import Mode, PolicySettings
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
    except SettingsError as error:
        _complain(f"The cluster policy is off: {error}")
        return
    if not judging.uses_salesforce(dag, settings.connections):
        return
    from airflow_sf_health.enforcement._acting import Acting

    Acting(dag, settings, today(), partial(_baseline, settings), is_observed=_OBSERVING.get()).act()


def _baseline(settings: PolicySettings) -> Baseline | None:
    """None where it cannot be read, which is said once: whom to name is not known then."""
    try:
        return Baseline.read(settings.baseline) if settings.baseline else Baseline()
    except SettingsError as error:
        off = "off but for what it injects" if settings.injects else "off"
        _complain(f"The cluster policy is {off}: {error}")
        return None


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
    :param settings: None where they are wrong; where something is injected, not for the baseline alone, which that does without.
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
    """For whoever asks why nothing is reported. Raises what Airflow does where it cannot tell an option."""
    # Looked up, not imported: it is loaded by Airflow, or not at all.
    entry = sys.modules.get(ENTRY)
    stopped = "".join(getattr(entry, "STOPPED", ()))
    mode: Mode = "off"
    settings, problem = None, ""
    try:
        settings = policy_settings()
        mode = settings.mode
        if settings.baseline:
            Baseline.read(settings.baseline)
    except SettingsError as error:
        problem = str(error)
        if settings is None or not settings.injects:
            settings, mode = None, "off"
    return PolicyState(mode=mode, settings=settings, problem=problem, stopped=stopped, is_loaded=entry is not None)


@cache
def _complain(text: str) -> None:
    """Once per process: the settings are read for each DAG."""
    LOG.warning("%s", text)
