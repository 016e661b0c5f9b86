"""Marks the technology accounts as hot."""

from __future__ import annotations

import pendulum
from airflow.providers.common.compat.sdk import DAG, task

from airflow_sf_health.operators.salesforce import SalesforcePreflightOperator


@task
def mark_as_hot() -> int:
    from airflow.providers.salesforce.hooks.salesforce import SalesforceHook

    client = SalesforceHook("crm_prod").get_conn()
    accounts = client.query("SELECT Id FROM Account WHERE Industry = 'Technology'")["records"]
    for account in accounts:
        client.Account.update(account["Id"], {"Rating": "Hot"})
    return len(accounts)


with DAG("crm_ratings", schedule=None, start_date=pendulum.datetime(2026, 1, 1, tz="UTC")) as dag:
    SalesforcePreflightOperator(task_id="preflight", salesforce_conn_id="crm_prod") >> mark_as_hot()
