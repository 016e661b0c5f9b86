"""DAGs whose tasks have hooks, callbacks and methods of their own."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pendulum
from airflow.providers.common.compat.sdk import DAG
from airflow.providers.salesforce.operators.bulk import SalesforceBulkOperator
from notes import (
    Deferring,
    Overriding,
    OverridingToo,
    Reader,
    another_callback,
    own_callback,
    own_post_execute,
    own_pre_execute,
)

starts: dict[str, Any] = {"schedule": None, "start_date": pendulum.datetime(2026, 1, 1, tz="UTC"), "catchup": False}
rows = [{"Name": "Acme"}, {"Name": "Umbrella"}]
hooks: dict[str, Any] = {
    "pre_execute": own_pre_execute,
    "post_execute": own_post_execute,
    "on_failure_callback": own_callback,
    "salesforce_conn_id": "crm_prod",
    "retries": 1,
    "retry_delay": timedelta(0),
}
load: dict[str, Any] = {"task_id": "load", "operation": "insert", "object_name": "Account"}

with DAG("untouched_of_the_task", **starts) as of_the_task:
    SalesforceBulkOperator(payload=rows, **load, **(hooks | {"on_failure_callback": [own_callback, another_callback]}))

with DAG("untouched_of_the_defaults", default_args=hooks, **starts) as of_the_defaults:
    SalesforceBulkOperator.partial(**load).expand(payload=[rows])

with DAG("untouched_overriding", **starts) as overriding:
    Overriding(task_id="plain") >> OverridingToo.partial(task_id="mapped").expand(word=["a"])

with DAG("untouched_deferring", **starts) as deferring:
    Deferring(task_id="waits")

with DAG("untouched_late", params={"org": "crm_prod"}, **starts) as late:
    Reader(task_id="reads", salesforce_conn_id="{{ params.org }}", retries=2)
