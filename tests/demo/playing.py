"""One state of the org in the demo: how it is brought about, which DAG meets it, and what came of it."""

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

from clearing import clear, run_again
from demo.airflow_home import ADMIN, CONN_ID, DIAGNOSTIC_CONN_ID, LIFETIMES, variable

from airflow_sf_health import cli
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
    guarded_ran: bool | None
    """Whether the tasks behind it did their work; None where there are none."""
    logged: str
    message: str

    def surprises(self) -> Iterator[str]:
        """Where it is not what the state should lead to; a demo that shows nonsense must not pass."""
        seen = (str(self.report.verdict), self.cause, self.task_state, self.tries)
        expected = (self.state.verdict, self.state.cause, self.state.task_state, self.state.tries)
        if seen != expected:
            yield f"expected {expected}, and it was {seen}"
        if self.guarded_ran not in (None, self.state.task_state == "success"):
            yield "the guarded task ran" if self.guarded_ran else "the guarded task did not run"
        if bool(self.report.repairs) is not self.state.repaired:
            yield f"repairs: {self.report.repairs}"
        if self.state.sends_nothing and (self.report.cost.http_requests or self.report.cost.logins):
            yield f"it was to send nothing, and sent something: {self.report.cost}"
        if self.state.says not in self.logged:
            yield f"the log does not say {self.state.says!r}"

    @property
    def cause(self) -> str:
        main = self.report.main
        return (main.cause or "") if main else ""


@dataclass(frozen=True)
class State:
    """One state: how the org is brought into it, which DAG meets it, and what must come of it.

    ``changes`` are the keys of ``sf-health fake-org set``; ``prepare`` does what is no key. ``requires`` is what the preflight
    requires beyond what stands in the DAG. ``shares``: logins and verdicts are shared as in production, while each look asks anew
    elsewhere, since the org changes within seconds here. ``mended`` are changes after the DAG has failed, and before somebody clears its
    failed tasks. ``says`` must stand in the log.
    """

    title: str
    changes: dict[str, Any] = field(default_factory=dict)
    prepare: Callable[[FakeOrg], object] = lambda org: None
    connection: Callable[[FakeOrg], Connection] = lambda org: org.connection("jwt")
    requires: dict[str, Any] = field(default_factory=dict)
    shares: bool = False
    mended: dict[str, Any] = field(default_factory=dict)
    dag: str = "salesforce_nightly_import"
    guard: str = "preflight"
    verdict: str = "healthy"
    cause: str = ""
    task_state: str = "success"
    repaired: bool = False
    tries: int = 1
    sends_nothing: bool = False
    says: str = ""

    def play(self, org: FakeOrg, log: Path) -> Outcome:
        """Bring the org into the state, run the DAG by ``dag.test()``, and give what came of it."""
        org.reset()
        os.environ[variable(CONN_ID)] = as_json(self.connection(org))
        os.environ[variable(DIAGNOSTIC_CONN_ID)] = as_json(org.connection("jwt", username=ADMIN))
        for name in LIFETIMES:
            os.environ.pop(name, None) if self.shares else os.environ.update({name: "0"})
        before = log.stat().st_size if log.exists() else 0
        with _output_to(log):
            cli.main(["reset", CONN_ID])  # what an earlier state left
            call("POST", "/set", self.changes, org.control_url)
            self.prepare(org)
            dag = self._dag()
            run = dag.test()
            if self.mended:
                call("POST", "/set", self.mended, org.control_url)
                clear(dag, run.run_id, [each.task_id for each in run.get_task_instances() if each.state != "success"])
                run_again(dag, run.run_id)
        return self._outcome(dag, run, log.read_text(errors="replace")[before:])

    def _outcome(self, dag: Any, run: Any, logged: str) -> Outcome:
        tasks = {each.task_id: each for each in run.get_task_instances()}
        guard, guarded = tasks[self.guard], dag.get_task(self.guard).downstream_task_ids
        return Outcome(
            state=self,
            report=load(_payload(run, self.guard)),
            task_state=str(guard.state),
            tries=guard.try_number,
            allowed_tries=guard.max_tries + 1,
            guarded_ran=any(tasks[name].state == "success" for name in guarded) if guarded else None,
            logged=logged,
            message=_message(logged),
        )

    def _dag(self) -> Any:
        dag = _load(self.dag)
        guard = dag.get_task(self.guard)
        if self.requires:
            guard.requirements = {**(guard.requirements or {}), **self.requires}
        # Minutes between two looks or tries are right at night, and long in a demo.
        if hasattr(guard, "poke_interval"):
            guard.poke_interval = 0.5
        for task in dag.tasks:
            task.retry_delay = timedelta(0)
        return dag


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
