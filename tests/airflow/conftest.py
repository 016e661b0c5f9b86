"""A real Airflow for these tests: beside the home that each worker has, a migrated SQLite database in it."""

from __future__ import annotations

import fcntl
import functools
import importlib
import importlib.util
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from drifting import USES

from airflow_sf_health.testing import FakeOrg

if TYPE_CHECKING:
    from matrix.run import Matrix

DAGS = Path(__file__).parent / "dags"
LINKS = ("ArticleLink", "SetupPageLink")


@pytest.fixture(scope="session")
def migrated_database() -> Path:
    """A database with Airflow's tables and nothing in them, which nobody may change; the first worker makes it for all."""
    migrated = Path(os.environ["SF_HEALTH_TESTS_SHARED_HOME"], "migrated")
    migrated.mkdir(exist_ok=True)
    with (migrated / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (migrated / "done").exists():
            _migrate(migrated)
            (migrated / "done").touch()
    return migrated / "airflow.db"


@pytest.fixture(scope="session", autouse=True)
def airflow_home(migrated_database: Path) -> Path:
    """The home of this worker's Airflow, with a database of its own."""
    home = Path(os.environ["AIRFLOW_HOME"])
    shutil.copy(migrated_database, home / "airflow.db")
    return home


@pytest.fixture(scope="session", autouse=True)
def _one_api_server() -> None:
    """Each `dag.test()` of Airflow 3.1 makes an API server of its own in this process, which takes seconds, and leaves its thread and
    sockets behind, until the process may open no more. Later versions keep one; so do we.
    """
    if importlib.util.find_spec("airflow.sdk") is None:
        return
    supervisor: Any = importlib.import_module("airflow.sdk.execution_time.supervisor")
    if not hasattr(supervisor.in_process_api_server, "cache_info"):
        supervisor.in_process_api_server = functools.cache(supervisor.in_process_api_server)


@pytest.fixture(autouse=True)
def _no_task_is_parsed(monkeypatch: pytest.MonkeyPatch) -> None:
    """A `dag.test()` of Airflow 3.1 leaves behind of which task's process this is, and a worker reports nothing."""
    for name in ("_AIRFLOW_PARSING_CONTEXT_DAG_ID", "_AIRFLOW_PARSING_CONTEXT_TASK_ID"):
        monkeypatch.delenv(name, raising=False)


def _migrate(home: Path) -> None:
    variables = os.environ | {
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{home}/airflow.db",
    }
    command = [sys.executable, "-m", "airflow", "db", "migrate"]
    done = subprocess.run(command, env=variables, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(autouse=True)
def store(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> str:
    """The URL of a store of the test's own: what one test's org taught is no memory of another's, though both have the same ids."""
    url = f"sqlite:///{tmp_path_factory.mktemp('store')}/store.db"
    monkeypatch.setenv("AIRFLOW__SF_HEALTH__STORE", url)
    return url


@pytest.fixture
def load_dag(airflow_home: Path) -> Callable[..., Any]:
    """Put a DAG file among this Airflow's DAGs, where `dag.test()` of 3.x wants it, and give the DAG in it."""

    def load(file: Path, name: str = "dag") -> Any:
        folder = airflow_home / "dags"
        folder.mkdir(exist_ok=True)
        spec = importlib.util.spec_from_file_location(file.stem, shutil.copy(file, folder))
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        sys.modules[file.stem] = module
        spec.loader.exec_module(module)
        return getattr(module, name)

    return load


@pytest.fixture
def crm_prod(connect_to_fake_org: Callable[..., None]) -> Callable[..., None]:
    """Make Airflow's connection `crm_prod` lead to the fake org, by the flow of that name; by JWT until it is called."""
    connect = functools.partial(connect_to_fake_org, "crm_prod")
    connect()
    return connect


@pytest.fixture
def lock_file(org: FakeOrg, crm_prod: Callable[..., None], airflow_home: Path) -> str:
    """The name of a lock file beside the DAG, of the org as it is at the start."""
    from airflow_sf_health.edges.connections import resolve  # here, since Airflow reads its home when it is imported
    from airflow_sf_health.metadata_refresh import refresh
    from airflow_sf_health.requirements import Requirements
    from airflow_sf_health.schema import lock as locks

    required = Requirements.of(USES)
    found = refresh(resolve("crm_prod"), required.objects or (), None)
    lock = locks.make(required, {each.name: each.shape for each in found.objects if each.shape is not None})
    (airflow_home / "dags").mkdir(exist_ok=True)
    (airflow_home / "dags" / "crm.lock.json").write_text(locks.dumps(lock))
    return "crm.lock.json"


@dataclass(frozen=True)
class Ran:
    """What is left of a task that ran: its state, the number of its tries, its log, and what it left in XCom."""

    state: str
    tries: int
    log: str
    report: dict[str, Any] | None
    links: dict[str, str | None]
    """Of Airflow 3, which asks for them when a task ends."""
    instance: Any
    dag: Any


@pytest.fixture
def run_task(
    crm_prod: Callable[..., None],
    load_dag: Callable[..., Any],
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> Callable[..., Ran]:
    """Run our operator or sensor on `crm_prod` as the one task of a DAG, by `dag.test()`."""

    def run(kind: str = "operator", *, retry_delay: float = 0.0, native: bool = False, **arguments: Any) -> Ran:
        task = {"kind": kind, "retry_delay": retry_delay, "native": native, "arguments": arguments}
        monkeypatch.setenv("SF_HEALTH_ONE_TASK", json.dumps(task))
        dag = load_dag(DAGS / "one_task.py")
        capfd.readouterr()
        [instance] = dag.test().get_task_instances()
        said = capfd.readouterr()
        return Ran(
            state=str(instance.state),
            tries=instance.try_number,
            log=said.out + said.err,
            report=instance.xcom_pull(task_ids="task"),
            links={name: instance.xcom_pull(task_ids="task", key=f"_link_{name}") for name in LINKS},
            instance=instance,
            dag=dag,
        )

    return run


@pytest.fixture
def matrix(org: FakeOrg, load_dag: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> Matrix:
    """Runs each login flow through each edge."""
    from matrix.run import Matrix  # here, since it imports Airflow, which reads its home then

    return Matrix(org, load_dag, monkeypatch.setenv)
