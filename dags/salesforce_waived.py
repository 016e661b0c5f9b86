"""A Salesforce task that has no guard, since somebody answers for that.

Where a site demands guards (`[sf_health] cluster_policy = require`), or checks DAGs by `sf-health lint`, a task without one needs a waiver: the param
`sf_health_waiver` of the task or of its DAG, with a reason and the last day on which it counts. After that day the task is unguarded as before.
The tag `sf-health:waived` on a DAG waives all of its tasks, without a reason and for good.

A waiver is for what is meant to reach Salesforce in any state. A guard that is in the way for other reasons had better stand inside the
task: see `salesforce_own_queue.py`.
"""

from __future__ import annotations

import pendulum
from airflow.providers.common.compat.sdk import DAG
from airflow.providers.salesforce.operators.bulk import SalesforceBulkOperator

with DAG(
    "salesforce_waived",
    schedule="0 8 * * *",
    start_date=pendulum.datetime(2026, 1, 1, tz="UTC"),
    catchup=False,
    max_active_runs=1,
    tags=["salesforce"],
) as dag:
    SalesforceBulkOperator(
        task_id="heartbeat",
        salesforce_conn_id="crm_prod",
        operation="upsert",
        object_name="Account",
        external_id_field="ERP_Id__c",
        payload=[{"Name": "Heartbeat of the ERP", "ERP_Id__c": "ERP-0"}],
        # Of the task, not of the DAG: those are asked for when somebody triggers it in the browser.
        params={
            "sf_health_waiver": {
                "reason": "The old monitoring wants to see this very load fail. It goes with the move to the new one.",
                "until": "2027-06-30",
            }
        },
    )
