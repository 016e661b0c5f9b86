"""The states of the org that the demo goes through, and what each does to an example DAG."""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from demo.airflow_home import ADMIN, CONN_ID, DIAGNOSTIC_CONN_ID

from airflow_sf_health.present.payload import load
from airflow_sf_health.report import Report
from airflow_sf_health.testing import FakeOrg
from airflow_sf_health.testing.connections import Connection, as_json
from airflow_sf_health.testing.remote import call

MESSAGE_BEGINS = f"Salesforce connection '{CONN_ID}' is unhealthy"


@dataclass(frozen=True)
class Outcome:
    """What came of one state: the guarding task's end and the report that it left."""

    state: State
    report: Report
    task_state: str
    tries: int
    allowed_tries: int
    guarded_ran: bool
    message: str

    def surprises(self) -> Iterator[str]:
        """Where it is not what the state should lead to; a demo that shows nonsense must not pass."""
        seen = (str(self.report.verdict), self.cause, self.task_state, self.tries)
        expected = (self.state.verdict, self.state.cause, self.state.task_state, self.state.tries)
        if seen != expected:
            yield f"expected {expected}, and it was {seen}"
        if self.guarded_ran is not (self.state.task_state == "success"):
            yield "the guarded task ran" if self.guarded_ran else "the guarded task did not run"
        if bool(self.report.repairs) is not self.state.repaired:
            yield f"repairs: {self.report.repairs}"

    @property
    def cause(self) -> str:
        main = self.report.main
        return (main.cause or "") if main else ""


@dataclass(frozen=True)
class State:
    """One state: how the org is brought into it, which DAG meets it, and what must come of it.

    ``changes`` are the keys of ``sf-health fake-org set``; ``prepare`` does what is no key. ``requires`` is what the preflight
    requires beyond what stands in the DAG.
    """

    title: str
    changes: dict[str, Any] = field(default_factory=dict)
    prepare: Callable[[FakeOrg], object] = lambda org: None
    connection: Callable[[FakeOrg], Connection] = lambda org: org.connection("jwt")
    requires: dict[str, Any] = field(default_factory=dict)
    dag: str = "salesforce_nightly_import"
    guard: str = "preflight"
    verdict: str = "healthy"
    cause: str = ""
    task_state: str = "success"
    repaired: bool = False
    tries: int = 1

    def play(self, org: FakeOrg, log: Path) -> Outcome:
        """Bring the org into the state, run the DAG by ``dag.test()``, and give what came of it."""
        org.reset()
        os.environ[f"AIRFLOW_CONN_{CONN_ID.upper()}"] = as_json(self.connection(org))
        os.environ[f"AIRFLOW_CONN_{DIAGNOSTIC_CONN_ID.upper()}"] = as_json(org.connection("jwt", username=ADMIN))
        call("POST", "/set", self.changes, org.control_url)
        self.prepare(org)
        before = log.stat().st_size if log.exists() else 0
        with _output_to(log):
            run = self._dag().test()
        tasks = {each.task_id: each for each in run.get_task_instances()}
        guard = tasks[self.guard]
        return Outcome(
            state=self,
            report=load(_payload(run, self.guard)),
            task_state=str(guard.state),
            tries=guard.try_number,
            allowed_tries=guard.max_tries + 1,
            guarded_ran=any(str(tasks[name].state) == "success" for name in GUARDED if name in tasks),
            message=_message(log.read_text(errors="replace")[before:]),
        )

    def _dag(self) -> Any:
        dag = _load(self.dag)
        guard = dag.get_task(self.guard)
        if self.requires:
            guard.requirements = {**(guard.requirements or {}), **self.requires}
        # Minutes between two looks or tries are right at night, and long in a demo.
        if hasattr(guard, "poke_interval"):
            guard.poke_interval = 2
        for task in dag.tasks:
            task.retry_delay = timedelta(seconds=1)
        return dag


GUARDED = ("upsert_accounts", "sync_accounts")
"""The tasks that do the work in the example DAGs."""


def _ready_session_with_a_key(org: FakeOrg) -> Connection:
    """A session that something else has made, and beside it what a login of its own needs.

    Its org stands in ``instance``: the stock operator's JWT login would read an ``instance_url`` as a part of a host name.
    """
    session_id = org.connection("session")["extra"]["session_id"]
    return org.connection("jwt", session_id=session_id, instance=org.state.org.host)


def _revoke_grants(org: FakeOrg) -> None:
    for token in org.state.refresh_tokens:
        token.revoked = True


STATES = (
    State("healthy"),
    State(
        "user deactivated",
        {"user.active": False},
        verdict="unhealthy",
        cause="user_inactive",
        task_state="failed",
    ),
    State(
        "user frozen, which the login masks",
        {"user.frozen": True},
        verdict="unhealthy",
        cause="bad_credentials",
        task_state="failed",
        tries=4,
    ),
    State(
        "user frozen, a second user asked",
        {"user.frozen": True},
        connection=lambda org: org.connection("jwt", diagnostic_conn_id=DIAGNOSTIC_CONN_ID),
        verdict="unhealthy",
        cause="user_frozen_or_locked",
        task_state="failed",
    ),
    State(
        "password expired",
        {"user.password_expired": True},
        connection=lambda org: org.connection("soap_token"),
        verdict="unhealthy",
        cause="password_expired",
        task_state="failed",
    ),
    State(
        "refresh token revoked",
        connection=lambda org: org.connection("refresh_token"),
        prepare=_revoke_grants,
        verdict="unhealthy",
        cause="refresh_token_expired",
        task_state="failed",
    ),
    State(
        "address not allowed",
        {"profile.login_ip_ranges": "198.51.100.1-198.51.100.9"},
        verdict="unhealthy",
        cause="login_ip_restricted",
        task_state="failed",
    ),
    State(
        "API version too old",
        connection=lambda org: org.connection("jwt", version="29.0"),
        verdict="unhealthy",
        cause="api_version_retired",
        task_state="failed",
    ),
    State(
        "API permission lost",
        {"user.permissions.ApiEnabled": False},
        verdict="unhealthy",
        cause="api_disabled_for_user",
        task_state="failed",
    ),
    State(
        "licence changed",
        {"user.permissions.ViewSetup": True, "user.license": "Salesforce"},
        requires={"user_license": "Salesforce Integration"},
        verdict="unhealthy",
        cause="license_missing_or_expired",
        task_state="failed",
    ),
    State(
        "wrong org",
        requires={"sandbox": True},
        verdict="unhealthy",
        cause="wrong_org",
        task_state="failed",
    ),
    State(
        "a used field renamed",
        {"schema.Invoice__c.fields.Amount__c.name": "Total__c"},
        dag="salesforce_erp_revenue",
        verdict="unhealthy",
        cause="schema_changed",
        task_state="failed",
    ),
    State(
        "session expired, repaired",
        connection=_ready_session_with_a_key,
        prepare=lambda org: org.expire_sessions(),
        repaired=True,
    ),
    State(
        "maintenance, then recovery",
        prepare=lambda org: org.fault(path="/services/*", body="maintenance", times=3),
        dag="salesforce_sync_when_healthy",
        guard="wait_until_healthy",
    ),
    State("healthy again"),
)


def _load(name: str) -> Any:
    """The DAG of an example file; loaded anew each time, since the demo changes what it loaded."""
    sys.modules.pop(name, None)
    folder = os.environ["AIRFLOW__CORE__DAGS_FOLDER"]
    if folder not in sys.path:
        sys.path.insert(0, folder)
    return importlib.import_module(name).dag


def _payload(run: Any, task_id: str) -> dict[str, Any]:
    """The report that the task left in XCom, whether it succeeded or failed."""
    from airflow.models.xcom import XComModel
    from airflow.utils.session import create_session

    query = XComModel.get_many(run_id=run.run_id, key="return_value", task_ids=[task_id], dag_ids=[run.dag_id])
    with create_session() as session:
        row: Any = session.execute(query).all()[0][0]
        value = row.value
    payload: dict[str, Any] = json.loads(value) if isinstance(value, str) else value
    return payload


@contextlib.contextmanager
def _output_to(log: Path) -> Iterator[None]:
    """Send what this process prints, at the level of file descriptors, to a file for a while."""
    sys.stdout.flush()
    sys.stderr.flush()
    kept = os.dup(1), os.dup(2)
    with log.open("ab") as file:
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)
        try:
            yield
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            for number, descriptor in zip((1, 2), kept, strict=True):
                os.dup2(descriptor, number)
                os.close(descriptor)


def _message(text: str) -> str:
    """The first whole message in the log: from its headline, which a blank line follows, to the address of the cause's page."""
    lines = text.splitlines()
    first = next((n for n, line in enumerate(lines[:-1]) if MESSAGE_BEGINS in line and not lines[n + 1].strip()), None)
    if first is None:
        return ""
    last = next(n for n, line in enumerate(lines[first:], first) if line.startswith("  cause "))
    page = lines[last + 1].partition(" [")[0]  # behind it Airflow names the logger
    return "\n".join([lines[first][lines[first].index(MESSAGE_BEGINS) :], *lines[first + 1 : last + 1], page])
