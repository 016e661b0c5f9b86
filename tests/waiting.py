"""Many deferred sensors in a live triggerer: made in the database as deferral leaves them, and run by `airflow triggerer`.

For tests and the bench. `AIRFLOW_HOME` must have a migrated database, and nothing else must run on it.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from airflow_sf_health.testing import FakeOrg

DAG_FILE = Path(__file__).parent / "airflow" / "dags" / "many_sensors.py"


@dataclass
class Waiting:
    """The sensors that wait, and the triggerer that waits for them."""

    triggerer: subprocess.Popen[bytes]
    log_file: Path
    clients: list[str]
    """The name under which the fake org counts each connection's requests."""
    run_id: str

    @property
    def log(self) -> str:
        return self.log_file.read_text(errors="replace")

    def states(self) -> Counter[str]:
        """How many tasks are in which state; an event makes a deferred one `scheduled`, since no scheduler runs."""
        from airflow.models.taskinstance import TaskInstance
        from airflow.utils.session import create_session

        with create_session() as session:
            rows = session.query(TaskInstance.state).filter(TaskInstance.run_id == self.run_id).all()
        return Counter(str(state) for (state,) in rows)

    def cancel(self, most: int) -> None:
        """Take so many tasks away from their triggers, as somebody does who marks them failed."""
        from airflow.models.taskinstance import TaskInstance
        from airflow.utils.session import create_session

        with create_session() as session:
            deferred = session.query(TaskInstance).filter(
                TaskInstance.run_id == self.run_id, TaskInstance.state == "deferred"
            )
            for instance in deferred.limit(most).all():
                instance.state = "failed"

    def until(self, fact: Callable[[], object], seconds: float = 60.0) -> None:
        """Wait until it is so, and look ten times in a second.

        :raises TimeoutError: it is not; with what the triggerer said.
        """
        deadline = time.monotonic() + seconds
        while not fact():
            if time.monotonic() > deadline:
                raise TimeoutError(f"not so within {seconds:g} s; triggerer ({self.triggerer.poll()}):\n{self.log}")
            time.sleep(0.1)

    def alive(self) -> bool:
        """Whether triggerer and trigger runner go on, by what they say."""
        return self.triggerer.poll() is None and "has died" not in self.log


@contextmanager
def waiting(org: FakeOrg, *, sensors: int, connections: int, poke_interval: float) -> Iterator[Waiting]:
    """So many sensors on so many connections, deferred, in a triggerer of their own until the block ends."""
    home = Path(os.environ["AIRFLOW_HOME"])
    conn_ids = [f"waiting_{number}" for number in range(connections)]
    variables = _variables(home, sensors, conn_ids)
    _connect(org, conn_ids)
    run_id = f"waiting_{time.time_ns()}"
    _airflow(variables, "dags", "reserialize")
    _airflow(variables, "dags", "trigger", "many_sensors", "--run-id", run_id)
    _defer(run_id, conn_ids, poke_interval)
    log_file = home / f"triggerer-{run_id}.log"
    with log_file.open("wb") as log:
        command = [sys.executable, "-m", "airflow", "triggerer", "--skip-serve-logs"]
        triggerer = subprocess.Popen(command, env=variables, stdout=log, stderr=subprocess.STDOUT)
    try:
        yield Waiting(triggerer, log_file, conn_ids, run_id)
    finally:
        _end(triggerer)


def _variables(home: Path, sensors: int, conn_ids: list[str]) -> dict[str, str]:
    """An environment with the connections, and a folder of DAGs that has the one DAG in it."""
    folder = home / "waiting"
    folder.mkdir(exist_ok=True)
    shutil.copy(DAG_FILE, folder)
    return {
        **os.environ,
        "SF_HEALTH_MANY_SENSORS": str(sensors),
        "SF_HEALTH_MANY_CONNECTIONS": ",".join(conn_ids),
        "AIRFLOW__CORE__DAGS_FOLDER": str(folder),
    }


def _end(triggerer: subprocess.Popen[bytes]) -> None:
    triggerer.terminate()
    try:
        triggerer.wait(20)
    except subprocess.TimeoutExpired:
        triggerer.kill()
        triggerer.wait()


def _connect(org: FakeOrg, conn_ids: list[str]) -> None:
    """A connection each in the database, so that the trigger runner has to ask its supervisor for it. It goes through the
    proxy by a name of its own, and so is counted by itself.
    """
    from airflow.models import Connection
    from airflow.utils.session import create_session

    for conn_id in conn_ids:
        fields = org.connection("jwt", proxies={"https": org.environ(conn_id)["HTTPS_PROXY"]})
        extra = json.dumps(fields["extra"])
        row = Connection(conn_id=conn_id, conn_type="salesforce", login=fields["login"], extra=extra)
        with create_session() as session:
            session.query(Connection).filter(Connection.conn_id == conn_id).delete()
            session.add(row)


def _airflow(variables: dict[str, str], *arguments: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "airflow", *arguments], env=variables, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise RuntimeError(done.stdout + done.stderr)


def _defer(run_id: str, conn_ids: list[str], poke_interval: float) -> None:
    """Put the run's tasks into the state in which a sensor's `defer()` leaves them."""
    from airflow.models.taskinstance import TaskInstance
    from airflow.models.trigger import Trigger
    from airflow.utils.session import create_session

    with create_session() as session:
        # Those of tests before this one, whose classes no triggerer finds.
        session.query(TaskInstance).update({TaskInstance.trigger_id: None}, synchronize_session=False)
        session.query(Trigger).delete(synchronize_session=False)
    with create_session() as session:
        not_deferred = session.query(TaskInstance).filter(TaskInstance.run_id == run_id)
        numbers = [int(instance.task_id.removeprefix("sensor_")) for instance in not_deferred]
    # Made outside: on 2.11 a session is the thread's, and what makes a row closes it on the way.
    rows = {n: Trigger.from_object(_trigger(conn_ids[n % len(conn_ids)], poke_interval)) for n in numbers}
    with create_session() as session:
        session.add_all(rows.values())
        session.flush()
        for instance in session.query(TaskInstance).filter(TaskInstance.run_id == run_id).all():
            row = rows[int(instance.task_id.removeprefix("sensor_"))]
            instance.state, instance.trigger_id = "deferred", row.id
            instance.next_method, instance.next_kwargs, instance.try_number = "execute_complete", {}, 1


def _trigger(conn_id: str, poke_interval: float) -> Any:
    from airflow_sf_health.edges.preflight import Preflight
    from airflow_sf_health.triggers.salesforce import SalesforceHealthTrigger

    preflight = Preflight.of(conn_id, None, None, None)
    return SalesforceHealthTrigger(preflight.as_dict(), poke_interval=poke_interval)
