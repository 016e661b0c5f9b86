"""Many who wait for one examination: of an org that is silent, of one that is looked at twice, and of one that never ends."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from typing import Any

import pytest

from airflow_sf_health.edges import looking, passes
from airflow_sf_health.edges.connections import resolve
from airflow_sf_health.edges.memory import memory
from airflow_sf_health.edges.preflight import Preflight
from airflow_sf_health.edges.sharing import sharing
from airflow_sf_health.report import Report, Verdict
from airflow_sf_health.settings import settings
from airflow_sf_health.store import Store
from airflow_sf_health.testing import FakeOrg

STRANGE = [{"errorCode": "STRANGE_THING", "message": "no"}]


@pytest.fixture(autouse=True)
def shared(monkeypatch: pytest.MonkeyPatch, crm_prod: Callable[..., None]) -> None:
    """What the site shares unless it chooses otherwise, and a short time limit of the connection."""
    for name, seconds in {"PASS_TTL": "60", "TOKEN_TTL": "1800", "REFUSAL_TTL": "60"}.items():
        monkeypatch.setenv(f"AIRFLOW__SF_HEALTH__{name}", seconds)
    given = json.loads(os.environ["AIRFLOW_CONN_CRM_PROD"])
    extra = json.loads(given["extra"]) if isinstance(given["extra"], str) else given["extra"]
    limited = {**given, "extra": {**extra, "examination_timeout": 2}}
    monkeypatch.setenv("AIRFLOW_CONN_CRM_PROD", json.dumps(limited))


def preflight() -> Preflight:
    return Preflight.of("crm_prod", None, None, None, by="dag.task")


def at_once(number: int) -> list[Report]:
    asked = [preflight() for _ in range(number)]
    with ThreadPoolExecutor(number) as pool:
        return list(pool.map(Preflight.look, asked))


def site_store() -> Store:
    found = memory(settings())
    assert found is not None
    return found


def lease_of(asked: Preflight) -> str:
    """The name of the lease under which it is examined."""
    chosen, store = settings(), site_store()
    found = passes.passes(asked, resolve("crm_prod"), store, chosen, sharing(chosen, store), twice=False)
    assert found is not None
    return f"pass:{found.key}"


def test_of_many_who_ask_a_silent_org_one_waits_for_it(org: FakeOrg, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its examination takes all of its time, and its verdict is that of the others, who wait until it is there."""
    monkeypatch.setattr(passes, "TO_LEAVE_IT", 30.0)  # a busy machine may need longer than others would wait
    org.latency = 20.0
    found = at_once(6)
    org.latency = 0.0
    assert {each.verdict for each in found} == {Verdict.UNDETERMINED}
    assert sorted(each.reused is None for each in found) == [False] * 5 + [True]


def test_those_who_waited_in_vain_take_turns(org: FakeOrg) -> None:
    """One who never ends, of a silent org: one of them asks it, and the others take what that one found."""
    assert site_store().vault.take_lease(lease_of(preflight()), "somebody", 60)
    org.latency = 20.0
    found = at_once(4)
    org.latency = 0.0
    assert {each.verdict for each in found} == {Verdict.UNDETERMINED}
    assert sorted(each.reused is None for each in found) == [False] * 3 + [True]


def test_who_gets_no_turn_at_all_looks_for_a_short_time(org: FakeOrg, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither the first turn nor one of those who waited in vain: an org that answers is found healthy all the same."""
    monkeypatch.setattr(passes, "SHORTEST_LOOK", 1.0)
    lease = lease_of(preflight())
    for name in (lease, f"{lease}:late"):
        assert site_store().vault.take_lease(name, "somebody", 60)
    report = preflight().look()
    assert (report.verdict, report.reused) == (Verdict.HEALTHY, None)


def test_a_first_look_is_enough_for_who_wants_one(org: FakeOrg, monkeypatch: pytest.MonkeyPatch) -> None:
    """While an uncertain failure is looked at a second time, which may take long, another takes what the first look found."""
    real, looks, others = looking._examined, count(1), list[Report]()

    def examined(*arguments: Any) -> Report:
        if next(looks) == 2:
            others.append(preflight().look())
        return real(*arguments)

    monkeypatch.setattr(looking, "_examined", examined)
    with org.fault(path="/services/data/*", status=403, body=STRANGE):
        report = preflight().look_twice()
        assert [(each.verdict, each.reused is None) for each in others] == [(Verdict.UNHEALTHY, False)]
        assert (report.verdict, report.reused) == (Verdict.UNHEALTHY, None)
        assert preflight().look_twice().reused is not None
