"""What the ERP knows of an account's revenue, written into Salesforce, guarded against changes of its schema.

Beside this file stand two others. `salesforce_erp_revenue.yaml` says what these tasks do with which objects and fields.
`salesforce_erp_revenue.lock.json` is what those fields looked like when this file was written; `sf-health metadata lock` made it. When somebody
deletes, renames, retypes or shortens one of them, or takes a right away, the preflight fails at once and says what to change here.
Fields that these tasks do not use may come and go.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import timedelta

import pendulum
from airflow.providers.common.compat.sdk import DAG, task
from airflow.providers.salesforce.operators.bulk import SalesforceBulkOperator

from airflow_sf_health.bulk import check_bulk_results
from airflow_sf_health.operators.salesforce import SalesforcePreflightOperator

SALESFORCE_CONN_ID = "crm_prod"
INVOICES = "SELECT Amount__c, Account__r.ERP_Id__c FROM Invoice__c WHERE Account__r.ERP_Id__c != null"


@task(retries=2, retry_delay=timedelta(minutes=1))
def revenues() -> list[dict[str, str | float]]:
    """The sum of each account's invoices, by the account's key in the ERP."""
    # Imported here, so that reading this file costs no HTTP library.
    from airflow_sf_health.hooks.salesforce import SalesforceHealthHook

    sums: defaultdict[str, float] = defaultdict(float)
    for invoice in SalesforceHealthHook(SALESFORCE_CONN_ID).get_conn().query_all_iter(INVOICES):
        sums[invoice["Account__r"]["ERP_Id__c"]] += invoice["Amount__c"] or 0.0
    return [{"ERP_Id__c": key, "AnnualRevenue": revenue} for key, revenue in sums.items()]


with DAG(
    "salesforce_erp_revenue",
    schedule="0 4 * * *",
    start_date=pendulum.datetime(2026, 1, 1, tz="UTC"),
    catchup=False,
    # Two runs would write the same accounts.
    max_active_runs=1,
    default_args={"retries": 3, "retry_delay": timedelta(minutes=5)},
    tags=["salesforce"],
) as dag:
    preflight = SalesforcePreflightOperator(
        task_id="preflight",
        salesforce_conn_id=SALESFORCE_CONN_ID,
        # Both files are looked for beside this one.
        requirements="salesforce_erp_revenue.yaml",
        schema_lock="salesforce_erp_revenue.lock.json",
    )

    by_account = revenues()

    upsert = SalesforceBulkOperator(
        task_id="upsert_accounts",
        salesforce_conn_id=SALESFORCE_CONN_ID,
        operation="upsert",
        object_name="Account",
        external_id_field="ERP_Id__c",
        payload=by_account,  # type: ignore[arg-type] # the list is there when the task runs
        post_execute=check_bulk_results(),
    )

    preflight >> by_account >> upsert
