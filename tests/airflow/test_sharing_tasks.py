"""How many logins many tasks on one connection make: beside stock tasks, in whose place, and after somebody has cleared them."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from clearing import clear, run_again

from airflow_sf_health import cli
from airflow_sf_health.testing import FakeOrg

DAG = Path(__file__).parent / "dags" / "many_tasks.py"
NUMBER = 30
"""Instances of the mapped task; `make bench` has 300."""
PASS_TTL = 60
DEFAULTS = {"PASS_TTL": str(PASS_TTL), "TOKEN_TTL": "1800", "REFUSAL_TTL": "60"}


@dataclass(frozen=True)
class Ran:
    """The states of the instances, and how often a verdict or a proof may have run out meanwhile."""

    states: list[str]
    lifetimes: int
    log: str
    dag: Any
    run_id: str


@pytest.fixture
def run_many(
    crm_prod: Callable[..., None],
    load_dag: Callable[..., Any],
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> Callable[..., Ran]:
    """Run a mapped task of that kind, at a site that has chosen nothing."""
    for name, seconds in DEFAULTS.items():
        monkeypatch.setenv(f"AIRFLOW__SF_HEALTH__{name}", seconds)

    def run(kind: str, number: int = NUMBER, **conf: Any) -> Ran:
        monkeypatch.setenv("SF_HEALTH_MANY_TASKS", json.dumps({"kind": kind, "number": number}))
        dag = load_dag(DAG)
        capfd.readouterr()
        started = time.monotonic()
        ran = dag.test(run_conf=conf)
        said = capfd.readouterr()
        return Ran(
            states=[str(each.state) for each in ran.get_task_instances()],
            lifetimes=1 + int((time.monotonic() - started) / PASS_TTL),
            log=said.out + said.err,
            dag=dag,
            run_id=ran.run_id,
        )

    return run


@pytest.mark.parametrize("kind", ["stock", "taskflow"])
def test_a_guard_in_each_stock_task_costs_one_login_for_all(
    org: FakeOrg, run_many: Callable[..., Ran], kind: str
) -> None:
    """Stock tasks log in once each, as they do unguarded; their guards share one login and one verdict as long as it counts."""
    ran = run_many(kind)
    assert ran.states == ["success"] * NUMBER
    assert NUMBER < org.counts().logins <= NUMBER + ran.lifetimes
    assert sum(path.endswith("/composite") for path in org.counts().by_path) <= ran.lifetimes


def test_our_operator_makes_one_login_for_all(org: FakeOrg, run_many: Callable[..., Ran]) -> None:
    """The guard and the load of each task take the one login that the first of them made."""
    ran = run_many("own")
    assert ran.states == ["success"] * NUMBER
    assert org.counts().logins <= ran.lifetimes
    assert "as examined " in ran.log


def test_a_load_under_way_outlives_the_shared_session(org: FakeOrg, run_many: Callable[..., Ran]) -> None:
    """The shared session ends between the examination and the job: one login more, and the row is written once."""
    run_many("own", 1)
    before = len(org.state.records["Account"])
    org.expire_sessions()
    assert run_many("own", 1).states == ["success"]
    assert len(org.state.records["Account"]) == before + 1
    assert org.counts().logins == 2


def test_a_refused_login_is_made_once_for_all(org: FakeOrg, run_many: Callable[..., Ran]) -> None:
    """The user is inactive: one login is refused, and no task tries it again in the next minute."""
    org.user().active = False
    ran = run_many("own", 5)
    assert set(ran.states) == {"failed"}
    assert org.counts().logins <= ran.lifetimes
    assert "Next real login attempt not before" in ran.log


@pytest.mark.parametrize("kind", ["own", "hook"])
def test_a_cleared_task_takes_no_remembered_refusal(org: FakeOrg, run_many: Callable[..., Ran], kind: str) -> None:
    """Who has mended the user and clears the task need not wait: it logs in once, whether it examines or only has a client."""
    org.user().active = False
    ran = run_many(kind, 1)
    assert ran.states == ["failed"]
    assert org.counts().logins == 1
    org.user().active = True
    clear(ran.dag, ran.run_id)
    [again] = run_again(ran.dag, ran.run_id)
    assert str(again.state) == "success"
    assert org.counts().logins == 2


@pytest.mark.parametrize("kind", ["own", "hook"])
def test_a_run_may_ask_for_no_remembered_refusal(org: FakeOrg, run_many: Callable[..., Ran], kind: str) -> None:
    """A parameter of the run does the same without a shell, at the price of one login for the whole task."""
    org.user().active = False
    assert run_many(kind, 1).states == ["failed"]
    org.user().active = True
    assert run_many(kind, 1).states == ["failed"]
    assert run_many(kind, 1, sf_health_max_age=0).states == ["success"]
    assert org.counts().logins == 2


def test_a_cleared_refresh_takes_no_remembered_refusal(
    org: FakeOrg, run_many: Callable[..., Ran], run_task: Callable[..., Any]
) -> None:
    """Nor does a refresh of the metadata cache that is cleared."""
    org.user().active = False
    assert run_many("own", 1).states == ["failed"]
    ran = run_task("refresh", objects=["Account"])
    assert (ran.state, org.counts().logins) == ("failed", 1)
    org.user().active = True
    clear(ran.dag, ran.instance.run_id)
    [again] = run_again(ran.dag, ran.instance.run_id)
    assert (str(again.state), org.counts().logins) == ("success", 2)


def test_a_refresh_takes_the_shared_login(
    org: FakeOrg, run_many: Callable[..., Ran], run_task: Callable[..., Any]
) -> None:
    """A refresh of the metadata cache needs no proof, so it makes no login of its own; of a token that has died it makes one."""
    run_many("own", 1)
    assert run_task("refresh", objects=["Account"]).state == "success"
    assert org.counts().logins == 1
    org.expire_sessions()
    assert run_task("refresh", objects=["Account"]).state == "success"
    assert org.counts().logins == 2


def test_a_refresh_by_hand_takes_the_shared_login_and_no_refusal(org: FakeOrg, run_many: Callable[..., Ran]) -> None:
    """Whoever types the command has no login made where there is one, and none refused that somebody has mended since."""
    command = ["metadata", "refresh", "crm_prod", "Account"]
    run_many("own", 1)
    assert cli.main(command) == 0
    assert org.counts().logins == 1
    org.expire_sessions()
    org.user().active = False
    assert cli.main(command) != 0
    org.user().active = True
    assert cli.main(command) == 0
    assert org.counts().logins == 3
