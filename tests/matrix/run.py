"""Runs the DAG of the matrix: each login flow through each edge, against the fake org in one state."""

from __future__ import annotations

import io
import json
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from airflow_sf_health import cli
from airflow_sf_health.compat import AIRFLOW_V_3_0_PLUS, AIRFLOW_V_3_3_PLUS, AirflowFailException, AirflowSensorTimeout
from airflow_sf_health.exceptions import VerdictError
from airflow_sf_health.hooks.salesforce import SalesforceHealthHook
from airflow_sf_health.present.payload import load
from airflow_sf_health.report import Report, Verdict
from airflow_sf_health.testing import FakeOrg
from matrix.outcome import Outcome
from matrix.states import FLOWS

HERE = FLOWS if AIRFLOW_V_3_3_PLUS else ("jwt", "soap_token", "session")
"""The login flows of the runs on this Airflow. What another Airflow does otherwise has nothing to do with the flow, so there one
of each kind is enough.
"""
FILE = Path(__file__).parents[1] / "airflow/dags/flows_and_edges.py"
TELLS_ERRORS = AIRFLOW_V_3_3_PLUS or not AIRFLOW_V_3_0_PLUS
"""Whether ``dag.test()`` of this Airflow hands callbacks the exception; that of 3.1 does not, though its workers do."""
EXIT_CODES = {Verdict.HEALTHY: 0, Verdict.UNHEALTHY: 1, Verdict.UNDETERMINED: 3, Verdict.DEGRADED: 4}
"""Of ``sf-health check --strict``, as its page says."""
MOST_REQUESTS = 10
"""HTTP requests of one examination at most: a login, a call, both once more as a repair, each repeated once on a stumble."""
MOST_LOGINS, MOST_CALLS = 4, 4


@dataclass(frozen=True)
class Cell:
    """What came of one flow through one edge."""

    flow: str
    edge: str
    report: Report | None
    limit: float
    failed: bool = False
    error: BaseException | None = None
    """What a failed task ended with, where Airflow tells."""
    """Seconds that the connection allows an examination."""

    def __str__(self) -> str:
        return f"{self.flow} by {self.edge}"


def unlike(cell: Cell, outcome: Outcome) -> Iterator[str]:
    """Where a cell is not as it must be, in sentences."""
    if cell.report is None:
        yield f"left no report, and ended with {cell.error!r}"
        return
    yield from (*outcome.differences(cell.report), *_end(cell, outcome), *costs_too_much(cell))


def costs_too_much(cell: Cell) -> Iterator[str]:
    """Where an examination took more requests, logins, calls or time than it may."""
    assert cell.report is not None
    cost = cell.report.cost
    spent = (cost.http_requests, cost.logins, cost.api_calls)
    if any(each > most for each, most in zip(spent, (MOST_REQUESTS, MOST_LOGINS, MOST_CALLS), strict=True)):
        yield f"cost {spent} requests, logins and API calls"
    if cost.seconds > cell.limit + 1.5:
        yield f"took {cost.seconds} s, and {cell.limit} s are its limit"


def _end(cell: Cell, outcome: Outcome) -> Iterator[str]:
    """How the task ended; hook and command line give their report whatever that says."""
    ends = "success" if cell.edge in ("hook", "command line") else outcome.ends
    kinds: dict[str, tuple[type[BaseException], ...]] = {"final": (AirflowFailException,), "retry": (VerdictError,)}
    if ends == "success" or not TELLS_ERRORS:
        fits = cell.failed is (ends != "success")
    elif ends == "retry" and cell.edge != "operator" and isinstance(cell.error, AirflowSensorTimeout):
        fits = True
    else:
        fits = isinstance(cell.error, kinds[ends]) and isinstance(cell.error, AirflowFailException) is (ends == "final")
    if not fits:
        how = type(cell.error).__name__ if cell.error else "failure" if cell.failed else "success"
        yield f"ended with {how}, and not as '{ends}'"


@dataclass(frozen=True)
class Matrix:
    """Runs the DAG: makes a connection for each flow, brings the org into a state, and gives what came of each cell."""

    org: FakeOrg
    load_dag: Callable[..., Any]
    setenv: Callable[[str, str], None]

    def __call__(
        self,
        enter: Callable[[FakeOrg], object],
        *,
        extra: Mapping[str, Any] | None = None,
        requires: Mapping[str, Any] | None = None,
        limit: float = 20.0,
    ) -> list[Cell]:
        """One run, with a cell for each flow and edge.

        :param enter: brings the org into the state, once the connections are made.
        :param extra: extras of each connection; ``requires``: what each task requires.
        :param limit: seconds that each examination may take.
        """
        for flow in HERE:
            self._connect(flow, {"examination_timeout": limit, **(extra or {})})
        self.setenv("SF_HEALTH_MATRIX", json.dumps({"flows": HERE, "requires": dict(requires or {})}))
        dag = self.load_dag(FILE)
        ended = sys.modules[FILE.stem].ENDED
        enter(self.org)
        cells = [Cell(flow, "hook", _examined(flow, requires), limit) for flow in HERE]
        cells += [Cell(flow, "command line", _commanded(flow, requires), limit) for flow in HERE]
        for instance in dag.test().get_task_instances():
            flow, _, edge = instance.task_id.partition(".")
            failed = str(instance.state) != "success"
            cells.append(Cell(flow, edge, _report(instance), limit, failed, ended.get(instance.task_id)))
        return cells

    def _connect(self, flow: str, extra: Mapping[str, Any]) -> None:
        fields = {name: value for name, value in self.org.connection(flow, **extra).items() if value is not None}
        self.setenv(f"AIRFLOW_CONN_MATRIX_{flow.upper()}", json.dumps({"conn_type": "salesforce", **fields}))


def _examined(flow: str, requires: Mapping[str, Any] | None) -> Report:
    """What the hook finds; it raises nothing, whatever that is."""
    return SalesforceHealthHook(f"matrix_{flow}").examine(dict(requires or {}))


def _commanded(flow: str, requires: Mapping[str, Any] | None) -> Report:
    """What ``sf-health check`` prints, whose exit code says the verdict."""
    out = io.StringIO()
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file, redirect_stdout(out):
        json.dump(dict(requires or {}), file)
        file.flush()
        code = cli.main(["check", f"matrix_{flow}", "--requirements", file.name, "--json", "--strict"])
    report = load(json.loads(out.getvalue()))
    assert code == EXIT_CODES[report.verdict], f"exit code {code} for {report.verdict}"
    return report


def _report(instance: Any) -> Report | None:
    payload = instance.xcom_pull(task_ids=instance.task_id)
    return load(payload) if payload else None
