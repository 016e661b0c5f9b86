"""One verdict for many tasks: who takes whose, for how long, and who does not."""

from __future__ import annotations

import asyncio
import json
import os
import sqlite3
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from looking import seen, started
from pendulum import now
from reports import report_of

from airflow_sf_health.compat import AIRFLOW_V_3_0_PLUS
from airflow_sf_health.edges import passes
from airflow_sf_health.edges.memory import memory
from airflow_sf_health.edges.preflight import Preflight
from airflow_sf_health.edges.shared_report import counts_until
from airflow_sf_health.hooks.salesforce import SalesforceHealthHook
from airflow_sf_health.present.payload import load
from airflow_sf_health.report import Finding, Level, Proof, Report, Verdict
from airflow_sf_health.settings import settings
from airflow_sf_health.store import Store
from airflow_sf_health.testing import FakeOrg
from airflow_sf_health.triggers.salesforce import SalesforceHealthTrigger

Connect = Callable[..., None]
TTL = "AIRFLOW__SF_HEALTH__PASS_TTL"


@pytest.fixture(autouse=True)
def shared(monkeypatch: pytest.MonkeyPatch, crm_prod: Connect) -> None:
    """What the site shares unless it chooses otherwise."""
    for name, seconds in {"PASS_TTL": "60", "TOKEN_TTL": "1800", "REFUSAL_TTL": "60"}.items():
        monkeypatch.setenv(f"AIRFLOW__SF_HEALTH__{name}", seconds)


def preflight(requirements: Any = None, options: Any = None, checks: Any = None, **others: Any) -> Preflight:
    return Preflight.of("crm_prod", requirements, checks, options, **{"by": "dag.first", **others})


def look(*arguments: Any, **others: Any) -> Report:
    return preflight(*arguments, **others).look()


def site_store() -> Store:
    found = memory(settings())
    assert found is not None
    return found


def test_a_second_task_takes_the_verdict_of_the_first(org: FakeOrg, run_task: Callable[..., Any]) -> None:
    """It sends nothing, and its log says when and by which task the connection was examined."""
    first = run_task()
    sent = org.counts()
    second = run_task()
    assert (second.state, org.counts()) == ("success", sent)
    assert second.report["reused"]["by"] == "one_task.task"
    assert second.report["cost"] == {**dict.fromkeys(second.report["cost"], 0), **nothing_but_time(second.report)}
    assert second.report["findings"] == first.report["findings"]
    assert "by one_task.task" in second.log
    assert "as examined" in second.log


def nothing_but_time(report: dict[str, Any]) -> dict[str, Any]:
    return {"seconds": report["cost"]["seconds"], "api_used": None, "api_allowed": None}


def test_only_what_was_examined_is_in_the_history(org: FakeOrg) -> None:
    """Three looks, of which two took the verdict of the first, are one line, with who asked."""
    for number in range(3):
        look(by=f"dag.task{number}")
    assert [(each.by, each.verdict) for each in site_store().verdicts.last("crm_prod", 10)] == [
        ("dag.task0", "healthy")
    ]


def edited(monkeypatch: pytest.MonkeyPatch, **extra: Any) -> None:
    """The owner of the connection edits it."""
    given = json.loads(os.environ["AIRFLOW_CONN_CRM_PROD"])
    before = json.loads(given["extra"]) if isinstance(given["extra"], str) else given["extra"]
    monkeypatch.setenv("AIRFLOW_CONN_CRM_PROD", json.dumps({**given, "extra": {**before, **extra}}))


@pytest.mark.parametrize(
    "otherwise",
    [
        {"requirements": {"objects": {"Account": {"read": ["Name"]}}}},
        {"options": {"reauthenticate": False}},
        {"checks": ["user"]},
        {"schema_lock": {"format": 1, "objects": {}}},
    ],
)
def test_another_question_gets_an_answer_of_its_own(org: FakeOrg, otherwise: dict[str, Any]) -> None:
    """Other requirements, options, checks or another lock ask something else; the login they share all the same."""
    look()
    assert look(**otherwise).reused is None
    assert look(**otherwise).reused is not None
    assert look().reused is not None
    assert org.counts().logins == 1


@pytest.mark.parametrize(
    "extra",
    [{"contact": "new@acme.com"}, {"version": "60.0"}, {"read_timeout": 29}, {"expected_org_id": "00DZz0000000002"}],
)
def test_an_edited_connection_is_examined_anew(
    org: FakeOrg, monkeypatch: pytest.MonkeyPatch, extra: dict[str, Any]
) -> None:
    """Each of its fields may change what a report says."""
    look()
    edited(monkeypatch, **extra)
    assert look().reused is None


def test_a_connection_with_another_secret_shares_nothing(org: FakeOrg, crm_prod: Connect) -> None:
    """Not even its login."""
    look()
    crm_prod("client_credentials")
    assert look().reused is None
    assert org.counts().logins == 2


def test_another_id_of_the_same_connection_is_examined_for_itself(
    org: FakeOrg, connect_to_fake_org: Callable[..., None]
) -> None:
    """Its report names it. The login is the same one."""
    connect_to_fake_org("crm_copy")
    look()
    report = Preflight.of("crm_copy", None, None, None).look()
    assert (report.conn_id, report.reused, org.counts().logins) == ("crm_copy", None, 1)


@pytest.mark.parametrize("option", ["EGRESS", "CAUSES"])
def test_a_site_with_another_way_or_other_causes_shares_nothing_with_this_one(
    org: FakeOrg, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, option: str
) -> None:
    """By another address a login may be refused, and other causes say something else."""
    look()
    monkeypatch.setenv(f"AIRFLOW__SF_HEALTH__{option}", str(tmp_path))
    assert look().reused is None


def test_hosts_that_are_declared_to_be_one_share(org: FakeOrg, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever their names and proxies are."""
    monkeypatch.setenv("AIRFLOW__SF_HEALTH__EGRESS", "eu-nat-1")
    look()
    monkeypatch.setenv("FTP_PROXY", "http://127.0.0.1:1")
    assert look().reused is not None


def test_a_site_may_share_nothing(org: FakeOrg, monkeypatch: pytest.MonkeyPatch) -> None:
    """``pass_ttl = 0``: each task examines, and leaves nothing."""
    monkeypatch.setenv(TTL, "0")
    assert [look().reused, look().reused] == [None, None]
    monkeypatch.setenv(TTL, "60")
    assert look().reused is None


def test_a_task_may_ask_afresh(org: FakeOrg) -> None:
    """``max_age = 0``: nothing that is remembered counts, and the login is made anew."""
    afresh = {"max_age": 0}
    assert [look(None, afresh).reused, look(None, afresh).reused] == [None, None]
    assert org.counts().logins == 2


def test_who_asks_by_hand_and_is_refused_is_believed_by_the_others(org: FakeOrg) -> None:
    """A good verdict of a moment ago does not outlive what somebody has just seen for himself."""
    assert look().may_proceed
    org.user().active = False
    assert not look(None, {"max_age": 0}).may_proceed
    after = look()
    assert (after.may_proceed, after.reused) == (False, None)


def test_a_site_that_remembers_no_schema_shares_its_verdicts_all_the_same(
    org: FakeOrg, monkeypatch: pytest.MonkeyPatch
) -> None:
    """``[sf_health] max_age = 0`` is about schemas; only a task or a run asks afresh by it, and its trigger does too."""
    monkeypatch.setenv("AIRFLOW__SF_HEALTH__MAX_AGE", "0")
    assert [look().reused is None for _ in range(2)] == [True, False]
    assert load(fired(preflight().as_dict())["report"]).reused is not None
    assert org.counts().logins == 1
    asked = preflight(None, {"max_age": 0}).as_dict()
    assert load(fired(asked)["report"]).reused is None
    older = {name: value for name, value in asked.items() if name != "afresh"}
    assert load(fired(older)["report"]).reused is None
    assert org.counts().logins == 3


def test_who_finds_an_org_mended_finds_it_for_other_questions_too(org: FakeOrg) -> None:
    """A check by hand asks for less than the task that failed; the user is active again for that one as well."""
    needs = {"objects": {"Account": {"read": ["Name"]}}}
    org.user().active = False
    assert look(needs).verdict is Verdict.UNHEALTHY
    org.user().active = True
    assert look(by="sf-health check", afresh=True).verdict is Verdict.HEALTHY
    assert look(needs).verdict is Verdict.HEALTHY


def proven(seconds_before: float, *, fresh: bool = True, **changes: Any) -> Report:
    report = report_of(**changes)
    at = report.examined_at.subtract(seconds=seconds_before)
    proof = Proof(at=at, flow="JWT bearer", fresh=fresh, shared=seconds_before > 1)
    return replace(report, proof=proof, proven_at=at if fresh else None)


def beside(report: Report, seconds_before: float) -> Report:
    """The same, resting on another login too."""
    return replace(report, proven_at=report.examined_at.subtract(seconds=seconds_before))


BAD = Finding(check="user.active", level=Level.FAILED, summary="the user is inactive", cause="user_inactive")
UNASKED = Finding(check="session.login", level=Level.UNKNOWN, summary="nobody answered", essential=True)
WARNED = Finding(check="org.state", level=Level.WARNING, summary="read only soon")


@pytest.mark.parametrize(
    ("report", "ttl", "counts"),
    [
        (proven(0), 60, 60),
        (proven(40), 60, 20),
        (proven(0, findings=(WARNED,)), 60, 60),
        (proven(500, fresh=False), 60, 60),
        (beside(proven(500, fresh=False), 40), 60, 20),
        (beside(proven(10), 40), 60, 20),
        (beside(proven(40), 10), 60, 20),
        (beside(proven(0, findings=(BAD,)), 40), 60, 15),
        (replace(proven(0), proof=None), 60, 60),
        (proven(0, findings=(BAD,)), 60, 15),
        (proven(0, findings=(UNASKED,)), 60, 15),
        (proven(0, findings=(BAD,)), 5, 5),
        (replace(proven(0, findings=(BAD,)), next_login=report_of().examined_at.add(seconds=3)), 60, 3),
        (replace(proven(0, findings=(BAD,)), next_login=report_of().examined_at.add(seconds=58)), 60, 15),
    ],
)
def test_for_how_long_a_verdict_counts(report: Report, ttl: float, counts: float) -> None:
    """A good one as long as the login that proves it, a bad one and one that could not be found out for 15 seconds at most, and none
    longer than the refusal on which it rests.
    """
    assert (counts_until(report, ttl, report.examined_at) - report.examined_at).total_seconds() == counts


def test_a_bad_verdict_that_took_its_time_counts_from_when_it_is_there() -> None:
    """A second user may have kept silent for half a minute, and others have waited for it."""
    report = proven(0, findings=(BAD,))
    kept_at = report.examined_at.add(seconds=40)
    assert counts_until(report, 60, kept_at) == kept_at.add(seconds=15)
    assert counts_until(replace(report, next_login=kept_at.add(seconds=3)), 60, kept_at) == kept_at.add(seconds=3)
    assert counts_until(report_of(examined_at=now("UTC").subtract(seconds=20), findings=(BAD,)), 60) > now("UTC")


def test_a_ready_session_is_proven_no_longer_than_the_login_beside_it(
    org: FakeOrg, monkeypatch: pytest.MonkeyPatch
) -> None:
    """That it answers is new, and the login that would replace it is another task's, which was younger than its user is frozen."""
    monkeypatch.setenv(TTL, "5")
    ready = org.connection("session")["extra"]
    edited(monkeypatch, session_id=ready["session_id"], instance_url=ready["instance_url"])
    assert look().may_proceed
    org.user().frozen = True
    time.sleep(2)
    report = look(None, {"max_age": 86_000})
    assert (report.may_proceed, report.reused) == (True, None)
    time.sleep(3.1)
    report = look(None, {"max_age": 86_000})
    assert (report.verdict, report.reused) == (Verdict.UNHEALTHY, None)


@pytest.mark.parametrize("offset", [300.0, 120.0])
def test_a_wrong_clock_is_told_to_no_other_host(
    org: FakeOrg, monkeypatch: pytest.MonkeyPatch, crm_prod: Connect, offset: float
) -> None:
    """It is one machine's, whether it forbids the login or is only warned of; tasks of that machine share it where hosts do not."""
    crm_prod("jwt")
    org.clock_offset = offset
    shared_here = [look().reused is not None for _ in range(2)]
    monkeypatch.setenv("AIRFLOW__SF_HEALTH__EGRESS", "eu-nat-1")
    first = look()
    org.clock_offset = 0.0
    report = look()
    assert shared_here == [False, True]
    assert first.verdict is not Verdict.HEALTHY
    assert report.reused is None
    assert report.clock_ahead is None


def test_what_was_mended_is_said_once(org: FakeOrg) -> None:
    """By the task that did it, and not by each that takes its verdict over."""
    look()
    org.expire_sessions()
    reports = [look(None, {"max_age": 86_000}) for _ in range(2)]
    assert [len(each.repairs) for each in reports] == [1, 0]


def test_a_frozen_user_with_live_sessions_is_not_called_healthy(org: FakeOrg, monkeypatch: pytest.MonkeyPatch) -> None:
    """The shared session goes on to work, and proves nothing: when the proof has run out, a login is made, and refused."""
    monkeypatch.setenv(TTL, "1")
    assert look().verdict is Verdict.HEALTHY
    org.user().frozen = True
    time.sleep(1.1)
    report = look()
    assert (report.verdict, report.reused) == (Verdict.UNHEALTHY, None)
    assert report.main is not None
    assert report.main.check == "session.login"


def test_a_proof_is_not_made_longer_by_another_question(org: FakeOrg) -> None:
    """A verdict on a login that another task made ends with that login's proof, not a whole time after the verdict."""
    first, report = look(), look(None, {"reauthenticate": False})
    assert first.proof is not None
    assert report.proof is not None
    assert (report.reused, report.proof.shared) == (None, True)
    assert counts_until(report, 60) == counts_until(first, 60) == first.proof.at.add(seconds=60)


def test_a_bad_verdict_is_shared_for_a_while(org: FakeOrg, monkeypatch: pytest.MonkeyPatch) -> None:
    """Then the org is asked again, and its recovery is seen."""
    monkeypatch.setenv(TTL, "5")
    org.state.profile_of(org.user()).permissions.discard("ApiEnabled")
    assert look().verdict is Verdict.UNHEALTHY
    org.state.profile_of(org.user()).permissions.add("ApiEnabled")
    assert look().verdict is Verdict.UNHEALTHY
    time.sleep(5.1)
    assert look().verdict is Verdict.HEALTHY


def test_what_could_not_be_asked_is_shared_as_well(org: FakeOrg) -> None:
    """Of a hundred tasks in an outage, one asks."""
    with org.fault(path="/services/data/*", reset=True):
        found = [look() for _ in range(3)]
    assert [each.verdict for each in found] == [Verdict.UNDETERMINED] * 3
    assert [each.reused is None for each in found] == [True, False, False]


def test_threads_and_processes_that_ask_at_once_make_one_examination(org: FakeOrg) -> None:
    """Sixteen looks in four processes, counted at the org: one login, one API call, and the same verdict for all."""
    org.latency = 0.2
    others = [started("crm_prod", 4) for _ in range(3)]
    with ThreadPoolExecutor(4) as pool:
        mine = [str(each.verdict) for each in pool.map(lambda _: look(), range(4))]
    theirs = [each["verdict"] for process in others for each in seen(process)[:-1]]
    assert [*mine, *theirs] == ["healthy"] * 16
    assert (org.counts().logins, org.counts().api_calls) == (1, 1)
    assert len(site_store().verdicts.last("crm_prod", 10)) == 1


def test_those_who_wait_take_a_bad_verdict_too(org: FakeOrg) -> None:
    """A refused login is made once, not once for each who asked at the same time."""
    org.user().active = False
    org.latency = 0.2
    with ThreadPoolExecutor(6) as pool:
        found = list(pool.map(lambda _: look(), range(6)))
    assert {each.verdict for each in found} == {Verdict.UNHEALTHY}
    assert sorted(each.reused is None for each in found) == [False] * 5 + [True]
    assert org.counts().logins == 1


HOLDER = textwrap.dedent(
    """
    from airflow_sf_health.org import leases
    leases.SECONDS, leases.BEAT = 1.5, 0.3
    from airflow_sf_health.edges.preflight import Preflight
    Preflight.of("crm_prod", None, None, None).look()
    """
)


def test_one_who_is_killed_holds_up_the_others_for_no_longer_than_the_lease(org: FakeOrg) -> None:
    """Killed in the middle of its examination: the next one waits until the lease has run out, and examines."""
    org.latency = 3.0
    holder = subprocess.Popen([sys.executable, "-c", HOLDER])
    while not org.requests():
        assert holder.poll() is None
        time.sleep(0.05)
    holder.kill()
    holder.wait()
    org.latency = 0.0
    report = look()
    assert (report.verdict, report.reused) == (Verdict.HEALTHY, None)


def test_one_who_examines_for_too_long_is_not_waited_for(org: FakeOrg, monkeypatch: pytest.MonkeyPatch) -> None:
    """A waiter waits no longer than an examination may take, then examines for itself."""
    edited(monkeypatch, examination_timeout=1)
    waiting = preflight()
    key = key_of(waiting)
    store = site_store()
    assert store.vault.take_lease(f"pass:{key}", "somebody", 60)
    report = waiting.look()
    assert (report.verdict, report.reused) == (Verdict.HEALTHY, None)


def key_of(asked: Preflight) -> str:
    """The key of what is asked."""
    from airflow_sf_health.edges.connections import resolve
    from airflow_sf_health.edges.sharing import sharing

    chosen, store = settings(), site_store()
    found = passes.passes(asked, resolve("crm_prod"), store, chosen, sharing(chosen, store), twice=False)
    assert found is not None
    return found.key


@pytest.mark.parametrize("trouble", ["damaged", "of another version", "of another's", "vanished"])
def test_a_pass_that_cannot_be_read_is_none(org: FakeOrg, store: str, trouble: str) -> None:
    """Then there is an examination, and a pass again."""
    look()
    with sqlite3.connect(store.removeprefix("sqlite:///")) as database:
        if trouble == "vanished":
            database.execute("DELETE FROM sf_health_passes")
        else:
            written = {"damaged": b"\x01damaged", "of another's": os.urandom(200)}.get(trouble) or of_another_version()
            database.execute("UPDATE sf_health_passes SET sealed = ?", (written,))
    database.close()
    assert [look().reused is None, look().reused is None] == [True, False]


def of_another_version() -> bytes:
    from airflow_sf_health.edges.connections import resolve
    from airflow_sf_health.edges.egress import egress
    from airflow_sf_health.org.credentials import credential_of

    credential = credential_of(resolve("crm_prod"), egress(""))
    return credential.seal("pass", json.dumps({"report": {"format": 99}, "by": "", "began": "", "twice": 1}).encode())


@pytest.mark.parametrize("chosen", ["none", "sqlite:////dev/null/store.db", "a_connection_that_is_not_there"])
def test_without_a_store_each_examines(org: FakeOrg, monkeypatch: pytest.MonkeyPatch, chosen: str) -> None:
    """A site without one, and one whose store cannot be used."""
    monkeypatch.setenv("AIRFLOW__SF_HEALTH__STORE", chosen)
    assert [(look().verdict, look().reused) for _ in range(2)] == [(Verdict.HEALTHY, None)] * 2
    assert org.counts().logins == 4


def test_a_connection_that_is_not_there_is_no_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    """Once it is there it is examined. Airflow 2.11 is certain that it is not; of Airflow 3, only who runs in a task can be."""
    there = os.environ["AIRFLOW_CONN_CRM_PROD"]
    monkeypatch.delenv("AIRFLOW_CONN_CRM_PROD")
    assert look().verdict is (Verdict.UNDETERMINED if AIRFLOW_V_3_0_PLUS else Verdict.UNHEALTHY)
    monkeypatch.setenv("AIRFLOW_CONN_CRM_PROD", there)
    assert (look().verdict, look().conn_id) == (Verdict.HEALTHY, "crm_prod")


def test_a_key_file_that_cannot_be_read_is_no_pass(
    org: FakeOrg, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The login tells what is wrong."""
    edited(monkeypatch, private_key=None, private_key_file_path=str(tmp_path / "none.pem"))
    assert {look().verdict, look().verdict} == {Verdict.UNHEALTHY}


def test_a_session_that_is_handed_over_shares_nothing(org: FakeOrg, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is the caller's own."""
    extra = org.connection("session")["extra"]
    ready = extra["session_id"]
    edited(monkeypatch, instance_url=extra["instance_url"])
    hook = SalesforceHealthHook("crm_prod", session_id=ready)
    assert [hook.examine().reused for _ in range(2)] == [None, None]


def test_the_hook_takes_and_leaves_passes(org: FakeOrg) -> None:
    """As the operator does."""
    hook = SalesforceHealthHook("crm_prod")
    assert [hook.examine().reused is None for _ in range(2)] == [True, False]
    assert look().reused is not None


def fired(written: dict[str, Any], poke_interval: float = 0.05) -> dict[str, Any]:
    async def wait() -> dict[str, Any]:
        [event] = [event async for event in SalesforceHealthTrigger(written, poke_interval=poke_interval).run()]
        payload: dict[str, Any] = event.payload
        return payload

    return asyncio.run(wait())


def test_a_trigger_takes_the_verdict_of_a_task(org: FakeOrg) -> None:
    """And a task takes that of a trigger, with the task for which it looked."""
    look()
    report = load(fired(preflight().as_dict())["report"])
    assert report.reused is not None
    assert (report.reused.by, org.counts().logins) == ("dag.first", 1)
    fired(preflight(None, {"reauthenticate": False}, by="dag.sensor").as_dict())
    taken = look(None, {"reauthenticate": False}).reused
    assert taken is not None
    assert taken.by == "dag.sensor"


def test_triggers_of_several_tasks_share_a_look(org: FakeOrg, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who asks is no part of the question, with passes and without."""
    monkeypatch.setenv(TTL, "0")

    async def all_of_them() -> None:
        written = [preflight(by=f"dag.task{number}").as_dict() for number in range(5)]
        await asyncio.gather(*(_wait(each) for each in written))

    async def _wait(written: dict[str, Any]) -> None:
        async for _ in SalesforceHealthTrigger(written, poke_interval=0.05).run():
            pass

    asyncio.run(all_of_them())
    assert org.counts().logins == 1


def test_a_trigger_of_an_older_version_still_waits(org: FakeOrg) -> None:
    """It does not say who asks."""
    written = preflight().as_dict()
    del written["by"]
    assert load(fired(written)["report"]).verdict is Verdict.HEALTHY
    assert Preflight.from_dict(preflight().as_dict()).by == "dag.first"


def test_a_sensor_with_short_pauses_sees_a_recovery(
    org: FakeOrg, run_task: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A verdict that is taken over is not made longer by that: as soon as it has run out, the next look examines."""
    monkeypatch.setenv(TTL, "5")
    with org.fault(status=503, body="maintenance", times=1) as maintenance:
        ran = run_task("sensor", mode="poke", poke_interval=0.1, timeout=30)
    assert (ran.state, maintenance.met) == ("success", 1)
    assert ran.log.count("Waiting.") > 2


def test_one_look_is_not_enough_where_two_are_wanted(org: FakeOrg) -> None:
    """A failure that is not certain and was seen once, by a sensor, say, is looked at twice by who fails for it; then that is shared."""
    strange = [{"errorCode": "STRANGE_THING", "message": "no"}]
    with org.fault(path="/services/data/*", status=403, body=strange):
        once = look()
        assert (once.verdict, once.no_retry_heals) == (Verdict.UNHEALTHY, False)
        found = [preflight().look_twice().reused, preflight().look_twice().reused, look().reused]
    assert [each is None for each in found] == [True, False, False]


def test_a_look_at_a_pass_loads_nothing_heavy(org: FakeOrg) -> None:
    """A process that takes the verdict of another needs neither a client nor what examines; Airflow 2.11 itself brings requests."""
    look()
    found, loaded = seen(started("crm_prod"))
    assert found == {"verdict": "healthy", "by": "dag.first", "requests": 0}
    assert [each for each in loaded if AIRFLOW_V_3_0_PLUS or each != "requests"] == []
