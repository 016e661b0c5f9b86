"""A whole DAG guarded by its last line: one preflight for each connection, before the first tasks that use it.

`guard(dag)` finds the Salesforce tasks by their operators and arguments, and what they need too. Other tasks run whatever the org says, and so does
a branch that does not lead to Salesforce. Once more tasks are added, they are guarded as well.

Where a task comes hours after the start of the run, or seldom, a preflight at the start proves little: guard that one inside its own process, as
`salesforce_own_queue.py` does, or put the preflight right before it, as `salesforce_guarded_group.py` does.
"""

from __future__ import annotations

from datetime import timedelta

import pendulum
from airflow.providers.common.compat.sdk import DAG, task
from airflow.providers.salesforce.operators.bulk import SalesforceBulkOperator

from airflow_sf_health import guard
from airflow_sf_health.bulk import check_bulk_results

SALESFORCE_CONN_ID = "crm_prod"

# These rows stand in for what the ERP changed since yesterday.
ACCOUNTS = [{"Name": "Acme GmbH", "ERP_Id__c": "ERP-100"}]
CONTACTS = [{"LastName": "Miller", "Email": "miller@acme.example"}]


@task.branch
def what_has_changed() -> list[str]:
    """Here everything has."""
    return ["upsert_accounts", "insert_contacts", "tell_the_warehouse"]


@task
def tell_the_warehouse() -> None:
    """Has nothing to do with Salesforce, and does not wait for it."""


with DAG(
    "salesforce_guarded_dag",
    schedule="0 5 * * *",
    start_date=pendulum.datetime(2026, 1, 1, tz="UTC"),
    catchup=False,
    max_active_runs=1,
    default_args={"retries": 3, "retry_delay": timedelta(minutes=5)},
    tags=["salesforce"],
) as dag:
    accounts = SalesforceBulkOperator(
        task_id="upsert_accounts",
        salesforce_conn_id=SALESFORCE_CONN_ID,
        operation="upsert",
        object_name="Account",
        external_id_field="ERP_Id__c",
        payload=ACCOUNTS,
        post_execute=check_bulk_results(),
    )

    contacts = SalesforceBulkOperator(
        task_id="insert_contacts",
        salesforce_conn_id=SALESFORCE_CONN_ID,
        operation="insert",
        object_name="Contact",
        payload=CONTACTS,
        post_execute=check_bulk_results(),
    )

    what_has_changed() >> [accounts, contacts, tell_the_warehouse()]

guard(dag)
