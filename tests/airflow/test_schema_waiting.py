"""A sensor in the triggerer takes the lock file and the memory along."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any

import pytest
from drifting import BREAKING, USES

from airflow_sf_health.edges.preflight import Preflight
from airflow_sf_health.present.payload import load
from airflow_sf_health.testing import FakeOrg
from airflow_sf_health.triggers.salesforce import SalesforceHealthTrigger

RunTask = Callable[..., Any]
WAITING: dict[str, Any] = {"poke_interval": 0.1, "timeout": 60, "deferrable": True}


def test_a_deferred_sensor_compares_with_the_lock_file(org: FakeOrg, run_task: RunTask, lock_file: str) -> None:
    """After maintenance the schema is another one: the trigger sees it, and the task fails at once with the field."""
    with org.fault(status=503, body="maintenance", times=2):
        assert run_task("sensor", schema_lock=lock_file, **WAITING).state == "success"
    BREAKING["shortened"][0](org)
    with org.fault(status=503, body="maintenance", times=2):
        ran = run_task("sensor", schema_lock=lock_file, retries=3, **WAITING)
    assert (ran.state, ran.tries, ran.report["cause"]) == ("failed", 1, "schema_changed"), ran.log
    assert "AccountNumber" in ran.log


def test_a_preflight_with_a_lock_file_reads_back(org: FakeOrg, lock_file: str, airflow_home: Any) -> None:
    """What the trigger stores as JSON is what it examines with."""
    preflight = Preflight.of("crm_prod", None, None, None, schema_lock=lock_file, beside=airflow_home / "dags")
    assert preflight.lock is not None
    assert Preflight.from_dict(json.loads(json.dumps(preflight.as_dict()))) == preflight


def test_a_preflight_of_an_older_version_reads_back() -> None:
    """A trigger that was stored before there were lock files waits on."""
    plain = Preflight.of("crm_prod", None, None, None).as_dict()
    del plain["lock"]
    assert Preflight.from_dict(plain).lock is None


@pytest.mark.parametrize("store", ["of the site", "none"])
def test_the_trigger_remembers(
    org: FakeOrg, crm_prod: Callable[..., None], monkeypatch: pytest.MonkeyPatch, store: str
) -> None:
    """Its look on the event loop's threads goes into the site's store, where there is one."""
    if store == "none":
        monkeypatch.setenv("AIRFLOW__SF_HEALTH__STORE", "none")
    reach = [_fired(poke_interval=0.01).memory for _ in range(2)]
    assert len(set(reach)) == 1
    assert bool(reach[0]) is (store != "none")


def test_a_store_by_connection_is_resolved_on_the_event_loop(
    org: FakeOrg, crm_prod: Callable[..., None], monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    """`[sf_health] store` may be the id of an Airflow connection to a database."""
    monkeypatch.setenv("AIRFLOW_CONN_SCHEMAS", json.dumps({"conn_type": "sqlite", "host": f"{tmp_path}/by_id.db"}))
    monkeypatch.setenv("AIRFLOW__SF_HEALTH__STORE", "schemas")
    assert "no memory" not in _fired(poke_interval=0.01).memory
    assert (tmp_path / "by_id.db").exists()


def _fired(**arguments: Any) -> Any:
    """The report of a trigger's one event."""
    trigger = SalesforceHealthTrigger(Preflight.of("crm_prod", USES, None, None).as_dict(), **arguments)

    async def events() -> list[Any]:
        return [event async for event in trigger.run()]

    [event] = asyncio.run(events())
    return load(event.payload["report"])
