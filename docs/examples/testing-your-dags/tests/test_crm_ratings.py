from __future__ import annotations

import pytest
from crm_ratings import dag


@pytest.fixture(autouse=True)
def crm_prod(connect_to_fake_org):
    """The connection that the DAG uses leads to the fake org."""
    connect_to_fake_org("crm_prod", "jwt")


def run():
    """The state of each task once the DAG has run."""
    return {each.task_id: str(each.state) for each in dag.test().get_task_instances()}


def ratings(fake_org):
    return [account["Rating"] for account in fake_org.state.records["Account"].values()]


def test_accounts_become_hot(fake_org):
    assert run() == {"preflight": "success", "mark_as_hot": "success"}
    assert ratings(fake_org) == ["Hot"] * 5


def test_an_inactive_user_stops_it_before_the_first_write(fake_org):
    fake_org.user().active = False
    assert run() == {"preflight": "failed", "mark_as_hot": "upstream_failed"}
    assert ratings(fake_org) == [None] * 5


def test_maintenance_stops_it_too(fake_org):
    fake_org.fault(body="maintenance")
    assert run() == {"preflight": "failed", "mark_as_hot": "upstream_failed"}


def test_a_locked_row_fails_the_task_halfway(fake_org):
    fake_org.fault(path="/services/data/*/sobjects/Account/*", method="PATCH", nth=3, body="row_locked")
    assert run() == {"preflight": "success", "mark_as_hot": "failed"}
    assert ratings(fake_org).count("Hot") == 2


def test_it_costs_one_api_call_for_each_account(fake_org):
    run()
    # The preflight's one call, the query, and five updates.
    assert fake_org.counts().api_calls == 1 + 1 + 5
