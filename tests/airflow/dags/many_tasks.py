"""A mapped task of many instances on one connection, as the test wants it: kind and number stand in the environment, as JSON."""

from __future__ import annotations

import json
import os
from typing import Any

import pendulum
from airflow.providers.common.compat.sdk import DAG, AirflowFailException, task
from airflow.providers.salesforce.hooks.salesforce import SalesforceHook
from airflow.providers.salesforce.operators.bulk import SalesforceBulkOperator as StockOperator

from airflow_sf_health.hooks.salesforce import SalesforceHealthHook
from airflow_sf_health.operators.bulk import SalesforceBulkOperator

wanted: dict[str, Any] = json.loads(os.environ["SF_HEALTH_MANY_TASKS"])
arguments: dict[str, Any] = {
    "task_id": "load",
    "salesforce_conn_id": "crm_prod",
    "object_name": "Account",
    "operation": "insert",
}
QUERY = "SELECT Id FROM Account LIMIT 1"


def examine(_: Any) -> None:
    """Guard the task in which this runs."""
    report = SalesforceHealthHook("crm_prod").examine()
    if not report.may_proceed:
        raise AirflowFailException(report.verdict)


# An id for each kind and number: Airflow writes a DAG that has changed anew only after half a minute.
name = f"many_{wanted['kind']}_{wanted['number']}"
with DAG(name, start_date=pendulum.datetime(2026, 1, 1), schedule=None, catchup=False) as dag:
    rows = [[{"Name": f"Account {each}"}] for each in range(wanted["number"])]
    if wanted["kind"] == "stock":
        StockOperator.partial(pre_execute=examine, **arguments).expand(payload=rows)
    if wanted["kind"] == "own":
        SalesforceBulkOperator.partial(**arguments).expand(payload=rows)
    if wanted["kind"] == "taskflow":

        @task
        def load(_: Any) -> int:
            examine(None)
            return int(SalesforceHook("crm_prod").get_conn().query(QUERY)["totalSize"])

        load.expand(_=rows)
    if wanted["kind"] == "hook":

        @task(task_id="load")
        def ask(_: Any) -> int:
            return sum(int(SalesforceHealthHook("crm_prod").get_conn().query(QUERY)["totalSize"]) for _ in range(3))

        ask.expand(_=rows)
