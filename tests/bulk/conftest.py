"""A task that has loaded rows, as the check sees it, without an Airflow around it."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest
from connecting import connect

from airflow_sf_health.bulk import check_bulk_results
from airflow_sf_health.org.session import OrgSession
from airflow_sf_health.testing import FakeOrg

if TYPE_CHECKING:
    from airflow_sf_health.exceptions import BulkLoadError

Row = dict[str, Any]


@dataclass
class Instance:
    """The part of a task instance that the check speaks to."""

    dag_id: str = "nightly"
    task_id: str = "load.accounts"
    run_id: str = "manual__2026-01-01T00:00:00+00:00"
    map_index: int = -1
    try_number: int = 1
    max_tries: int = 3
    pushed: list[Any] = field(default_factory=list)

    def xcom_push(self, key: str, value: Any) -> None:
        self.pushed.append((key, value))


@dataclass
class Task:
    """The attributes of a bulk operator."""

    operation: str = "insert"
    object_name: str = "Account"
    payload: Any = ()
    external_id_field: str = "Id"
    salesforce_conn_id: str = "crm"
    do_xcom_push: bool = True
    retry_delay: None = None
    log: logging.Logger = field(default_factory=lambda: logging.getLogger("task"))

    def render_template(self, text: str, context: dict[str, Any]) -> str:
        return text.replace("{{ run_id }}", context["ti"].run_id)


@dataclass
class Judged:
    """What a check did: the error, if it raised one, and the context that it was given."""

    error: BulkLoadError | None
    context: dict[str, Any]

    @property
    def kind(self) -> str:
        return type(self.error).__name__


@pytest.fixture
def judge() -> Callable[..., Judged]:
    """Give results to a check, as Airflow does when a task has been executed."""

    def act(results: Any, check: dict[str, Any] | None = None, instance: Instance | None = None, **task: Any) -> Judged:
        from airflow_sf_health.exceptions import (
            BulkLoadError,
        )  # here, since it imports Airflow, which reads its home then

        context: Any = {"task": Task(**task), "ti": instance or Instance()}
        try:
            check_bulk_results(**check or {})(context, results)
        except BulkLoadError as error:
            return Judged(error, context)
        return Judged(None, context)

    return act


@pytest.fixture
def send(org: FakeOrg) -> Iterator[Callable[..., list[Row]]]:
    """Load rows into the fake org by simple-salesforce, and give its results."""
    with OrgSession(connect(org, "jwt")) as session:
        session.open()
        bulk = session.client().bulk

        def load(
            rows: Sequence[Row], operation: str = "insert", object_name: str = "Account", **more: Any
        ) -> list[Row]:
            return list(getattr(getattr(bulk, object_name), operation)(list(rows), **more))

        yield load
