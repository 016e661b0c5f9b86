"""The steps of a cause for a task that failed by its own call to Salesforce, as against one that an examination held back.

The cause files speak of the examination, which writes nothing. Of another task nobody knows here what it had written, so it is
never told to be simply cleared.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from airflow_sf_health.causes import Step

CLEAR = " (clear it with downstream tasks)"
NOTHING_WRITTEN = "The preflight wrote nothing to Salesforce."
"""As the files say it."""
LOOK_FIRST = (
    "find out first what this task had written when it failed, in its log and in Setup > Bulk Data Load Jobs: as it is, it may "
    "run again only if it reads, or writes what may be written twice (an upsert by external id). Then"
)


def after_failed_task(steps: Sequence[Step]) -> tuple[Step, ...]:
    """The same steps, with what is to be looked at before the task runs again."""
    return tuple(_after_failed_task(step) if step.role == "Airflow" else step for step in steps)


def _after_failed_task(step: Step) -> Step:
    text = step.text.replace(CLEAR, "").replace(NOTHING_WRITTEN, "").strip()
    return replace(step, text=f"{LOOK_FIRST} {text}")
