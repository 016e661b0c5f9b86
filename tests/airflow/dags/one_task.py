"""A DAG of one task, as the test wants it: class and arguments stand in the environment, as JSON."""

from __future__ import annotations

import json
import os
from datetime import timedelta

import pendulum
from airflow.providers.common.compat.sdk import DAG

from airflow_sf_health.operators.metadata import SalesforceRefreshMetadataOperator
from airflow_sf_health.operators.reauthenticate import SalesforceReauthenticateOperator
from airflow_sf_health.operators.salesforce import SalesforcePreflightOperator
from airflow_sf_health.sensors.salesforce import SalesforceHealthSensor

KINDS = {
    "operator": SalesforcePreflightOperator,
    "reauthenticate": SalesforceReauthenticateOperator,
    "refresh": SalesforceRefreshMetadataOperator,
    "sensor": SalesforceHealthSensor,
}
task = json.loads(os.environ["SF_HEALTH_ONE_TASK"])

with DAG(
    "one_task",
    start_date=pendulum.datetime(2026, 1, 1),
    schedule=None,
    catchup=False,
    render_template_as_native_obj=task["native"],
) as dag:
    KINDS[task["kind"]](
        task_id="task",
        salesforce_conn_id="crm_prod",
        retry_delay=timedelta(seconds=task["retry_delay"]),
        **task["arguments"],
    )
