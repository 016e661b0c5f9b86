"""The cluster policy in a whole Airflow, which reads and runs DAGs that nobody has touched."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from importlib.metadata import entry_points
from pathlib import Path

import pytest
from living import AWAY, DAGS, Living, Task, living, processed

from airflow_sf_health import compat
from airflow_sf_health.testing import FakeOrg

POLICY = "airflow_sf_health.cluster_policy"
pytestmark = [
    pytest.mark.skipif(not compat.AIRFLOW_V_3_3_PLUS, reason="a whole Airflow is started of the main version only"),
    pytest.mark.skipif(
        POLICY not in {each.value for each in entry_points(group="airflow.policy")},
        reason="Airflow finds the policy of an installed package only",
    ),
]
MISSING = "crm_missing"
OUTAGES = (f"{AWAY}-retry", f"{AWAY}-fail", f"{AWAY}-proceed", f"{MISSING}-retry")
UNTOUCHED = (
    "sync_accounts.update_accounts",
    "sync_accounts.insert_parts",
    "recalculate.call_apex",
    "recalculate.own_export",
)
OTHERS = ("sync_accounts.count_rows", "plain.first", "plain.second")
ALL = len(UNTOUCHED) + len(OTHERS) + len(OUTAGES) + len(("guarded.preflight", "guarded.delete_accounts"))


@pytest.fixture(scope="module")
def airflow(tmp_path_factory: pytest.TempPathFactory, migrated_database: Path) -> Iterator[Living]:
    """One that has run all DAGs, with the policy `inject` and a user who was deactivated."""
    home = tmp_path_factory.mktemp("live")
    folder = home / "dags"
    shutil.copytree(DAGS / "enforced", folder)
    for name in OUTAGES:
        shutil.copy(DAGS / "outage" / "outage.py", folder / f"{name}.py")
    with FakeOrg() as org:
        variables = {**org.environ("live"), "AIRFLOW__SF_HEALTH__CLUSTER_POLICY": "inject"}
        org.user().active = False
        with living(home, migrated_database, folder, variables) as lives:
            for conn_id in ("crm_prod", AWAY):
                fields = org.connection("jwt")
                lives.connect(conn_id, fields["login"], json.dumps(fields["extra"]))
            lives.start_dags()
            lives.wait_until_done(ALL)
            yield lives


@pytest.mark.parametrize("name", UNTOUCHED)
def test_each_salesforce_task_fails_at_once_with_the_advice(airflow: Living, name: str) -> None:
    """Its two retries are not spent, and what its log has is for whoever is on call."""
    assert airflow.tasks()[name] == Task("failed", 1)
    log = airflow.log_of(name)
    assert "user_inactive" in log
    assert "tick Active" in log
    assert "2 retries were not spent" in log


@pytest.mark.parametrize("name", OTHERS)
def test_each_other_task_succeeds(airflow: Living, name: str) -> None:
    """Beside a task that is guarded now, and in DAGs that have none."""
    assert airflow.tasks()[name] == Task("success", 1)
    assert "airflow_sf_health" not in airflow.log_of(name)


def test_a_task_that_its_author_has_guarded_is_guarded_once(airflow: Living) -> None:
    """The preflight fails, and the task behind it does not begin."""
    assert airflow.tasks()["guarded.preflight"] == Task("failed", 1)
    assert airflow.tasks()["guarded.delete_accounts"].state == "upstream_failed"


@pytest.mark.parametrize(
    ("chosen", "state", "said"),
    [
        ("retry", "up_for_retry", "time may heal it"),
        ("fail", "failed", "as on_undetermined says"),
        ("proceed", "up_for_retry", "The task goes on all the same"),
    ],
)
def test_an_api_server_that_fails_is_no_missing_connection(airflow: Living, chosen: str, state: str, said: str) -> None:
    """It answers 500 for the connection, of which Airflow says that it isn't defined: what then happens is the site's choice."""
    name = f"{AWAY}-{chosen}.update_accounts"
    assert airflow.tasks()[name] == Task(state, 1)
    log = airflow.log_of(name)
    assert "airflow_unavailable" in log
    assert "HTTP status 500" in log
    assert said in log
    assert "connection_not_found" not in log
    assert ("AirflowNotFoundException" in log) == (chosen == "proceed")


def test_a_connection_that_is_missing_is_said_to_be(airflow: Living) -> None:
    """The API server has answered that it has none, and its database that it is there: no retry is spent."""
    name = f"{MISSING}-retry.update_accounts"
    assert airflow.tasks()[name] == Task("failed", 1)
    log = airflow.log_of(name)
    assert "connection_not_found" in log
    assert "airflow_unavailable" not in log


def test_what_is_required_and_not_there_is_an_import_error(tmp_path: Path, migrated_database: Path) -> None:
    """Of exactly the files with an unguarded task that no baseline has; each names the line to add, and all other DAGs are active."""
    from airflow_sf_health.enforcement.baseline import Baseline

    folder, baseline = tmp_path / "dags", tmp_path / "baseline.json"
    shutil.copytree(DAGS / "enforced", folder)
    entries = [("recalculate.py", "recalculate", each) for each in ("call_apex", "own_export")]
    baseline.write_text(Baseline.of(entries).text())
    variables = {
        "AIRFLOW__SF_HEALTH__CLUSTER_POLICY": "require",
        "AIRFLOW__SF_HEALTH__POLICY_BASELINE": str(baseline),
    }
    found = processed(tmp_path / "home", migrated_database, folder, variables)
    assert list(found.errors) == ["sync_accounts.py"], found.said
    assert "pre_execute=preflight_hook()" in found.errors["sync_accounts.py"]
    assert found.active == {"recalculate", "plain", "guarded"}
