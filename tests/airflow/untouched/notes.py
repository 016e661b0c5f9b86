"""What a team's own package has: what its tasks do is a line in a file."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from airflow.providers.common.compat.sdk import BaseOperator
from airflow.triggers.base import BaseTrigger, TriggerEvent


def note(word: str) -> None:
    with Path(os.environ["SF_HEALTH_TESTS_NOTES"]).open("a") as notes:
        notes.write(f"{word}\n")


def own_pre_execute(context: Any) -> None:
    note("own pre_execute")


def own_post_execute(context: Any, result: Any = None) -> None:
    note("own post_execute")


def own_callback(context: Any) -> None:
    note("own callback")


def another_callback(context: Any) -> None:
    note("another callback")


class Other(BaseOperator):
    """Something that has nothing to do with Salesforce."""

    def execute(self, context: Any) -> None:
        note(self.task_id)


class Reader(BaseOperator):
    """Reads of Salesforce by means of its own."""

    template_fields = ("salesforce_conn_id",)

    def __init__(self, *, salesforce_conn_id: str = "crm_prod", word: str = "", **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.salesforce_conn_id, self.word = salesforce_conn_id, word

    def execute(self, context: Any) -> Any:
        note(self.word or self.task_id)


class SalesforceToS3Operator(Reader):
    """Stands for that of the Amazon provider, which is not installed here."""

    __module__ = "airflow.providers.amazon.aws.transfers.salesforce_to_s3"

    def __init__(self, *, salesforce_query: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.salesforce_query = salesforce_query


class SalesforceToGcsOperator(Reader):
    """Stands for that of the Google provider."""

    __module__ = "airflow.providers.google.cloud.transfers.salesforce_to_gcs"

    def __init__(self, *, query: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.query = query


class Overriding(Reader):
    """Has a method in the place of Airflow's, which skips hooks on 2.11."""

    def pre_execute(self, context: Any) -> None:
        note("own method")


class OverridingToo(Overriding):
    """A class of one that does."""


class AtOnce(BaseTrigger):
    """Fires at once."""

    def serialize(self) -> tuple[str, dict[str, Any]]:
        return ("notes.AtOnce", {})

    async def run(self) -> Any:
        yield TriggerEvent({})


class Deferring(Reader):
    """Waits for something, and goes on then."""

    def execute(self, context: Any) -> None:
        note("began")
        self.defer(trigger=AtOnce(), method_name="go_on")

    def go_on(self, context: Any, event: Any) -> None:
        note("went on")
