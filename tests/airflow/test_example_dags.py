"""The DAGs of `dags/`, as they stand there, in a healthy org and in one that refuses."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from airflow_sf_health import cli, guard
from airflow_sf_health.enforcement.judging import judged
from airflow_sf_health.provider_info import CONFIG_OPTIONS
from airflow_sf_health.testing import FakeOrg

DAGS = Path(__file__).parent.parent.parent / "dags"
REVENUE = "salesforce_erp_revenue"
TWO = "salesforce_two_imports"
REAUTHENTICATE = "salesforce_reauthenticate"
GUARDED = {
    "salesforce_nightly_import": ("preflight", "upsert_accounts"),
    "salesforce_sync_when_healthy": ("wait_until_healthy", "sync_accounts"),
    REVENUE: ("preflight", "revenues"),
    TWO: ("preflight_accounts", "upsert_accounts"),
    "salesforce_guarded_group": ("preflight_crm_prod", "load.accounts"),
    "salesforce_guarded_dag": ("preflight_crm_prod", "upsert_accounts"),
}
INSIDE = {
    "salesforce_own_queue": ["upsert_invoices"],
    "salesforce_preflight_functions": ["count", "count"],
}
"""Tasks that examine by themselves, in DAGs without a preflight of its own; mapped ones once for each instance."""
WAIVED = "salesforce_waived"


@pytest.fixture
def example(airflow_home: Path, crm_prod: Callable[..., None], load_dag: Callable[..., Any]) -> Callable[[str], Any]:
    """Load the DAG of this name, with what stands beside it and a connection `crm_prod` that leads to the fake org."""

    def load(name: str) -> Any:
        (airflow_home / "dags").mkdir(exist_ok=True)
        for file in DAGS.glob(f"{name}.*"):
            shutil.copy(file, airflow_home / "dags")
        return load_dag(DAGS / f"{name}.py")

    return load


@pytest.fixture(params=GUARDED)
def guarded(request: pytest.FixtureRequest, example: Callable[[str], Any]) -> Any:
    """Each DAG."""
    return example(request.param)


def states(run: Any) -> dict[str, str]:
    return {instance.task_id: str(instance.state) for instance in run.get_task_instances()}


def test_in_a_healthy_org_everything_runs(org: FakeOrg, guarded: Any) -> None:
    """Guard and guarded task succeed."""
    assert set(states(guarded.test()).values()) == {"success"}


def test_in_an_org_that_refuses_the_guarded_task_does_not_start(org: FakeOrg, guarded: Any) -> None:
    """The guard fails on its first try, and no row is read or written."""
    org.user().active = False
    run = guarded.test()
    first, task = GUARDED[guarded.dag_id]
    assert states(run)[first] == "failed"
    assert states(run)[task] == "upstream_failed"
    assert [instance.try_number for instance in run.get_task_instances() if instance.task_id == first] == [1]
    assert org.counts().api_calls == 0


@pytest.mark.parametrize("name", [*INSIDE, WAIVED])
def test_in_a_healthy_org_what_has_no_preflight_of_its_own_runs(
    org: FakeOrg, example: Callable[[str], Any], name: str
) -> None:
    """Tasks that examine by themselves succeed, and so does one that does not."""
    assert set(states(example(name).test()).values()) == {"success"}


@pytest.mark.parametrize("name", INSIDE)
def test_in_an_org_that_refuses_tasks_that_examine_by_themselves_fail_at_once(
    org: FakeOrg, example: Callable[[str], Any], name: str
) -> None:
    """Each fails on its first try, and no row is read or written."""
    org.user().active = False
    run = example(name).test()
    failed = [each for each in run.get_task_instances() if each.state == "failed"]
    assert [each.task_id for each in failed] == INSIDE[name]
    assert {each.try_number for each in failed} == {1}
    assert org.counts().api_calls == 0


def test_what_does_not_use_salesforce_runs_whatever_it_says(org: FakeOrg, example: Callable[[str], Any]) -> None:
    """Of a DAG that is guarded as a whole, the task for the warehouse waits for no preflight."""
    org.user().active = False
    assert states(example("salesforce_guarded_dag").test()) == {
        "preflight_crm_prod": "failed",
        "upsert_accounts": "upstream_failed",
        "insert_contacts": "upstream_failed",
        "what_has_changed": "success",
        "tell_the_warehouse": "success",
    }


def test_to_guard_them_again_changes_nothing(example: Callable[[str], Any]) -> None:
    """The group and the whole DAG are guarded as they stand; of the tasks with a guard inside none gets another."""
    for name in ("salesforce_guarded_group", "salesforce_guarded_dag", "salesforce_own_queue"):
        dag = example(name)
        before = {task.task_id: set(task.upstream_task_ids) for task in dag.tasks}
        guard(dag)
        assert {task.task_id: set(task.upstream_task_ids) for task in dag.tasks} == before


def test_the_waiver_counts_while_it_says(example: Callable[[str], Any]) -> None:
    """The task without a guard is in order until its date, and no longer."""
    dag = example(WAIVED)
    counts = [judged(dag, today=day)[0].is_in_order for day in (date(2027, 6, 30), date(2027, 7, 1))]
    assert counts == [True, False]


@pytest.mark.usefixtures("shared")
def test_mapped_functions_share_one_examination(org: FakeOrg, example: Callable[[str], Any]) -> None:
    """A whole further run of them asks nothing more: the verdict is for all, and the function with other needs has its own."""
    example("salesforce_preflight_functions").test()
    once = examinations(org)
    example("salesforce_preflight_functions").test()
    assert (once > 0, examinations(org)) == (True, once)


def test_the_import_writes_its_rows(org: FakeOrg, example: Callable[[str], Any]) -> None:
    """The stock bulk operator behind the preflight does its work."""
    example("salesforce_nightly_import").test()
    keys = {row["ERP_Id__c"] for row in org.state.records["Account"].values()}
    assert {"ERP-100", "ERP-101"} <= keys


def test_the_revenues_are_summed_up(org: FakeOrg, example: Callable[[str], Any]) -> None:
    """What the invoices of an account amount to stands in the account."""
    example(REVENUE).test()
    written = {row["ERP_Id__c"]: row["AnnualRevenue"] for row in org.state.records["Account"].values()}
    assert written["ERP-1"] == 99.5


def test_a_field_that_is_renamed_stops_the_revenues(org: FakeOrg, example: Callable[[str], Any]) -> None:
    """A change of what the task uses fails its preflight at once, by the lock file alone, and no row is read or written."""
    org.state.schema["Invoice__c"].rename("Amount__c", "Total__c")
    run = example(REVENUE).test()
    instances = {each.task_id: each for each in run.get_task_instances()}
    preflight = instances["preflight"]
    assert (preflight.state, preflight.try_number) == ("failed", 1)
    assert preflight.xcom_pull(task_ids="preflight")["cause"] == "schema_changed"
    assert str(instances["revenues"].state) == "upstream_failed"


def test_a_field_that_nobody_uses_may_go(org: FakeOrg, example: Callable[[str], Any]) -> None:
    """Other fields are no matter."""
    org.state.schema["Account"].remove("Fax")
    assert set(states(example(REVENUE).test()).values()) == {"success"}


@pytest.fixture
def shared(monkeypatch: pytest.MonkeyPatch) -> None:
    """Verdicts and logins are shared as they are where nothing else is said."""
    for name, option in CONFIG_OPTIONS.items():
        if name.endswith("_ttl"):
            monkeypatch.setenv(f"AIRFLOW__SF_HEALTH__{name.upper()}", option["default"])


def examinations(org: FakeOrg) -> int:
    return org.counts().by_path.get("/services/data/v64.0/composite", 0)


@pytest.mark.usefixtures("shared")
def test_two_imports_cost_one_examination(org: FakeOrg, example: Callable[[str], Any]) -> None:
    """The second preflight takes over the verdict of the first; only the stock operators make logins of their own."""
    run = example(TWO).test()
    assert set(states(run).values()) == {"success"}
    assert (examinations(org), org.counts().logins) == (1, 1 + 2)


@pytest.mark.usefixtures("shared")
def test_who_wants_a_look_of_its_own_triggers_with_a_parameter(org: FakeOrg, example: Callable[[str], Any]) -> None:
    """With `sf_health_max_age` 0 each preflight asks Salesforce."""
    example(TWO).test(run_conf={"sf_health_max_age": 0})
    assert examinations(org) == 2


@pytest.mark.usefixtures("shared")
def test_on_call_has_a_connection_log_in_now(org: FakeOrg, example: Callable[[str], Any]) -> None:
    """What was remembered of a refused login does not count, and the report says what was done."""
    dag = example(REAUTHENTICATE)
    org.user().active = False
    assert states(dag.test()) == {"reauthenticate": "failed"}
    org.user().active = True
    [instance] = dag.test().get_task_instances()
    assert instance.state == "success"
    done = instance.xcom_pull(task_ids="reauthenticate")["reauthenticated"]
    assert (done["login"], done["shared"]) == ("made", True)


def test_the_lock_file_is_what_the_command_writes(crm_prod: Callable[..., None], tmp_path: Path) -> None:
    """The lock file beside the DAG is made by the words that stand in its requirements file."""
    made, kept = tmp_path / "made.json", DAGS / f"{REVENUE}.lock.json"
    requirements = str(DAGS / f"{REVENUE}.yaml")
    assert cli.main(["metadata", "lock", "crm_prod", "--requirements", requirements, "-o", str(made)]) == 0
    assert made.read_text() == kept.read_text()


@pytest.mark.parametrize("name", [*GUARDED, *INSIDE, WAIVED, REAUTHENTICATE])
def test_they_surprise_nobody_who_switches_them_on(name: str, example: Callable[[str], Any]) -> None:
    """No run for the past, and not two at a time."""
    dag = example(name)
    assert (dag.catchup, dag.max_active_runs) == (False, 1)
