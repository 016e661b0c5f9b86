"""The DAGs of `dags/`, as they stand there, in a healthy org and in one that refuses."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from airflow_sf_health.testing import FakeOrg

DAGS = Path(__file__).parent.parent.parent / "dags"
GUARDED = {
    "salesforce_nightly_import": ("preflight", "upsert_accounts"),
    "salesforce_sync_when_healthy": ("wait_until_healthy", "sync_accounts"),
}


@pytest.fixture(params=GUARDED)
def guarded(request: pytest.FixtureRequest, crm_prod: Callable[..., None], load_dag: Callable[..., Any]) -> Any:
    """Each DAG, with a connection `crm_prod` that leads to the fake org."""
    return load_dag(DAGS / f"{request.param}.py")


def states(run: Any) -> dict[str, str]:
    return {instance.task_id: str(instance.state) for instance in run.get_task_instances()}


def test_in_a_healthy_org_everything_runs(org: FakeOrg, guarded: Any) -> None:
    """Guard and guarded task succeed."""
    assert set(states(guarded.test()).values()) == {"success"}


def test_in_an_org_that_refuses_the_guarded_task_does_not_start(org: FakeOrg, guarded: Any) -> None:
    """The guard fails on its first try, and no row is read or written."""
    org.user().active = False
    run = guarded.test()
    guard, task = GUARDED[guarded.dag_id]
    assert states(run)[guard] == "failed"
    assert states(run)[task] == "upstream_failed"
    assert [instance.try_number for instance in run.get_task_instances() if instance.task_id == guard] == [1]
    assert org.counts().api_calls == 0


def test_the_import_writes_its_rows(org: FakeOrg, crm_prod: Callable[..., None], load_dag: Callable[..., Any]) -> None:
    """The stock bulk operator behind the preflight does its work."""
    load_dag(DAGS / "salesforce_nightly_import.py").test()
    keys = {row["ERP_Id__c"] for row in org.state.records["Account"].values()}
    assert {"ERP-100", "ERP-101"} <= keys


@pytest.mark.parametrize("name", GUARDED)
def test_they_surprise_nobody_who_switches_them_on(name: str, load_dag: Callable[..., Any]) -> None:
    """No run for the past, and not two at a time."""
    dag = load_dag(DAGS / f"{name}.py")
    assert (dag.catchup, dag.max_active_runs) == (False, 1)
