"""`make up` as its user meets it (`make up-check`): it comes up, its DAGs run, Ctrl-C leaves nothing behind.

No file of the test run, since it takes a minute; named so that only `make up-check` finds it.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psutil
import pytest
from demo.standalone import ask, free_port

UP = Path(__file__).with_name("up.py")
SF_HEALTH = Path(sys.executable).with_name("sf-health")
DAG = "/api/v2/dags/salesforce_nightly_import/dagRuns"


class Up:
    """A running `make up`, with what it has printed so far."""

    def __init__(self, folder: Path, port: int) -> None:
        self.url, self.printed = f"http://localhost:{port}", folder / "printed"
        # A folder of its own, so that it is not taken for the fake org of somebody's `make up`.
        self.variables = {**os.environ, "PORT": str(port), "XDG_RUNTIME_DIR": str(folder), "NO_COLOR": "1"}
        with self.printed.open("wb") as printed:
            self.process = psutil.Popen(
                [sys.executable, str(UP)], env=self.variables, stdout=printed, stderr=subprocess.STDOUT
            )

    def until(self, fact: Callable[[], object], seconds: float) -> None:
        deadline = time.monotonic() + seconds
        while not fact():
            assert self.process.is_running(), self.text
            assert time.monotonic() < deadline, self.text
            time.sleep(0.3)

    @property
    def text(self) -> str:
        return self.printed.read_text()

    def change(self, *arguments: str) -> None:
        subprocess.run([SF_HEALTH, "fake-org", *arguments], env=self.variables, check=True)

    def run(self, **conf: Any) -> dict[str, str]:
        """Trigger the import as the browser does, and give the states in which its tasks end."""
        run = ask(self.url, DAG, {"logical_date": None, "conf": conf})["dag_run_id"]
        one = f"{DAG}/{quote(run, safe='')}"
        self.until(lambda: ask(self.url, one)["state"] in ("success", "failed"), 120)
        return {each["task_id"]: each["state"] for each in ask(self.url, f"{one}/taskInstances")["task_instances"]}


@pytest.fixture
def up(tmp_path: Path) -> Iterator[Up]:
    running = Up(tmp_path, free_port())
    family: list[Any] = []
    try:
        running.until(lambda: "Ctrl-C ends everything" in running.text, 240)
        family = running.process.children(recursive=True)
        yield running
    finally:
        if running.process.is_running():
            running.process.send_signal(signal.SIGINT)
            running.process.wait(90)
        for each in family:
            if each.is_running():
                each.kill()


def test_it_runs_the_example_dags_until_ctrl_c(up: Up) -> None:
    """The import succeeds, fails at the preflight once the user is inactive, and Ctrl-C ends each process and takes the home."""
    assert set(up.run().values()) == {"success"}
    up.change("set", "user.active=false")
    # The verdict of a few seconds ago would be shared.
    states = up.run(sf_health_max_age=0)
    assert states == {"changed_accounts": "success", "preflight": "failed", "upsert_accounts": "upstream_failed"}
    family = up.process.children(recursive=True)
    homes = set(UP.parents[2].glob(".venv/up-*"))

    up.process.send_signal(signal.SIGINT)

    assert up.process.wait(90) == 0
    assert [each for each in family if each.is_running()] == []
    assert up.text.endswith("Stopped.\n")
    assert "Traceback" not in up.text
    assert any(not home.exists() for home in homes)


def test_a_port_that_is_taken_is_said_at_once(tmp_path: Path) -> None:
    """Where something else listens, one sentence says so and what to do."""
    import socket

    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        port = listener.getsockname()[1]
        done = subprocess.run(
            [sys.executable, UP], env={**os.environ, "PORT": str(port)}, capture_output=True, text=True, check=False
        )
    assert done.returncode == 2
    assert done.stderr == f"Port {port} is taken. Give another one: make up PORT={port + 10}\n"
    assert done.stdout == ""
