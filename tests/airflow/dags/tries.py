"""A DAG whose tasks write down how they run and fail: one, two of a mapped one, and one without retries."""

from __future__ import annotations

import json
import os
from datetime import timedelta
from pathlib import Path
from typing import Any

import pendulum
from airflow.providers.common.compat.sdk import DAG, BaseOperator

from airflow_sf_health.edges.afresh import asker, cleared_try


class Say(BaseOperator):
    """Adds a line to the file that the environment names."""

    def __init__(self, *, number: int = 0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.number = number

    def execute(self, context: Any) -> None:
        said = [asker(context), context["ti"].try_number, bool(cleared_try(context))]
        with Path(os.environ["SF_HEALTH_TRIES"]).open("a") as file:
            file.write(json.dumps(said) + "\n")
        raise ValueError("no task of this DAG succeeds")


with DAG(
    "tries",
    start_date=pendulum.datetime(2026, 1, 1),
    schedule=None,
    catchup=False,
    default_args={"retries": 1, "retry_delay": timedelta(0)},
) as dag:
    Say(task_id="one")
    Say.partial(task_id="many").expand(number=[1, 2])
    Say(task_id="unretried", retries=0)
