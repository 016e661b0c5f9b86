"""Names of Airflow, loaded on first use."""

from __future__ import annotations

import importlib
from functools import cache
from typing import Any

SDK = "airflow.providers.common.compat.sdk"
_VERSION = "airflow.providers.common.compat.version_compat"
_TRIGGERS = "airflow.triggers.base"
_HOMES = {
    "AIRFLOW_V_3_0_PLUS": _VERSION,
    "AIRFLOW_V_3_1_PLUS": _VERSION,
    "AIRFLOW_V_3_3_PLUS": _VERSION,
    "AirflowClusterPolicyViolation": "airflow.exceptions",
    "BaseTrigger": _TRIGGERS,
    "TriggerEvent": _TRIGGERS,
}
"""Where a name lives that the shared `sdk` module of the common-compat provider does not offer."""
_SINCE_3_3 = ("RetryDecision", "RetryPolicy")
"""Plain objects before that, so that a DAG file shared between versions can be read."""


@cache
def named(name: str) -> Any:
    """What Airflow has by this name."""
    if name in _SINCE_3_3 and not named("AIRFLOW_V_3_3_PLUS"):
        return object
    return getattr(importlib.import_module(_HOMES.get(name, SDK)), name)
