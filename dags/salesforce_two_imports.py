"""Two imports by one connection, each behind a preflight of its own, for the price of one.

A preflight belongs right before what it guards, and nobody knows how long the accounts take. Where they take less than a minute, the second
preflight takes over the verdict of the first: no login, no request, and its log says whose verdict it is. Where they take longer, it asks.

Whoever wants a look of its own at once, since somebody mended something just now, triggers this DAG with `sf_health_max_age` 0. To
clear the failed task does the same for that task.
"""

from __future__ import annotations

from datetime import timedelta

import pendulum
from airflow.providers.common.compat.sdk import DAG, Param
from airflow.providers.salesforce.operators.bulk import SalesforceBulkOperator

from airflow_sf_health.bulk import check_bulk_results
from airflow_sf_health.operators.salesforce import SalesforcePreflightOperator

SALESFORCE_CONN_ID = "crm_prod"

# These rows stand in for what the ERP changed since yesterday.
ACCOUNTS = [{"Name": "Acme GmbH", "ERP_Id__c": "ERP-100"}]
INVOICES = [{"Number__c": "2026-0815", "Amount__c": 119.0}]


def preflight(task_id: str) -> SalesforcePreflightOperator:
    """One that required more of the same connection, or other checks, would share the login alone."""
    return SalesforcePreflightOperator(
        task_id=task_id, salesforce_conn_id=SALESFORCE_CONN_ID, requirements={"sandbox": False}
    )


def upsert(object_name: str, key: str, rows: list[dict[str, object]]) -> SalesforceBulkOperator:
    return SalesforceBulkOperator(
        task_id=f"upsert_{object_name.removesuffix('__c').lower()}s",
        salesforce_conn_id=SALESFORCE_CONN_ID,
        operation="upsert",
        object_name=object_name,
        external_id_field=key,
        payload=rows,
        post_execute=check_bulk_results(),
    )


with DAG(
    "salesforce_two_imports",
    schedule="0 3 * * *",
    start_date=pendulum.datetime(2026, 1, 1, tz="UTC"),
    catchup=False,
    max_active_runs=1,
    default_args={"retries": 3, "retry_delay": timedelta(minutes=5)},
    params={
        "sf_health_max_age": Param(
            None, type=["null", "integer"], minimum=0, maximum=0, title="Ask Salesforce now", description="0: yes"
        )
    },
    tags=["salesforce"],
) as dag:
    (
        preflight("preflight_accounts")
        >> upsert("Account", "ERP_Id__c", ACCOUNTS)
        # Invoices are those of accounts, so they come second.
        >> preflight("preflight_invoices")
        >> upsert("Invoice__c", "Number__c", INVOICES)
    )
