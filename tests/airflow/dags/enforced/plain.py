"""Nothing of Salesforce in it."""

from __future__ import annotations

import pendulum
from airflow.sdk import DAG, task

with DAG("plain", start_date=pendulum.datetime(2026, 1, 1), schedule="@once", catchup=False):

    @task
    def first() -> str:
        return "done"

    @task
    def second(what: str) -> str:
        return what

    second(first())  # type: ignore[arg-type] # the output of a task
