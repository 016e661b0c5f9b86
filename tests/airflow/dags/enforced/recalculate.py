"""Another one, with Apex REST and an operator of the site's own, which takes a Salesforce connection like all others."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pendulum
from airflow.providers.salesforce.hooks.salesforce import SalesforceHook
from airflow.providers.salesforce.operators.salesforce_apex_rest import SalesforceApexRestOperator
from airflow.sdk import DAG, BaseOperator

RETRIES = {"retries": 2, "retry_delay": timedelta(hours=1)}


class OwnExport(BaseOperator):
    """What a site writes where no provider has it."""

    def __init__(self, *, salesforce_conn_id: str, **arguments: Any) -> None:
        super().__init__(**arguments)
        self.salesforce_conn_id = salesforce_conn_id

    def execute(self, context: Any) -> None:
        SalesforceHook(self.salesforce_conn_id).make_query("SELECT Id FROM Account")


with DAG(
    "recalculate", start_date=pendulum.datetime(2026, 1, 1), schedule="@once", catchup=False, default_args=RETRIES
):
    SalesforceApexRestOperator(task_id="call_apex", salesforce_conn_id="crm_prod", endpoint="Totals", payload={})
    OwnExport(task_id="own_export", salesforce_conn_id="crm_prod")
