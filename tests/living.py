"""A whole Airflow of a test's own: DAG processor, scheduler, LocalExecutor and API server, on SQLite, which runs the DAGs of a folder.

The connections `AWAY` are what its API server answers with status 500 for.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from demo.airflow_home import settings
from demo.standalone import Standalone, ask, free_port

DAGS = Path(__file__).parent / "airflow" / "dags"
AWAY = "crm_away"
PLUGIN = f"""
from airflow.plugins_manager import AirflowPlugin
from starlette.responses import JSONResponse


class Outage:
    def __init__(self, app):
        self.app = app

    async def __call__(self, scope, receive, send):
        is_asked = scope["type"] == "http" and scope["path"].endswith("/connections/{AWAY}")
        answers = JSONResponse({{"detail": "Internal server error"}}, 500) if is_asked else self.app
        await answers(scope, receive, send)


class OutagePlugin(AirflowPlugin):
    name = "outage"
    fastapi_root_middlewares = [{{"name": "outage", "middleware": Outage, "args": [], "kwargs": {{}}}}]
"""
QUICK = {
    "AIRFLOW__CORE__DAGS_ARE_PAUSED_AT_CREATION": "True",
    "AIRFLOW__SCHEDULER__SCHEDULER_IDLE_SLEEP_TIME": "0.3",
    # A worker asks that often for what the API server answers with an error, and waits in between.
    "AIRFLOW__WORKERS__EXECUTION_API_RETRIES": "3",
    "AIRFLOW__WORKERS__EXECUTION_API_RETRY_WAIT_MIN": "0.1",
    "AIRFLOW__WORKERS__EXECUTION_API_RETRY_WAIT_MAX": "0.2",
    # By default it gives up after 5 s, which the first answers may take on a busy machine; such a task has no log at all.
    "AIRFLOW__WORKERS__EXECUTION_API_TIMEOUT": "60",
}
SECONDS = 180.0
"""For all of it: the start takes about 15, on a slow machine more."""


@dataclass(frozen=True, slots=True)
class Task:
    """What became of a task: its state, and the number of its tries."""

    state: str | None
    tries: int


class Living:
    """An Airflow that runs, and what it says of itself.

    :raises TimeoutError: by whatever waits, when the time is over.
    """

    def __init__(self, airflow: Standalone, folder: Path) -> None:
        self._airflow, self._folder = airflow, folder
        self._deadline = time.monotonic() + SECONDS

    def connect(self, conn_id: str, login: str | None, extra: str) -> None:
        """Put a connection into its database."""
        row = {"connection_id": conn_id, "conn_type": "salesforce", "login": login, "extra": extra}
        ask(self._airflow.url, "/api/v2/connections", row, "POST")

    def start_dags(self) -> None:
        """Switch all DAGs on, when they have been read; each has one run."""
        files = len(list(self._folder.glob("*.py")))
        self._until(lambda: self._total("/api/v2/dags") + self._total("/api/v2/importErrors") >= files)
        ask(self._airflow.url, "/api/v2/dags?dag_id_pattern=%25", {"is_paused": False}, "PATCH")

    def wait_until_ready(self) -> None:
        self._until(lambda: self._total("/api/v2/dags") >= 0)

    def wait_until_done(self, tasks: int) -> None:
        """Wait until so many task instances have ended, or wait for their next try."""
        rests = {"success", "failed", "skipped", "upstream_failed", "up_for_retry"}
        self._until(lambda: sum(each.state in rests for each in self.tasks().values()) >= tasks)

    def tasks(self) -> dict[str, Task]:
        """All tasks by ``dag.task``."""
        found = ask(self._airflow.url, "/api/v2/dags/~/dagRuns/~/taskInstances?limit=100")["task_instances"]
        return {f"{each['dag_id']}.{each['task_id']}": Task(each["state"], each["try_number"]) for each in found}

    def log_of(self, name: str) -> str:
        """What a task's log file has of its first try."""
        dag_id, _, task_id = name.partition(".")
        folders = (self._airflow.home / "logs" / f"dag_id={dag_id}").glob(f"run_id=*/task_id={task_id}")
        return "".join(file.read_text(errors="replace") for folder in folders for file in folder.rglob("attempt=1.log"))

    def _total(self, path: str) -> int:
        return int(ask(self._airflow.url, path)["total_entries"])

    def _until(self, fact: Callable[[], bool]) -> None:
        while not self._is_so(fact):
            if not self._airflow.runs() or time.monotonic() > self._deadline:
                said = self._airflow.log.read_text(errors="replace").splitlines()
                raise TimeoutError("\n".join(line for line in said if "http.access" not in line)[-5_000:])
            time.sleep(0.5)

    def _is_so(self, fact: Callable[[], bool]) -> bool:
        try:
            return fact()
        except OSError:
            return False  # not up yet


@contextmanager
def living(home: Path, database: Path, folder: Path, variables: Mapping[str, str]) -> Iterator[Living]:
    """Run it until the block ends; then end all of its processes.

    :param home: an empty folder; ``database`` is a migrated one, of which it takes a copy.
    """
    _furnish(home, database)
    airflow = Standalone(home, free_port(), {**QUICK, "AIRFLOW__CORE__DAGS_FOLDER": str(folder), **variables})
    try:
        lives = Living(airflow, folder)
        lives.wait_until_ready()
        yield lives
    finally:
        airflow.end()


@dataclass(frozen=True, slots=True)
class Processed:
    """What the DAG processor left in the database: the text of each file's import error, and the DAGs that are active."""

    errors: dict[str, str]
    active: set[str]
    said: str


def processed(home: Path, database: Path, folder: Path, variables: Mapping[str, str]) -> Processed:
    """Have the DAG processor read each file of a folder once."""
    _furnish(home, database)
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("AIRFLOW_", "_AIRFLOW_"))}
    environment |= settings(home) | {"AIRFLOW__CORE__DAGS_FOLDER": str(folder), **variables}
    command = [sys.executable, "-m", "airflow", "dag-processor", "--num-runs", "1"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=SECONDS)
    with sqlite3.connect(home / "airflow.db") as base:
        errors: dict[str, str] = dict(base.execute("SELECT filename, stacktrace FROM import_error"))
        active: list[tuple[Any, ...]] = base.execute("SELECT dag_id FROM dag WHERE NOT is_stale").fetchall()
    base.close()
    return Processed(errors, {str(each) for (each,) in active}, done.stdout + done.stderr)


def _furnish(home: Path, database: Path) -> None:
    home.mkdir(parents=True, exist_ok=True)
    shutil.copy(database, home / "airflow.db")
    (home / "plugins").mkdir(exist_ok=True)
    (home / "plugins" / "outage.py").write_text(PLUGIN)
