"""`airflow standalone` as a process that one can wait for, ask and end."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import psutil
from demo.airflow_home import DAGS, settings

START_WITHIN = 180.0
"""Seconds; a fresh home takes about 15, a slow machine more."""
STOP_WITHIN = 30.0


class NotStarted(Exception):
    """Airflow did not come up; the text says what is known."""


class Standalone:
    """Scheduler, DAG processor, triggerer and web server of one Airflow home, with one user, who needs no password.

    :param variables: what the processes see beside this process's environment, the connections foremost.
    """

    def __init__(self, home: Path, port: int, variables: Mapping[str, str]) -> None:
        self.home, self.url, self.log = home, f"http://localhost:{port}", home / "airflow.log"
        environment = {
            name: value for name, value in os.environ.items() if not name.startswith(("AIRFLOW_", "_AIRFLOW_"))
        }
        environment["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{environment.get('PATH', os.defpath)}"
        with self.log.open("wb") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "airflow", "standalone"],
                env={**environment, **settings(home), **_alone(port), **variables},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # else Ctrl-C would reach all of its processes, at once and in no order
            )

    def wait_until_ready(self, given_up: Callable[[], bool] = lambda: False) -> None:
        """Return when all parts are healthy and the example DAGs are on, or when it is given up.

        :raises NotStarted: it ended by itself, or took too long.
        """
        deadline = time.monotonic() + START_WITHIN
        while not given_up() and not self._is_ready():
            if self._process.poll() is not None:
                raise NotStarted(f"`airflow standalone` ended by itself (exit code {self._process.returncode}).")
            if time.monotonic() > deadline:
                raise NotStarted(f"Airflow was not ready within {START_WITHIN:g} s.")
            time.sleep(0.5)
        # Not before: a task that begins earlier than the web server fails, because it reports to it.
        for each in [] if given_up() else ask(self.url, "/api/v2/dags")["dags"]:
            ask(self.url, f"/api/v2/dags/{each['dag_id']}", {"is_paused": False}, "PATCH")

    def runs(self) -> bool:
        return self._process.poll() is None

    def end(self) -> None:
        """End all of its processes, those of running tasks too."""
        if self.runs():
            # On a SIGTERM it would end alone, and leave the others running.
            self._process.send_signal(signal.SIGINT)
        psutil.wait_procs(self.family(), STOP_WITHIN)
        left = self.family()
        for each in left:
            each.kill()
        psutil.wait_procs(left, STOP_WITHIN)
        self._process.poll()  # else it would be taken for one that runs, though psutil has seen its end

    def family(self) -> list[psutil.Process]:
        """Each of its processes that lives, whoever is its parent by now: all are of the session that it began."""
        return [each for each in psutil.process_iter() if _session_of(each) == self._process.pid]

    def _is_ready(self) -> bool:
        try:
            parts = _call(f"{self.url}/api/v2/monitor/health").values()
            if any(part["status"] != "healthy" for part in parts):
                return False
            return bool(ask(self.url, "/api/v2/dags")["total_entries"] >= len(list(DAGS.glob("*.py"))))
        except OSError:
            return False


def ask(url: str, path: str, body: Any = None, method: str | None = None) -> Any:
    """The JSON that the web server at this address answers to its only user.

    :raises OSError: it does not answer, or refuses.
    """
    token = _call(f"{url}/auth/token")["access_token"]
    return _call(f"{url}{path}", body, method, {"Authorization": f"Bearer {token}"})


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def is_free(port: int) -> bool:
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def _alone(port: int) -> dict[str, str]:
    """What keeps it small, on loopback, open to whoever sits at this machine, and out of another Airflow's way."""
    return {
        "AIRFLOW__API__HOST": "127.0.0.1",
        "AIRFLOW__API__PORT": str(port),
        "AIRFLOW__API__BASE_URL": f"http://localhost:{port}",
        "AIRFLOW__API__WORKERS": "1",
        "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"http://localhost:{port}/execution/",
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS": "True",
        "AIRFLOW__CORE__DAGS_ARE_PAUSED_AT_CREATION": "True",
        "AIRFLOW__CORE__PARALLELISM": "4",
        "AIRFLOW__CORE__TEST_CONNECTION": "Enabled",
        "AIRFLOW__LOGGING__WORKER_LOG_SERVER_PORT": str(free_port()),
        "AIRFLOW__LOGGING__TRIGGER_LOG_SERVER_PORT": str(free_port()),
    }


def _call(url: str, body: Any = None, method: str | None = None, headers: Mapping[str, str] | None = None) -> Any:
    data = None if body is None else json.dumps(body).encode()
    head = {"Content-Type": "application/json", **(headers or {})}
    request = urllib.request.Request(url, data, head, method=method)
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with direct.open(request, timeout=60) as response:
        return json.load(response)


def _session_of(process: psutil.Process) -> int | None:
    try:
        return os.getsid(process.pid) if process.status() != psutil.STATUS_ZOMBIE else None
    except (psutil.Error, OSError):
        return None
