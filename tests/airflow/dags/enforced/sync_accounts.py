"""A DAG as its author wrote it, who has never heard of a preflight: a stock operator, a mapped one, and work of another kind."""

from __future__ import annotations

from datetime import timedelta

import pendulum
from airflow.providers.salesforce.operators.bulk import SalesforceBulkOperator
from airflow.sdk import DAG, task

RETRIES = {"retries": 2, "retry_delay": timedelta(hours=1)}
ROWS = [{"Id": "001000000000001AAA", "Name": "Acme"}]

with DAG(
    "sync_accounts", start_date=pendulum.datetime(2026, 1, 1), schedule="@once", catchup=False, default_args=RETRIES
):
    SalesforceBulkOperator(
        task_id="update_accounts",
        salesforce_conn_id="crm_prod",
        operation="update",
        object_name="Account",
        payload=ROWS,
    )
    SalesforceBulkOperator.partial(
        task_id="insert_parts", salesforce_conn_id="crm_prod", operation="insert", object_name="Account"
    ).expand(payload=[ROWS])

    @task
    def count_rows() -> int:
        return len(ROWS)

    count_rows()
