"""A DAG of one task that nobody guards, as the test wants it: what it does and how it fails stand in the environment, as JSON."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pendulum
from airflow.providers.common.compat.sdk import DAG, BaseNotifier, task
from airflow.providers.salesforce.hooks.salesforce import SalesforceHook
from airflow.providers.salesforce.operators.bulk import SalesforceBulkOperator
from jinja2 import pass_context

from airflow_sf_health.callbacks import dedup_key, explain_failure, notification_text
from airflow_sf_health.operators.salesforce import SalesforcePreflightOperator
from airflow_sf_health.retries import SalesforceRetryPolicy

asked = json.loads(os.environ["SF_HEALTH_FAILING_TASK"])
NOTICES: list[str] = []
"""What a notifier of the user's own would have sent: text and key, by turns."""


def note(context: Any) -> None:
    NOTICES.extend([notification_text(context), dedup_key(context)])


class Notifier(BaseNotifier):
    """A notifier as the providers have them: a text that is a template."""

    template_fields = ("text",)

    def __init__(self, text: str) -> None:
        super().__init__()
        self.text = text

    def notify(self, context: Any) -> None:
        RENDERED.append(self.text)


RENDERED: list[str] = []
notifier = Notifier("{{ dedup_key() }}\n{{ notification_text() }}")
macros = {"notification_text": pass_context(notification_text), "dedup_key": pass_context(dedup_key)}


def stock_operator() -> None:
    SalesforceBulkOperator(
        task_id="task",
        operation="insert",
        object_name="Account",
        payload=[{"Name": "Acme"}],
        salesforce_conn_id="crm_prod",
    )


def update() -> None:
    @task(task_id="task")
    def rename() -> None:
        client = SalesforceHook("crm_prod").get_conn()
        account = client.query("SELECT Id FROM Account")["records"][0]["Id"]
        client.Account.update(account, {"Name": "Acme, renamed"})

    rename()


def own_mistake() -> None:
    @task(task_id="task")
    def divide() -> None:
        raise ValueError("invalid literal for int() with base 10: 'connection timed out'")

    divide()


def preflight() -> None:
    SalesforcePreflightOperator(task_id="task", salesforce_conn_id="crm_prod")


KINDS: dict[str, Callable[[], None]] = {
    each.__name__: each for each in (stock_operator, update, own_mistake, preflight)
}

default_args: dict[str, Any] = {"retries": asked["retries"], "retry_delay": timedelta(seconds=asked["retry_delay"])}
if asked["policy"]:
    default_args["retry_policy"] = SalesforceRetryPolicy()
if asked["explain"]:
    default_args |= {"on_failure_callback": [explain_failure, note, notifier], "on_retry_callback": explain_failure}

with DAG(
    "failing_task",
    start_date=pendulum.datetime(2026, 1, 1),
    schedule=None,
    catchup=False,
    default_args=default_args,
    user_defined_macros=macros,
) as dag:
    KINDS[asked["kind"]]()
