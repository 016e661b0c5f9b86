"""Each examination in Airflow's metrics."""

from __future__ import annotations

import asyncio
import os
import socket
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from reports import report_of

from airflow_sf_health import compat
from airflow_sf_health.edges import metrics
from airflow_sf_health.edges.preflight import Preflight
from airflow_sf_health.testing import FakeOrg
from airflow_sf_health.triggers.salesforce import SalesforceHealthTrigger

Connect = Callable[..., None]


@dataclass
class Recorder:
    """Takes Airflow's metrics in the place of its client."""

    sent: dict[str, tuple[Any, dict[str, str]]] = field(default_factory=dict)
    counted: list[str] = field(default_factory=list)

    def incr(self, name: str, count: int = 1, *, tags: dict[str, str]) -> None:
        self.sent[name] = (count, tags)
        self.counted.append(name)

    def timing(self, name: str, dt: timedelta, *, tags: dict[str, str]) -> None:
        self.sent[name] = (dt, tags)


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> Recorder:
    """Metrics switched on, by StatsD that keeps no tags."""
    recorder = Recorder()
    monkeypatch.setattr(compat, "stats", lambda: recorder)
    monkeypatch.setenv("AIRFLOW__METRICS__STATSD_ON", "True")
    return recorder


def test_names_without_tags(sent: Recorder) -> None:
    """Plain StatsD drops tags, so the names hold connection, verdict and cause as well."""
    metrics.count(report_of(conn_id="crm.prod eu"))
    assert {name: value for name, (value, _) in sent.sent.items()} == {
        "sf_health.verdict": 1,
        "sf_health.verdict.crm_prod_eu.healthy.none": 1,
        "sf_health.duration": timedelta(seconds=0.31),
        "sf_health.duration.crm_prod_eu": timedelta(seconds=0.31),
        "sf_health.api_calls": 1,
        "sf_health.api_calls.crm_prod_eu": 1,
        "sf_health.logins": 1,
        "sf_health.logins.crm_prod_eu": 1,
    }


@pytest.mark.parametrize("option", ["OTEL_ON", "STATSD_DATADOG_ENABLED", "STATSD_INFLUXDB_ENABLED"])
def test_tags_where_they_are_kept(sent: Recorder, monkeypatch: pytest.MonkeyPatch, option: str) -> None:
    """Where tags are kept, there is one name for each metric, whatever the number of connections."""
    monkeypatch.setenv(f"AIRFLOW__METRICS__{option}", "True")
    metrics.count(report_of(conn_id="crm"))
    assert set(sent.sent) == {f"sf_health.{each}" for each in ("verdict", "duration", "api_calls", "logins")}
    assert sent.sent["sf_health.verdict"][1] == {"connection": "crm", "verdict": "healthy", "cause": "none"}
    assert sent.sent["sf_health.logins"][1] == {"connection": "crm"}


def test_off_by_default(sent: Recorder, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without metrics nothing is sent."""
    monkeypatch.delenv("AIRFLOW__METRICS__STATSD_ON")
    metrics.count(report_of())
    assert not sent.sent


def test_a_broken_client_costs_no_task(monkeypatch: pytest.MonkeyPatch, sent: Recorder) -> None:
    """Whatever the metrics client raises, the examination goes on."""

    def broken() -> None:
        raise OSError("no such host")

    monkeypatch.setattr(compat, "stats", broken)
    metrics.count(report_of())


def test_a_task_counts_its_examination_once(org: FakeOrg, sent: Recorder, run_task: Callable[..., Any]) -> None:
    """One preflight is one verdict, with its cause, and its cost as the org counted it."""
    org.user().active = False
    run_task()
    assert sent.counted.count("sf_health.verdict") == 1
    assert sent.sent["sf_health.verdict.crm_prod.unhealthy.user_inactive"][0] == 1
    assert sent.sent["sf_health.logins"][0] == org.counts().logins


def test_a_missing_connection_is_a_verdict_without_a_duration(sent: Recorder, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where nothing was sent to Salesforce, there is nothing to time."""
    monkeypatch.setattr(compat, "secrets_backends", tuple)
    Preflight.of("nowhere", None, None, None).look()
    assert set(sent.sent) == {
        "sf_health.verdict",
        "sf_health.verdict.nowhere.undetermined.connection_not_found",
    }


def test_a_verdict_that_is_taken_over_is_counted_apart(
    org: FakeOrg, crm_prod: Connect, sent: Recorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is no examination: it cost nothing, and its cause must not alert twice."""
    monkeypatch.setenv("AIRFLOW__SF_HEALTH__PASS_TTL", "60")
    for _ in range(3):
        Preflight.of("crm_prod", None, None, None).look()
    names = ("sf_health.verdict", "sf_health.logins", "sf_health.reused", "sf_health.reused.crm_prod.healthy")
    assert [sent.counted.count(name) for name in names] == [1, 1, 2, 2]


def test_triggers_that_share_a_look_count_it_once(org: FakeOrg, crm_prod: Connect, sent: Recorder) -> None:
    """Ten deferred sensors on one connection made one examination, and that is what is counted."""
    arguments = Preflight.of("crm_prod", None, None, None).as_dict()

    async def wait() -> None:
        async for _ in SalesforceHealthTrigger(arguments, poke_interval=0.05).run():
            pass

    async def all_of_them() -> None:
        await asyncio.gather(*(wait() for _ in range(10)))

    asyncio.run(all_of_them())
    assert sent.counted.count("sf_health.verdict") == org.counts().logins == 1


def test_a_statsd_server_gets_them(crm_prod: Connect) -> None:
    """Airflow's own StatsD client sends the metrics to where [metrics] says."""
    pytest.importorskip("statsd", reason="Airflow's extra statsd is not installed")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("127.0.0.1", 0))
        server.settimeout(0.2)
        where = {"STATSD_ON": "True", "STATSD_HOST": "127.0.0.1", "STATSD_PORT": str(server.getsockname()[1])}
        environment = os.environ | {f"AIRFLOW__METRICS__{name}": value for name, value in where.items()}
        program = [sys.executable, "-m", "airflow_sf_health.cli", "check", "crm_prod"]
        subprocess.run(program, env=environment, capture_output=True, check=True)
        got = received(server)
    assert "airflow.sf_health.verdict.crm_prod.healthy.none:1|c" in got
    assert "airflow.sf_health.logins.crm_prod:1|c" in got
    assert [each for each in got if each.startswith("airflow.sf_health.duration.crm_prod:") and each.endswith("|ms")]


def received(server: socket.socket) -> list[str]:
    """What waits at the socket."""
    got: list[str] = []
    while True:
        try:
            got.append(server.recv(65536).decode())
        except TimeoutError:
            return got
