"""A DAG with one task for each login flow and edge that is a task, as the matrix wants it; what the environment says is JSON."""

from __future__ import annotations

import json
import os
from typing import Any

import pendulum
from airflow.providers.common.compat.sdk import DAG

from airflow_sf_health.operators.salesforce import SalesforcePreflightOperator
from airflow_sf_health.sensors.salesforce import SalesforceHealthSensor

asked = json.loads(os.environ["SF_HEALTH_MATRIX"])
ENDED: dict[str, BaseException] = {}
"""By task, what it ended with; this DAG runs in the process that looks here."""


def note(context: Any) -> None:
    ENDED[context["ti"].task_id] = context["exception"]


AT_ONCE = {"poke_interval": 0.05, "timeout": 0.01}
EDGES: dict[str, tuple[Any, dict[str, Any]]] = {
    "operator": (SalesforcePreflightOperator, {}),
    "sensor": (SalesforceHealthSensor, AT_ONCE),
    "deferrable": (SalesforceHealthSensor, {**AT_ONCE, "deferrable": True}),
}

with DAG("matrix", start_date=pendulum.datetime(2026, 1, 1), schedule=None, catchup=False) as dag:
    for flow in asked["flows"]:
        for edge, (kind, arguments) in EDGES.items():
            kind(
                task_id=f"{flow}.{edge}",
                salesforce_conn_id=f"matrix_{flow}",
                requirements=asked["requires"],
                on_failure_callback=note,
                **arguments,
            )
