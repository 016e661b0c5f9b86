"""Objects that the task uses in queries alone, on the fake org."""

from __future__ import annotations

from pathlib import Path

import pytest
from connecting import connect
from objects import add_objects

from airflow_sf_health import Options, Requirements, examine
from airflow_sf_health.present.text import message
from airflow_sf_health.store import open_store
from airflow_sf_health.testing import FakeOrg


@pytest.mark.parametrize(("number", "calls"), [(1, 2), (5, 2), (6, 3), (10, 3)])
def test_cost(org: FakeOrg, number: int, calls: int) -> None:
    """The describe of an object that is only queried goes with the query, which proves the rights itself."""
    queries = [f"SELECT Id, Code__c FROM {name}" for name in add_objects(org, number)]
    report = examine(connect(org, "jwt"), Requirements.of({"queries": queries}))
    assert report.may_proceed, message(report)
    assert report.cost.api_calls == org.counts("test").api_calls == calls


def test_change(org: FakeOrg, tmp_path: Path) -> None:
    """A field that only a query selects, and that has another type than before, fails the task with what to change."""
    required = Requirements.of({"objects": {"Account": ["Id"]}, "queries": ["SELECT Id, AnnualRevenue FROM Account"]})
    memory = open_store(f"sqlite:///{tmp_path}/store.db")
    assert examine(connect(org, "jwt"), required, memory=memory).may_proceed
    org.state.schema["Account"].fields["AnnualRevenue"].type = "string"
    report = examine(connect(org, "jwt"), required, Options(compare_every=0), memory=memory)
    assert not report.may_proceed
    assert "Map Account.AnnualRevenue as string where it is read." in message(report)
