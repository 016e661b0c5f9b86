"""A nightly import into Salesforce that does not start on a connection that will not work.

Without the preflight, a deactivated integration user costs this import all its retries, and on call gets a
"SalesforceAuthenticationFailed: INVALID_LOGIN" to guess from. With it, the first task fails at once, its log says who has to
do what and where, and no row was sent. And where Salesforce refuses rows one by one, the import is not green all the same.
"""

from __future__ import annotations

from datetime import timedelta

import pendulum
from airflow.providers.common.compat.sdk import DAG, task
from airflow.providers.salesforce.operators.bulk import SalesforceBulkOperator

from airflow_sf_health.bulk import check_bulk_results
from airflow_sf_health.operators.salesforce import SalesforcePreflightOperator

SALESFORCE_CONN_ID = "crm_prod"


@task
def changed_accounts() -> list[dict[str, str]]:
    """The accounts that the ERP changed since yesterday; here two of them stand in for it."""
    return [{"Name": "Acme GmbH", "ERP_Id__c": "ERP-100"}, {"Name": "Globex AG", "ERP_Id__c": "ERP-101"}]


with DAG(
    "salesforce_nightly_import",
    schedule="0 2 * * *",
    start_date=pendulum.datetime(2026, 1, 1, tz="UTC"),
    catchup=False,
    # Two imports of the same accounts at a time would lock each other's rows.
    max_active_runs=1,
    # Retries are for what time heals, such as maintenance; the preflight does not spend them on anything else.
    default_args={"retries": 3, "retry_delay": timedelta(minutes=5)},
    tags=["salesforce"],
) as dag:
    accounts = changed_accounts()

    preflight = SalesforcePreflightOperator(
        task_id="preflight",
        salesforce_conn_id=SALESFORCE_CONN_ID,
        # This connection must never lead into a sandbox, whatever somebody changed in it.
        requirements={"sandbox": False},
    )

    upsert = SalesforceBulkOperator(
        task_id="upsert_accounts",
        salesforce_conn_id=SALESFORCE_CONN_ID,
        operation="upsert",
        object_name="Account",
        external_id_field="ERP_Id__c",
        payload=accounts,  # type: ignore[arg-type] # the list is there when the task runs
        # The stock operator succeeds even when every row was refused; at most one in fifty may be.
        post_execute=check_bulk_results(max_failed="2%"),
    )

    # Right before what it guards: an hour-old verdict proves little.
    accounts >> preflight >> upsert
