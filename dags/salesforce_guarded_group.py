"""Salesforce tasks behind one preflight, and some that examine by themselves.

`guard` reads what the tasks need from their own arguments, and puts one preflight before the first of them. It is called when the DAG is
wired. A task that runs elsewhere than the preflight (another queue, a pod of its own, another way out of the network), or hours later,
examines by itself: by `pre_execute=preflight_hook()`, or by `@preflight` where it is a function.
"""

from __future__ import annotations

from datetime import timedelta

import pendulum
from airflow.providers.common.compat.sdk import DAG, TaskGroup, task
from airflow.providers.salesforce.operators.bulk import SalesforceBulkOperator

from airflow_sf_health import guard, preflight, preflight_hook
from airflow_sf_health.bulk import check_bulk_results

SALESFORCE_CONN_ID = "crm_prod"

# These rows stand in for what the ERP changed since yesterday.
ACCOUNTS = [{"Name": "Acme GmbH", "ERP_Id__c": "ERP-100"}]
INVOICES = [{"Number__c": "2026-0815", "Amount__c": 119.0}]


@preflight(SALESFORCE_CONN_ID, {"objects": {"Account": ["Name"]}})
@task
def tell_the_erp() -> None:
    """Whatever uses Salesforce by code of its own says what it needs."""


with DAG(
    "salesforce_guarded_group",
    schedule="0 4 * * *",
    start_date=pendulum.datetime(2026, 1, 1, tz="UTC"),
    catchup=False,
    max_active_runs=1,
    default_args={"retries": 3, "retry_delay": timedelta(minutes=5)},
    tags=["salesforce"],
) as dag:
    with TaskGroup("load") as load:
        SalesforceBulkOperator(
            task_id="accounts",
            salesforce_conn_id=SALESFORCE_CONN_ID,
            operation="upsert",
            object_name="Account",
            external_id_field="ERP_Id__c",
            payload=ACCOUNTS,
            post_execute=check_bulk_results(),
        )

    invoices = SalesforceBulkOperator(
        task_id="invoices",
        salesforce_conn_id=SALESFORCE_CONN_ID,
        operation="upsert",
        object_name="Invoice__c",
        external_id_field="Number__c",
        payload=INVOICES,
        # Within the task itself: on its queue, in its pod, by its way out.
        pre_execute=preflight_hook(),
        post_execute=check_bulk_results(),
    )

    load >> invoices >> tell_the_erp()

guard(dag)
