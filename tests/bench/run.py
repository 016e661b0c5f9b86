"""Print how fast it is: ratios measured in one run, each beside its floor and the stock hook (`make bench`).

The fake org runs in a process of its own, so that it does not share the interpreter with what is measured.
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))


@contextlib.contextmanager
def fake_org() -> Iterator[str]:
    """A fake org in its own process, and the environment set to lead here; gives the address of its control endpoint."""
    command = [sys.executable, "-m", "airflow_sf_health.cli", "fake-org"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            control = ""
            for line in process.stdout:
                if "control: " in line:
                    control = line.rpartition("control: ")[2].strip().rstrip(")")
                if line.startswith("export "):
                    break
            yield control
        finally:
            process.terminate()


def main() -> int:
    from airflow_sf_health.testing.remote import call

    with airflow_home(), fake_org() as control:
        os.environ.update(call("GET", "/environ", None, control))
        from bench import compare, diagnosis, imports, mapped, policy, preflight, relogin, rotations, sharing, triggers

        for section in (
            lambda: preflight.run(control),
            lambda: relogin.run(control),
            imports.run,
            policy.run,
            diagnosis.run,
            compare.run,
            triggers.run,
            lambda: sharing.run(control),
            mapped.run,
            rotations.run,
        ):
            print(section(), end="\n\n", flush=True)
    return 0


@contextlib.contextmanager
def airflow_home() -> Iterator[None]:
    """An Airflow of the bench's own, before anything imports Airflow: whoever runs this may have one that is in use."""
    with tempfile.TemporaryDirectory(prefix="sf-health-bench-") as home:
        os.environ["AIRFLOW_HOME"] = home
        os.environ["AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"] = f"sqlite:///{Path(home) / 'airflow.db'}"
        os.environ["AIRFLOW__LOGGING__LOGGING_LEVEL"] = "ERROR"
        subprocess.run([sys.executable, "-m", "airflow", "db", "migrate"], check=True, stdout=subprocess.DEVNULL)
        yield


@contextlib.contextmanager
def environment(variables: Mapping[str, str]) -> Iterator[None]:
    """These variables while the block runs, and at its end all as before, whatever it has set."""
    before = dict(os.environ)
    os.environ.update(variables)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


def set_latency(control: str, seconds: float, part_seconds: float = 0.0) -> None:
    from airflow_sf_health.testing.remote import call

    call("POST", "/set", {"latency": seconds, "part_latency": part_seconds}, control)


def connection_fields(name: str) -> dict[str, Any]:
    """The fields of one of the fake org's connections, as the environment holds it."""
    fields: dict[str, Any] = json.loads(os.environ[f"AIRFLOW_CONN_SF_{name.upper()}"])
    return fields


if __name__ == "__main__":
    sys.exit(main())
