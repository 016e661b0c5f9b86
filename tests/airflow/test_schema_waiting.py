"""A sensor in the triggerer takes the lock file and the memory along."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Callable
from typing import Any

import pytest
from drifting import BREAKING, USES

from airflow_sf_health.edges.preflight import Preflight
from airflow_sf_health.present.payload import load
from airflow_sf_health.testing import FakeOrg
from airflow_sf_health.triggers.salesforce import SalesforceHealthTrigger, _options_of_site, _read

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


def test_a_trigger_of_an_older_version_goes_by_the_site(
    org: FakeOrg, crm_prod: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What could not be chosen when it was stored is chosen by `[sf_health]`, and not by what holds where nobody chooses."""
    monkeypatch.setenv("AIRFLOW__SF_HEALTH__ON_DRIFT", "warn")
    plain = Preflight.of("crm_prod", None, None, {"on_stale": "fail"}).as_dict()
    plain["options"] = {"on_undetermined": "retry", "on_stale": "fail"}
    filled, key = _read(plain, _options_of_site())
    assert (filled.options.on_drift, filled.options.on_stale) == ("warn", "fail")
    assert key == _read(dict(reversed(plain.items())), _options_of_site())[1]
    monkeypatch.setenv("AIRFLOW__SF_HEALTH__ON_DRIFT", "fail")
    assert key != _read(plain, _options_of_site())[1]


def test_a_lock_file_is_not_read_on_the_event_loop(
    org: FakeOrg, crm_prod: Callable[..., None], lock_file: str, airflow_home: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nor is it gone through for each look: the loop is everyone's."""
    preflight = Preflight.of("crm_prod", None, None, None, schema_lock=lock_file, beside=airflow_home / "dags")
    threads: list[str] = []
    read = Preflight.from_dict.__func__  # type: ignore[attr-defined]

    def noted(kind: type[Preflight], *arguments: Any) -> Any:
        threads.append(threading.current_thread().name)
        return read(kind, *arguments)

    monkeypatch.setattr(Preflight, "from_dict", classmethod(noted))
    monkeypatch.setattr(type(preflight.lock), "__repr__", lambda _: pytest.fail("gone through"))

    async def fired() -> None:
        [_] = [each async for each in SalesforceHealthTrigger(preflight.as_dict(), poke_interval=0.05).run()]

    with org.fault(status=503, body="maintenance", times=2):
        asyncio.run(fired())
    assert [each.startswith("sf-health-trigger") for each in threads] == [True]


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
