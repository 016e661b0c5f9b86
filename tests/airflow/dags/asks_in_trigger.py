"""A task that defers at once, and returns what its trigger says: the login of a connection."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pendulum
from airflow.providers.common.compat.sdk import DAG

from airflow_sf_health.compat import BaseOperator, BaseTrigger, Context, TriggerEvent, aget_connection


class LoginTrigger(BaseTrigger):
    def __init__(self, conn_id: str) -> None:
        super().__init__()
        self.conn_id = conn_id

    def serialize(self) -> tuple[str, dict[str, Any]]:
        return f"{__name__}.LoginTrigger", {"conn_id": self.conn_id}

    async def run(self) -> AsyncIterator[TriggerEvent]:
        yield TriggerEvent((await aget_connection(self.conn_id)).login)


class LoginOperator(BaseOperator):
    def __init__(self, *, conn_id: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.conn_id = conn_id

    def execute(self, context: Context) -> None:
        self.defer(trigger=LoginTrigger(self.conn_id), method_name="told")

    def told(self, context: Context, event: str) -> str:
        return event


with DAG("asks_in_trigger", start_date=pendulum.datetime(2026, 1, 1), schedule=None) as dag:
    LoginOperator(task_id="login", conn_id="stored_org")
