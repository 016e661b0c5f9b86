"""Guard tasks against a Salesforce connection that will not work: by a task before them, or inside their own process.

``guard`` adds a task of its own upstream; ``preflight_hook`` and ``preflight`` examine in the worker, queue and pod of the very task,
before it does anything.
"""

from __future__ import annotations

from airflow_sf_health.guards._attach import attach
from airflow_sf_health.guards._decorator import preflight
from airflow_sf_health.guards._guard import guard
from airflow_sf_health.guards._hook import PreflightHook, preflight_hook

__all__ = ["PreflightHook", "attach", "guard", "preflight", "preflight_hook"]
