"""A task that examines by the hook, with a file beside this one."""

from __future__ import annotations

import pendulum
from airflow.providers.common.compat.sdk import DAG, task

with DAG("hook_task", start_date=pendulum.datetime(2026, 1, 1), schedule=None, catchup=False) as dag:

    @task
    def examine() -> str:
        """Give the cause that the examination found."""
        from airflow_sf_health.hooks.salesforce import SalesforceHealthHook

        report = SalesforceHealthHook("crm_prod").examine("of_the_hook.yaml")
        return (report.main.cause or "") if report.main is not None else ""

    examine()
