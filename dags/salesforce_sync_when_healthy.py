"""A sync from Salesforce that waits for maintenance to end, and does not wait for what only a person can mend.

The sensor is deferred while it waits: it takes no worker, and all sensors of this connection share one examination. The sync
itself uses the health hook, whose client logs in again once when a session dies, and gives up where that does not help.
"""

from __future__ import annotations

from datetime import timedelta

import pendulum
from airflow.providers.common.compat.sdk import DAG, task

from airflow_sf_health.sensors.salesforce import SalesforceHealthSensor

SALESFORCE_CONN_ID = "crm_prod"


@task(retries=2, retry_delay=timedelta(minutes=1))
def sync_accounts() -> int:
    """Read all accounts, page by page; here counting them stands in for writing them to the warehouse."""
    # Imported here, so that reading this file costs no HTTP library.
    from airflow_sf_health.hooks.salesforce import SalesforceHealthHook

    client = SalesforceHealthHook(SALESFORCE_CONN_ID).get_conn()
    return sum(1 for _ in client.query_all_iter("SELECT Id, Name FROM Account"))


with DAG(
    "salesforce_sync_when_healthy",
    schedule="@hourly",
    start_date=pendulum.datetime(2026, 1, 1, tz="UTC"),
    catchup=False,
    max_active_runs=1,
    tags=["salesforce"],
) as dag:
    healthy = SalesforceHealthSensor(
        task_id="wait_until_healthy",
        salesforce_conn_id=SALESFORCE_CONN_ID,
        deferrable=True,
        poke_interval=60,
        # The next hour's run would come on top.
        timeout=timedelta(minutes=50).total_seconds(),
    )

    healthy >> sync_accounts()
