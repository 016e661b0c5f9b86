"""A nightly load as many teams have it: nothing in it knows of this package."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pendulum
from airflow.providers.common.compat.sdk import DAG, task
from airflow.providers.salesforce.hooks.salesforce import SalesforceHook
from airflow.providers.salesforce.operators.bulk import SalesforceBulkOperator
from airflow.providers.salesforce.operators.salesforce_apex_rest import SalesforceApexRestOperator
from notes import Other, SalesforceToGcsOperator, SalesforceToS3Operator, note

defaults: dict[str, Any] = {"retries": 2, "retry_delay": timedelta(0), "salesforce_conn_id": "crm_prod"}
starts: dict[str, Any] = {"schedule": None, "start_date": pendulum.datetime(2026, 1, 1, tz="UTC"), "catchup": False}

with DAG("untouched_nightly", default_args=defaults, **starts) as nightly:

    @task
    def makes_a_hook() -> None:
        """A function that says nowhere what it uses is no Salesforce task."""
        SalesforceHook("crm_prod")
        note("makes_a_hook")

    load = SalesforceBulkOperator(
        task_id="load", operation="insert", object_name="Account", payload=[{"Name": "Acme"}], doc_md="Loads."
    )
    apex = SalesforceApexRestOperator(task_id="apex", endpoint="/Refresh", payload={})
    to_s3 = SalesforceToS3Operator(task_id="to_s3", salesforce_query="SELECT Name FROM Account")
    to_gcs = SalesforceToGcsOperator(task_id="to_gcs", query="SELECT Name FROM Account")
    Other(task_id="before") >> load >> Other(task_id="after", trigger_rule="all_done")
    makes_a_hook()

with DAG("untouched_mapped", default_args=defaults, **starts) as mapped:

    @task
    def rows() -> list[list[dict[str, str]]]:
        return [[{"Name": "Acme"}], [{"Name": "Umbrella"}]]

    SalesforceBulkOperator.partial(task_id="load", operation="insert", object_name="Account").expand(payload=rows())
