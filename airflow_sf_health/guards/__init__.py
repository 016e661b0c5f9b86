"""Guard tasks against a Salesforce connection that will not work: by a task before them, or inside their own process.

``guard`` adds a task of its own upstream; ``preflight_hook`` and ``preflight`` examine in the worker, queue and pod of the very task,
before it does anything.
"""

from __future__ import annotations

from airflow_sf_health.guards._attach import attach, heed_hook
from airflow_sf_health.guards._decorator import preflight
from airflow_sf_health.guards._guard import guard
from airflow_sf_health.guards._held import Held
from airflow_sf_health.guards._hook import PreflightHook, preflight_hook
from airflow_sf_health.guards._own import give, is_mapped_over, own
from airflow_sf_health.guards._reach import (
    heeds_hooks,
    hindrance,
    is_beyond_hooks,
    runs_elsewhere,
)

__all__ = [
    "Held",
    "PreflightHook",
    "attach",
    "give",
    "guard",
    "heed_hook",
    "heeds_hooks",
    "hindrance",
    "is_beyond_hooks",
    "is_mapped_over",
    "own",
    "preflight",
    "preflight_hook",
    "runs_elsewhere",
]
