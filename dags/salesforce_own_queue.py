"""A load that runs on a queue of its own, and examines there: in the same process, right before it sends its first row.

A preflight upstream would run on another worker. Salesforce may well let that one in and refuse this one: it checks the address of each login, and
workers of another queue, or a pod of its own, may leave the network by another one, through another proxy, or with other certificates. So
examine inside the task wherever it runs elsewhere than a preflight would: on its own queue, executor or pod, or behind its own egress. Also where it
starts hours after the preflight, or where it is known only then which connection it uses.

What it costs: the verdict is not a task in the graph, but the task's own failure, on its first try and before any row was sent.
"""

from __future__ import annotations

from datetime import timedelta

import pendulum
from airflow.providers.common.compat.sdk import DAG
from airflow.providers.salesforce.operators.bulk import SalesforceBulkOperator

from airflow_sf_health import preflight_hook
from airflow_sf_health.bulk import check_bulk_results

# These rows stand in for what the ERP changed since yesterday.
INVOICES = [{"Number__c": "2026-0815", "Amount__c": 119.0}]

with DAG(
    "salesforce_own_queue",
    schedule="0 6 * * *",
    start_date=pendulum.datetime(2026, 1, 1, tz="UTC"),
    catchup=False,
    max_active_runs=1,
    default_args={"retries": 3, "retry_delay": timedelta(minutes=5)},
    tags=["salesforce"],
) as dag:
    SalesforceBulkOperator(
        task_id="upsert_invoices",
        salesforce_conn_id="crm_prod",
        operation="upsert",
        object_name="Invoice__c",
        external_id_field="Number__c",
        payload=INVOICES,
        # Workers in the DMZ: their address is the one that the profile's login IP ranges allow.
        queue="dmz",
        # Connection and requirements are those of this task's own arguments, once they are rendered.
        pre_execute=preflight_hook(),
        post_execute=check_bulk_results(),
    )
