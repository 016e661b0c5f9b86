"""Who may go without a guard."""

from __future__ import annotations

from datetime import date
from typing import Any

import pendulum
import pytest
from airflow.providers.common.compat.sdk import DAG, Param
from dag_shapes import Reader, sf

from airflow_sf_health.enforcement.values import Waiver
from airflow_sf_health.enforcement.waivers import waiver_of

TODAY = date(2026, 6, 1)
SANDBOX = {"reason": "a sandbox", "until": "2026-06-30"}


def a_dag(**arguments: Any) -> DAG:
    return DAG("waived", schedule=None, start_date=pendulum.datetime(2026, 1, 1, tz="UTC"), **arguments)


def waiver(own: Any = None, **arguments: Any) -> Waiver | None:
    """Of a task with these params in a DAG with those arguments."""
    with a_dag(**arguments) as dag:
        task = sf("a", params=own)
    return waiver_of(task, dag, TODAY)


def test_nobody_has_given_one() -> None:
    """The usual thing; other tags and params are nobody's word."""
    assert waiver() is None
    assert waiver({"org": "crm"}, tags=["finance"], params={"x": 1}) is None


def test_a_tag() -> None:
    """It waives all of the DAG, without a reason."""
    assert waiver(tags=["finance", "sf-health:waived"]) == Waiver(by="tag")


@pytest.mark.parametrize("owner", ["task", "dag"])
def test_a_param(owner: str) -> None:
    """Of the task or of its DAG."""
    given = {"sf_health_waiver": SANDBOX}
    found = waiver(given) if owner == "task" else waiver(params=given)
    assert found == Waiver(by="param", reason="a sandbox", until=date(2026, 6, 30))
    assert found.counts


def test_a_text_is_the_reason() -> None:
    """Without an end."""
    assert waiver({"sf_health_waiver": " a sandbox "}) == Waiver(by="param", reason="a sandbox")


def test_a_param_with_a_schema() -> None:
    """Its value counts, whether it fits the schema or not."""
    assert waiver({"sf_health_waiver": Param("a sandbox", type="string")}) == Waiver(by="param", reason="a sandbox")
    assert waiver({"sf_health_waiver": Param(SANDBOX, type="null")}) is not None


def test_a_mapped_task() -> None:
    """One for all of its instances."""
    with a_dag() as dag:
        task: Any = Reader.partial(task_id="m", params={"sf_health_waiver": "a sandbox"}).expand(word=["a"])
    assert waiver_of(task, dag, TODAY) == Waiver(by="param", reason="a sandbox")


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ("", "It gives no reason."),
        ({}, "It gives no reason."),
        ({"until": "2026-12-31"}, "It gives no reason."),
        ({"reason": 7}, "It gives no reason."),
        ({"reason": "x", "until": "31.12.2026"}, "Its 'until' is no date as 2026-12-31: '31.12.2026'."),
        ({"reason": "x", "until": 2026}, "Its 'until' is no date as 2026-12-31: 2026."),
        ({"reason": "x", "until": "2026-05-31"}, "It expired on 2026-05-31."),
        ({"reason": "x", "untill": "2026-05-31"}, "It has the key 'untill'; there are 'reason' and 'until'."),
        (True, "Its value is neither a text nor a dict: True."),
    ],
)
def test_one_that_does_not_count(given: Any, problem: str) -> None:
    """It is said what is wrong with it."""
    found = waiver({"sf_health_waiver": given})
    assert found is not None
    assert (found.problem, found.counts) == (problem, False)


def test_the_last_day_counts() -> None:
    """Until means up to the end of that day."""
    found = waiver({"sf_health_waiver": {"reason": "x", "until": TODAY.isoformat()}})
    assert found is not None
    assert found.counts


def test_the_nearest_one_decides() -> None:
    """A task's param goes before the DAG's and that before the tag, also where it does not count."""
    tag, old = ["sf-health:waived"], {"sf_health_waiver": {"reason": "old", "until": "2026-01-01"}}
    nearest = waiver({"sf_health_waiver": "of the task"}, params=old, tags=tag)
    assert nearest == Waiver(by="param", reason="of the task")
    of_dag = waiver(params=old, tags=tag)
    assert of_dag is not None
    assert (of_dag.reason, of_dag.counts) == ("old", False)
