"""A task group that writes to Salesforce, behind one preflight that nobody wires by hand.

`guard` reads from the tasks' own arguments what they do with which objects and fields, and puts one preflight before the first of them. What stands
before the group is wired before the preflight, so that this runs right before what it guards: an hour-old verdict proves little.

A preflight upstream fails early, once for all tasks, and is seen in the graph. It runs on the queue of the tasks where they agree on one. A
task that runs elsewhere (a queue or a pod of its own, another way out of the network) is better examined in its own process:
see `salesforce_own_queue.py`.
"""

from __future__ import annotations

from datetime import timedelta

import pendulum
from airflow.providers.common.compat.sdk import DAG, TaskGroup, task
from airflow.providers.salesforce.operators.bulk import SalesforceBulkOperator

from airflow_sf_health import guard
from airflow_sf_health.bulk import check_bulk_results

SALESFORCE_CONN_ID = "crm_prod"
INVOICES = [{"Number__c": "2026-0815", "Amount__c": 119.0}]


@task
def changed_accounts() -> list[dict[str, str]]:
    """The accounts that the ERP changed since yesterday; here one of them stands in for it."""
    return [{"Name": "Acme GmbH", "ERP_Id__c": "ERP-100"}]


with DAG(
    "salesforce_guarded_group",
    schedule="0 4 * * *",
    start_date=pendulum.datetime(2026, 1, 1, tz="UTC"),
    catchup=False,
    max_active_runs=1,
    default_args={"retries": 3, "retry_delay": timedelta(minutes=5)},
    tags=["salesforce"],
) as dag:
    rows = changed_accounts()

    with TaskGroup("load") as load:
        accounts = SalesforceBulkOperator(
            task_id="accounts",
            salesforce_conn_id=SALESFORCE_CONN_ID,
            operation="upsert",
            object_name="Account",
            external_id_field="ERP_Id__c",
            payload=rows,  # type: ignore[arg-type] # the list is there when the task runs
            post_execute=check_bulk_results(),
        )
        # An upsert of invoices needs their accounts; a failed preflight holds it back all the same.
        accounts >> SalesforceBulkOperator(
            task_id="invoices",
            salesforce_conn_id=SALESFORCE_CONN_ID,
            operation="upsert",
            object_name="Invoice__c",
            external_id_field="Number__c",
            payload=INVOICES,
            post_execute=check_bulk_results(),
        )

    rows >> guard(load)
