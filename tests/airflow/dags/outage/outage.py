"""A stock operator on a connection that Airflow does not give.

The test copies this file under several names. A name says which connection, and what the site has chosen for what could not be asked:
``crm_away-retry.py``. Each file is read in a process of its own.
"""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path

import pendulum
from airflow.providers.salesforce.operators.bulk import SalesforceBulkOperator
from airflow.sdk import DAG

conn_id, _, chosen = Path(__file__).stem.partition("-")
os.environ["AIRFLOW__SF_HEALTH__ON_UNDETERMINED"] = chosen

with DAG(f"{conn_id}-{chosen}", start_date=pendulum.datetime(2026, 1, 1), schedule="@once", catchup=False):
    SalesforceBulkOperator(
        task_id="update_accounts",
        salesforce_conn_id=conn_id,
        operation="update",
        object_name="Account",
        payload=[{"Id": "001000000000001AAA"}],
        retries=2,
        retry_delay=timedelta(hours=1),
    )
