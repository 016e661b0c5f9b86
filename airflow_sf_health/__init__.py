"""Pre-flight health checks for Salesforce connections in Apache Airflow.

The public names are loaded on first use, so that importing this package costs a DAG file next to nothing.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from airflow_sf_health.diagnosis import diagnose
    from airflow_sf_health.examination import examine
    from airflow_sf_health.guards import guard, preflight, preflight_hook
    from airflow_sf_health.options import Options
    from airflow_sf_health.requirements import Requirements

__all__ = [
    "Options",
    "Requirements",
    "__version__",
    "diagnose",
    "examine",
    "guard",
    "preflight",
    "preflight_hook",
]

__version__ = "0.1.0"

_HOMES = {
    "Options": "airflow_sf_health.options",
    "Requirements": "airflow_sf_health.requirements",
    "diagnose": "airflow_sf_health.diagnosis",
    "examine": "airflow_sf_health.examination",
    "guard": "airflow_sf_health.guards",
    "preflight": "airflow_sf_health.guards",
    "preflight_hook": "airflow_sf_health.guards",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(importlib.import_module(_HOMES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
