"""The trigger on an event loop, without a triggerer: what it fires, what it shares, and what it never does."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest

from airflow_sf_health.compat import AIRFLOW_V_3_0_PLUS
from airflow_sf_health.edges.preflight import Preflight
from airflow_sf_health.exceptions import SalesforceUndetermined
from airflow_sf_health.present.payload import load
from airflow_sf_health.present.text import one_line
from airflow_sf_health.report import Verdict
from airflow_sf_health.sensors.salesforce import SalesforceHealthSensor
from airflow_sf_health.testing import FakeOrg
from airflow_sf_health.triggers.salesforce import SalesforceHealthTrigger
from airflow_sf_health.triggers.shared import SharedAnswers, in_thread

Connect = Callable[..., None]


def trigger(conn_id: str = "crm_prod", *, options: dict[str, Any] | None = None, **arguments: Any) -> Any:
    preflight = Preflight.of(conn_id, None, None, options)
    return SalesforceHealthTrigger(preflight.as_dict(), **{"poke_interval": 0.05, **arguments})


async def fired(trigger: SalesforceHealthTrigger) -> dict[str, Any]:
    """The payload of the one event."""
    [event] = [event async for event in trigger.run()]
    payload: dict[str, Any] = event.payload
    return payload


def test_it_reads_back_what_it_serializes(crm_prod: Connect) -> None:
    """Airflow stores the arguments as JSON, and makes the same trigger of them elsewhere."""
    path, arguments = trigger(wait_for="anything", until=1.5).serialize()
    assert path == "airflow_sf_health.triggers.salesforce.SalesforceHealthTrigger"
    again = SalesforceHealthTrigger(**json.loads(json.dumps(arguments)))
    assert again.serialize() == (path, arguments)


def test_it_fires_when_the_org_is_healthy(org: FakeOrg, crm_prod: Connect) -> None:
    """The event is the report as JSON values, and holds no secret."""
    payload = asyncio.run(fired(trigger()))
    assert load(payload["report"]).verdict is Verdict.HEALTHY
    assert payload["timed_out"] is False
    assert org.private_key.splitlines()[1] not in json.dumps(payload)


def test_those_who_wait_for_the_same_share_one_look(org: FakeOrg, crm_prod: Connect) -> None:
    """Twenty triggers on one connection make one examination, twenty on another make one more."""
    org.latency = 0.05

    async def all_of_them() -> list[dict[str, Any]]:
        return await asyncio.gather(*(fired(trigger(conn)) for conn in ["crm_prod", "sf_client_credentials"] * 20))

    events = asyncio.run(all_of_them())
    assert {load(event["report"]).conn_id for event in events} == {"crm_prod", "sf_client_credentials"}
    assert org.counts().logins == 2


def test_other_questions_are_other_looks(org: FakeOrg, crm_prod: Connect) -> None:
    """A trigger with other options or requirements does not get an answer to another question."""

    async def two() -> None:
        await asyncio.gather(fired(trigger()), fired(trigger(options={"reauthenticate": False})))

    asyncio.run(two())
    assert org.counts().logins == 2


def test_one_who_stops_waiting_stops_nobody_else(org: FakeOrg, crm_prod: Connect) -> None:
    """The first asker's task is cancelled in the middle of the look; the second gets its answer from that same look."""
    org.latency = 0.2

    async def two() -> dict[str, Any]:
        first, second = (asyncio.create_task(fired(trigger())) for _ in range(2))
        await asyncio.sleep(0.15)
        first.cancel()
        return await second

    assert load(asyncio.run(two())["report"]).may_proceed
    assert org.counts().logins == 1


def test_a_young_answer_serves_the_next_who_asks(org: FakeOrg, crm_prod: Connect) -> None:
    """Who comes later looks at the answer that is there, and wakes with the others for the next one."""
    with org.fault(status=503, body="maintenance") as maintenance:

        async def one_after_the_other() -> None:
            waiting = [asyncio.create_task(fired(trigger(poke_interval=0.4)))]
            await asyncio.sleep(0.6)
            waiting += [asyncio.create_task(fired(trigger(poke_interval=0.4))) for _ in range(10)]
            await asyncio.sleep(1.0)
            for each in waiting:
                each.cancel()

        asyncio.run(one_after_the_other())
    assert maintenance.met <= 4


def test_its_time_runs_out(org: FakeOrg, crm_prod: Connect) -> None:
    """The event brings the last report along and says so."""
    with org.fault(status=503, body="maintenance"):
        payload = asyncio.run(fired(trigger(until=time.time() + 0.2)))
    assert payload["timed_out"] is True
    assert payload["report"]["cause"] == "org_maintenance_or_unavailable"


@pytest.mark.parametrize("fault", ["undefined", "no airflow", "bad setting"])
def test_it_never_raises(crm_prod: Connect, monkeypatch: pytest.MonkeyPatch, fault: str) -> None:
    """Whatever Airflow or the site's settings do, the event says that nothing is known; Airflow 2.11 knows that a connection is missing."""
    if fault == "undefined":
        monkeypatch.delenv("AIRFLOW_CONN_CRM_PROD")
    if fault == "no airflow":

        async def broken(conn_id: str) -> Any:
            raise PermissionError("this task may not read it")

        monkeypatch.setattr("airflow_sf_health.compat.aget_connection", broken)
    waiting = trigger(options={"on_undetermined": "fail"})
    if fault == "bad setting":
        monkeypatch.setenv("AIRFLOW__SF_HEALTH__READ_TIMEOUT", "soon")
    payload = asyncio.run(fired(waiting))
    certain = fault == "undefined" and not AIRFLOW_V_3_0_PLUS
    assert load(payload["report"]).verdict is (Verdict.UNHEALTHY if certain else Verdict.UNDETERMINED)


def test_a_fault_of_our_own_is_an_event_too(crm_prod: Connect, monkeypatch: pytest.MonkeyPatch) -> None:
    """A report that cannot be judged would end the trigger without a word; the task is told, and may be retried."""

    def broken(*_: object) -> bool:
        raise KeyError("no such cause")

    monkeypatch.setattr("airflow_sf_health.triggers.salesforce.ends_waiting", broken)
    event = asyncio.run(fired(trigger()))
    assert event == {"error": "KeyError: 'no such cause'"}
    with pytest.raises(SalesforceUndetermined, match="no such cause"):
        SalesforceHealthSensor(task_id="s").execute_complete({}, event)


@pytest.mark.parametrize(
    "written", [None, "text", {}, {"conn_id": "crm"}, {"conn_id": "crm", "requirements": {"new": 1}}]
)
def test_arguments_of_another_version_are_an_event_too(written: Any) -> None:
    """A triggerer may be older or newer than the worker that deferred the task: its task learns what broke, and retries."""
    event = asyncio.run(fired(SalesforceHealthTrigger(written, poke_interval=0.0)))
    assert set(event) == {"error"}
    with pytest.raises(SalesforceUndetermined, match="broke off"):
        SalesforceHealthSensor(task_id="s").execute_complete({}, event)


@pytest.mark.parametrize("pause", [None, "soon"])
def test_a_pause_of_another_version_is_an_event_too(crm_prod: Connect, pause: Any) -> None:
    """The other arguments are no different."""
    assert "TypeError" in asyncio.run(fired(trigger(poke_interval=pause)))["error"]


def test_a_fault_of_our_own_is_not_put_on_salesforce(crm_prod: Connect, monkeypatch: pytest.MonkeyPatch) -> None:
    """The report says whose fault it is and where, gives no advice about Salesforce, and keeps the error's text to itself."""

    def broken(*_: object) -> Any:
        raise TypeError("a-text-that-may-hold-a-token")

    monkeypatch.setattr(Preflight, "look_at", broken)
    payload = asyncio.run(fired(trigger(options={"on_undetermined": "fail"})))
    report = load(payload["report"])
    assert (report.verdict, payload["report"]["cause"]) == (Verdict.UNDETERMINED, None)
    assert "airflow-sf-health itself failed here, not Salesforce: TypeError in test_trigger.py, line " in one_line(
        report
    )
    assert "a-text-that-may" not in json.dumps(payload)


def test_a_dozen_hanging_orgs_leave_room_for_another() -> None:
    """Twelve looks that wait for each other end, so they are under way at the same time."""
    together = threading.Barrier(12)

    async def all_of_them() -> list[tuple[int, float]]:
        answers: SharedAnswers[int] = SharedAnswers()
        return await asyncio.gather(
            *(answers.get(number, lambda: in_thread(lambda: together.wait(60)), 60) for number in range(12))
        )

    assert sorted(place for place, _ in asyncio.run(all_of_them())) == list(range(12))


def test_an_incomplete_connection_is_fired_at_once(crm_prod: Connect) -> None:
    """No waiting for what nobody mends by waiting."""
    crm_prod("jwt", private_key=None)
    assert asyncio.run(fired(trigger()))["report"]["cause"] == "connection_incomplete"


def test_an_answer_that_failed_is_not_kept() -> None:
    """An error goes to those who waited for it; the next asker gets work of his own."""

    def broken() -> str:
        raise OSError("gone")

    async def twice() -> tuple[str, float]:
        answers: SharedAnswers[str] = SharedAnswers()
        with pytest.raises(OSError, match="gone"):
            await answers.get("key", lambda: in_thread(broken), 60)
        return await answers.get("key", lambda: in_thread(lambda: "there"), 60)

    assert asyncio.run(twice())[0] == "there"


def test_old_answers_are_forgotten() -> None:
    """What nobody asks for any more does not pile up in a triggerer that runs for months."""

    async def ask() -> int:
        answers: SharedAnswers[str] = SharedAnswers()
        for number in range(50):
            await answers.get(number, lambda: in_thread(lambda: ""), 0.001)
            await asyncio.sleep(0.003)
        return len(answers._jobs)

    assert asyncio.run(ask()) < 5
