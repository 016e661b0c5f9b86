"""A DAG whose author has guarded it."""

from __future__ import annotations

from datetime import timedelta

import pendulum
from airflow.providers.salesforce.operators.bulk import SalesforceBulkOperator
from airflow.sdk import DAG

from airflow_sf_health.operators.salesforce import SalesforcePreflightOperator

RETRIES = {"retries": 2, "retry_delay": timedelta(hours=1)}

with DAG("guarded", start_date=pendulum.datetime(2026, 1, 1), schedule="@once", catchup=False, default_args=RETRIES):
    SalesforcePreflightOperator(task_id="preflight", salesforce_conn_id="crm_prod") >> SalesforceBulkOperator(
        task_id="delete_accounts",
        salesforce_conn_id="crm_prod",
        operation="delete",
        object_name="Account",
        payload=[{"Id": "001000000000001AAA"}],
    )
