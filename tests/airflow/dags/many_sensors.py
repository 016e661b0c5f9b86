"""As many deferrable sensors as the environment says, evenly on the connections that it names."""

from __future__ import annotations

import os

import pendulum
from airflow.providers.common.compat.sdk import DAG

from airflow_sf_health.sensors.salesforce import SalesforceHealthSensor

CONNECTIONS = os.environ.get("SF_HEALTH_MANY_CONNECTIONS", "crm_prod").split(",")

with DAG("many_sensors", start_date=pendulum.datetime(2026, 1, 1), schedule=None, catchup=False) as dag:
    for number in range(int(os.environ.get("SF_HEALTH_MANY_SENSORS", "1"))):
        SalesforceHealthSensor(
            task_id=f"sensor_{number}",
            salesforce_conn_id=CONNECTIONS[number % len(CONNECTIONS)],
            deferrable=True,
        )
