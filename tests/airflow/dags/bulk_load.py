"""A DAG that loads rows into Salesforce, as the test wants it: how, and with which rows, stands in the environment, as JSON."""

from __future__ import annotations

import json
import os
from datetime import timedelta
from typing import Any

import pendulum
from airflow.providers.common.compat.sdk import DAG, task
from airflow.providers.salesforce.hooks.salesforce import SalesforceHook
from airflow.providers.salesforce.operators.bulk import SalesforceBulkOperator as StockOperator

from airflow_sf_health.bulk import check_bulk_results
from airflow_sf_health.operators.bulk import SalesforceBulkOperator

wanted: dict[str, Any] = json.loads(os.environ["SF_HEALTH_BULK_LOAD"])
arguments: dict[str, Any] = {
    "task_id": "load",
    "salesforce_conn_id": "crm_prod",
    "object_name": "Account",
    "operation": "insert",
    "retry_delay": timedelta(0),
    **wanted["arguments"],
}
if "execution_timeout" in arguments:
    arguments["execution_timeout"] = timedelta(seconds=arguments["execution_timeout"])
check = check_bulk_results(**wanted["check"])

# An id for each kind: Airflow writes a DAG that has changed anew only after half a minute.
name = f"bulk_load_{wanted['kind']}"
with DAG(name, start_date=pendulum.datetime(2026, 1, 1), schedule=None, catchup=False) as dag:
    if wanted["kind"] == "stock":
        StockOperator(payload=wanted["rows"], post_execute=check, **arguments)
    if wanted["kind"] == "bare":
        StockOperator(payload=wanted["rows"], **arguments)
    if wanted["kind"] == "uncalled":
        StockOperator(payload=wanted["rows"], post_execute=check_bulk_results, **arguments)
    if wanted["kind"] == "mapped":
        StockOperator.partial(post_execute=check, **arguments).expand(payload=wanted["rows"])
    if wanted["kind"] == "own":
        SalesforceBulkOperator(payload=wanted["rows"], **wanted["check"], **arguments)
    if wanted["kind"] == "own_mapped":
        SalesforceBulkOperator.partial(**wanted["check"], **arguments).expand(payload=wanted["rows"])
    if wanted["kind"] == "upstream":

        @task
        def rows() -> list[dict[str, Any]]:
            return list(wanted["rows"])

        StockOperator(payload=rows(), post_execute=check, **arguments)  # type: ignore[arg-type]
    if wanted["kind"] == "taskflow":

        @task(task_id="load", post_execute=check)
        def load() -> Any:
            return SalesforceHook("crm_prod").get_conn().bulk.Account.insert(wanted["rows"])

        load()
