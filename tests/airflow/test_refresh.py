"""The operator that accepts an org's schema as it is now."""

from __future__ import annotations

import json
import logging
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from drifting import BREAKING, USES

from airflow_sf_health import Requirements, examine
from airflow_sf_health.edges import caches
from airflow_sf_health.edges.connections import resolve
from airflow_sf_health.edges.memory import memory
from airflow_sf_health.evidence.memory import Whose
from airflow_sf_health.evidence.recalling import door
from airflow_sf_health.exceptions import RequirementsError
from airflow_sf_health.hooks.salesforce import SalesforceHealthHook
from airflow_sf_health.metadata_refresh import refresh
from airflow_sf_health.operators.metadata import SalesforceRefreshMetadataOperator
from airflow_sf_health.settings import settings
from airflow_sf_health.testing import FakeOrg

RunTask = Callable[..., Any]


def test_it_describes_and_remembers(org: FakeOrg, run_task: RunTask) -> None:
    """The first time it tells what was described, the second that nothing has changed, then what did."""
    first = run_task("refresh", objects=["Account", "Invoice__c"])
    assert first.state == "success", first.log
    assert "Account: described for the first time" in first.log
    assert first.report["kept"] == ["Account", "Invoice__c"]
    assert "Account: nothing has changed since" in run_task("refresh", objects="Account").log
    BREAKING["shortened"][0](org)
    ran = run_task("refresh", objects="Account, Contact")
    assert "Account.AccountNumber" in ran.log
    assert [each["kind"] for each in ran.report["objects"][0]["changes"]] == ["field_shortened"]
    assert "Account: nothing has changed since" in run_task("refresh", objects=["Account"]).log


def test_with_requirements_it_says_what_a_change_means(org: FakeOrg, run_task: RunTask) -> None:
    """A change that breaks the task is marked, with what to change in the mapping."""
    run_task("refresh", requirements=USES)
    BREAKING["renamed"][0](org)
    ran = run_task("refresh", requirements=USES)
    assert ran.state == "success", ran.log
    changes = [each for found in ran.report["objects"] for each in found["changes"]]
    [change] = [each for each in changes if each["breaking"]]
    assert "DueOn__c" in change["said"]
    assert f"! {change['said']}" in ran.log


def test_a_verdict_of_before_is_nobodys_any_more(
    org: FakeOrg, run_task: RunTask, store: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who accepts a schema lets the tasks behind it go on at once, though another task has just failed for it."""
    monkeypatch.setenv("AIRFLOW__SF_HEALTH__PASS_TTL", "60")
    hook = SalesforceHealthHook("crm_prod")
    assert hook.examine(USES).may_proceed
    BREAKING["shortened"][0](org)
    assert not hook.examine(USES, {"max_age": 0}).may_proceed
    with closing(sqlite3.connect(store.removeprefix("sqlite:///"))) as database:
        count = "SELECT count(*) FROM sf_health_passes"
        assert database.execute(count).fetchone()[0] > 0
        assert run_task("refresh", requirements=USES).state == "success"
        assert database.execute(count).fetchone() == (0,)
    assert hook.examine(USES).may_proceed


def test_a_lock_file_names_the_objects(run_task: RunTask, lock_file: str) -> None:
    """As it does for the preflight."""
    assert run_task("refresh", schema_lock=lock_file).report["kept"] == ["Account", "Invoice__c"]


def test_an_object_that_is_not_there_fails_the_task_and_keeps_the_others(org: FakeOrg, run_task: RunTask) -> None:
    """What could be described is remembered, and the error names what could not."""
    ran = run_task("refresh", objects=["Account", "Acount"])
    assert (ran.state, ran.report["kept"]) == ("failed", ["Account"])
    assert "SalesforceMetadataNotRefreshed: Salesforce connection 'crm_prod': Acount could not be described" in ran.log


def test_a_refused_login_has_the_advice_of_an_examination(org: FakeOrg, run_task: RunTask) -> None:
    """It fails at once where no retry helps, as the preflight does."""
    org.user().active = False
    ran = run_task("refresh", objects=["Account"], retries=3)
    assert (ran.state, ran.tries) == ("failed", 1)
    assert "the integration user is inactive" in ran.log


def test_silence_is_retried_whatever_on_undetermined_says(org: FakeOrg, run_task: RunTask) -> None:
    """There is nothing to go on with."""
    with org.fault(reset=True):
        ran = run_task("refresh", objects=["Account"], retries=1, options={"on_undetermined": "proceed"})
    assert (ran.state, ran.tries) == ("failed", 2)


@pytest.mark.parametrize(
    ("store", "tries", "said"),
    [
        ("none", 1, "[sf_health] store is 'none'"),
        ("sqlite:////proc/no/store.db", 2, "nothing was remembered: The store"),
    ],
)
def test_without_a_store_there_is_nothing_to_refresh(
    run_task: RunTask, monkeypatch: pytest.MonkeyPatch, store: str, tries: int, said: str
) -> None:
    """Chosen so, it is a mistake in the DAG; a store that fails may work at the next try."""
    monkeypatch.setenv("AIRFLOW__SF_HEALTH__STORE", store)
    ran = run_task("refresh", objects=["Account"], retries=1)
    assert (ran.state, ran.tries) == ("failed", tries)
    assert said in ran.log


def test_a_task_that_names_no_object_is_refused() -> None:
    """While the DAG file is read, or when the template renders to nothing."""
    with pytest.raises(RequirementsError, match="Name what is to be described"):
        SalesforceRefreshMetadataOperator(task_id="t")
    with pytest.raises(RequirementsError, match=r"Did you mean 'objects'\?"):
        SalesforceRefreshMetadataOperator(task_id="t", requirements={"objcts": {}})


def test_a_template_that_names_no_object_fails_at_once(org: FakeOrg, run_task: RunTask) -> None:
    """Salesforce hears nothing."""
    ran = run_task("refresh", objects="{{ none }}", retries=3)
    assert (ran.state, ran.tries, org.counts().http_requests) == ("failed", 1, 0)


def test_a_dead_ready_session_is_renewed(org: FakeOrg, crm_prod: Callable[..., None]) -> None:
    """Once, where the connection has a flow of its own; else the refresh tells that the session is dead."""
    ready = org.connection("session")["extra"]
    for fields, flow in (({}, "session"), (ready, "jwt")):
        crm_prod(flow, **fields)
        org.expire_sessions()
        found = refresh(resolve("crm_prod"), ["Account"], memory(settings()))
        assert bool(found.refusal) is (flow == "session")
        assert found.kept == (() if flow == "session" else ("Account",))
        assert found.report.may_proceed is (flow != "session")


def test_what_it_leaves_holds_no_secret(
    org: FakeOrg, crm_prod: Callable[..., None], run_task: RunTask, store: str
) -> None:
    """Neither XCom nor log nor store."""
    crm_prod("password")
    ran = run_task("refresh", objects=["Account"])
    kept = b"".join(each.read_bytes() for each in Path(store.removeprefix("sqlite:///")).parent.iterdir())
    secrets = [str(org.connection("password")["password"]), str(org.connection("password")["extra"]["consumer_secret"])]
    assert (ran.state, bool(kept)) == ("success", True)
    assert not [each for each in secrets if each in ran.log + json.dumps(ran.report) or each.encode() in kept]


def test_it_drops_what_a_hook_keeps(org: FakeOrg, run_task: RunTask) -> None:
    """The describes of a caching hook, in the API version that the connection pins, are as old as what is replaced."""
    store = memory(settings())
    assert store is not None
    SalesforceHealthHook("crm_prod", cache_metadata=True).describe_object("Account")
    pinned = Whose(org.state.org.id, org.user().id, "59.0")
    assert store.newest(pinned, "Account") is not None
    run_task("refresh", objects=["Contact"])
    assert store.newest(pinned, "Account") is not None
    run_task("refresh", objects=["account"])
    assert store.newest(pinned, "Account") is None


def test_it_keeps_who_the_user_is(org: FakeOrg, crm_prod: Callable[..., None]) -> None:
    """So that whose the schemas are need not be asked again. A user who is known stays as at the last good look."""
    connection, store = resolve("crm_prod"), memory(settings())
    assert store is not None
    refresh(connection, ["Account"], store)
    first = store.who_came_by(door(connection))
    assert first is not None
    assert (first.user_id, first.username) == (org.user().id, org.user().username)
    refresh(connection, ["Account"], store)
    assert store.who_came_by(door(connection)) == first


def test_it_tells_all_that_anybody_has_yet_to_accept(org: FakeOrg, crm_prod: Callable[..., None]) -> None:
    """Also where another task has taken the change for right."""
    connection, store = resolve("crm_prod"), memory(settings())
    for use in ({"update": ["AccountNumber"]}, ["Id"]):
        examine(connection, Requirements.of({"objects": {"Account": use}}), memory=store)
    BREAKING["shortened"][0](org)
    examine(connection, Requirements.of({"objects": {"Account": ["Id"]}}), memory=store)
    for changes in (1, 0):
        [found] = refresh(connection, ["Account"], store).objects
        assert len(found.changes) == changes


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A distribution with three caches, of which one works; gives the file in which that one notes what it was told."""
    told = tmp_path / "told.json"
    site = tmp_path / "site"
    info = site / "acme_caches-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: acme-caches\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(
        "[airflow_sf_health.caches]\nappflow = acme_caches:reset\nbroken = acme_caches:fail\nmissing = acme_caches:nothing\n"
    )
    (site / "acme_caches.py").write_text(
        "import dataclasses, json, pathlib\n"
        f"def reset(schema): pathlib.Path({str(told)!r}).write_text(json.dumps(dataclasses.asdict(schema)))\n"
        "def fail(schema): raise RuntimeError('refused, access_token=abcdef123456')\n"
    )
    monkeypatch.syspath_prepend(str(site))
    caches.found.cache_clear()
    yield told
    caches.found.cache_clear()


def test_the_sites_caches_are_reset(org: FakeOrg, run_task: RunTask, installed: Path) -> None:
    """Each is told whose schema was refreshed; one that fails is a warning, and the refresh stands."""
    ran = run_task("refresh", objects=["Account"])
    assert ran.state == "success", ran.log
    assert json.loads(installed.read_text()) == {
        "conn_id": "crm_prod",
        "org_id": org.state.org.id,
        "username": org.user().username,
        "objects": ["Account"],
    }
    assert [each["name"] for each in ran.report["caches"] if not each["problem"]] == ["appflow"]
    assert "The cache 'broken' was not reset: RuntimeError: refused" in ran.log
    assert "abcdef123456" not in ran.log


def test_no_cache_is_reset_for_nothing(org: FakeOrg, run_task: RunTask, installed: Path) -> None:
    """Where no object was described, there is nothing new to read."""
    assert run_task("refresh", objects=["Acount"]).state == "failed"
    assert not installed.exists()


def test_a_slow_describe_ends_with_the_time_limit(
    org: FakeOrg, crm_prod: Callable[..., None], caplog: pytest.LogCaptureFixture
) -> None:
    """The others are kept; the slow one is told."""
    caplog.set_level(logging.INFO)
    crm_prod("jwt", examination_timeout=3)
    org.describe_latency["Contact"] = 20
    found = refresh(resolve("crm_prod"), ["Account", "Contact"], memory(settings()))
    assert found.kept == ("Account",)
    assert [each.name for each in found.objects if each.refusal] == ["Contact"]
