"""Bulk loads with refused rows, by real `dag.test()` runs of the stock operator and of ours against a fake org."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from canaries import Canaries

from airflow_sf_health.testing import FakeOrg

Load = Callable[..., Any]
Row = dict[str, Any]
DAG = Path(__file__).parent / "dags" / "bulk_load.py"
BATCH = "/services/async/*/batch"
RESULT = "/services/async/*/result"


@dataclass(frozen=True)
class Ran:
    """What is left of the task `load`: states and tries by map index, its log, and what it left in XCom."""

    states: list[str]
    tries: list[int]
    log: str
    results: Any
    dag: Any

    @property
    def ended(self) -> tuple[str, int]:
        return self.states[0], self.tries[0]


@pytest.fixture
def load(
    crm_prod: Callable[..., None],
    load_dag: Callable[..., Any],
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> Load:
    """Load rows by a task on `crm_prod`, and give what came of it."""

    def run(kind: str, rows: list[Any], check: dict[str, Any] | None = None, **arguments: Any) -> Ran:
        wanted = {"kind": kind, "rows": rows, "check": check or {}, "arguments": arguments}
        monkeypatch.setenv("SF_HEALTH_BULK_LOAD", json.dumps(wanted))
        dag = load_dag(DAG)
        capfd.readouterr()
        instances = [each for each in dag.test().get_task_instances() if each.task_id == "load"]
        instances.sort(key=lambda each: each.map_index)
        said = capfd.readouterr()
        return Ran(
            states=[str(each.state) for each in instances],
            tries=[each.try_number for each in instances],
            log=said.out + said.err,
            # Of a mapped task, `xcom_pull` of 3.1 fails on today's SQLAlchemy.
            results=instances[0].xcom_pull(task_ids="load") if len(instances) == 1 else None,
            dag=dag,
        )

    return run


@pytest.fixture
def left(org: FakeOrg) -> str:
    """The id of a user who has left: inactive, and not the one who loads."""
    administrator = org.state.users[1]
    administrator.active = False
    return administrator.id


def accounts(number: int, **values: Any) -> list[Row]:
    return [{"Name": f"Account {each}", **values} for each in range(number)]


def written(org: FakeOrg) -> int:
    """Rows of the test, beside those that the org begins with."""
    return sum(str(row["Name"]).startswith("Account ") for row in org.state.records["Account"].values())


def test_the_stock_operator_alone_is_green_where_every_row_is_refused(org: FakeOrg, left: str, load: Load) -> None:
    """Why there is anything to check at all."""
    ran = load("bare", accounts(3, OwnerId=left))
    assert ran.ended == ("success", 1)
    assert written(org) == 0


def test_400_of_1000_rows_with_an_inactive_owner(org: FakeOrg, left: str, load: Load) -> None:
    """The stock operator with the check fails on its first try; 600 rows are written, and the log says all of it."""
    ran = load("stock", accounts(600) + accounts(400, OwnerId=left), retries=3)
    assert ran.ended == ("failed", 1)
    assert written(org) == 600
    assert (
        "Salesforce refused 400 of 1,000 rows (insert into Account, connection 'crm_prod'): records are to be"
        in ran.log
    )
    assert "insert into Account: 600 rows were written, 400 refused; may be refused: none" in ran.log
    assert "400 owner_inactive: INACTIVE_OWNER_OR_USER" in ran.log
    assert "rows 601, 602, 603, 604, 605 …: INACTIVE_OWNER_OR_USER: operation performed with inactive user" in ran.log
    assert "Failed at once; 3 retries were not spent." in ran.log
    assert "Do not simply clear this task: 600 rows were written" in ran.log
    assert "/causes/owner_inactive" in ran.log
    assert "SalesforceRowsRefused" in ran.log
    assert len(ran.results) == 1000


@pytest.mark.parametrize(
    ("share", "state"), [("40%", "success"), ("39.9%", "failed"), (400, "success"), (399, "failed")]
)
def test_so_many_rows_may_be_refused(left: str, load: Load, share: int | str, state: str) -> None:
    """Up to and including the allowed number or share the task succeeds, with a warning that has the counts."""
    ran = load("stock", accounts(600) + accounts(400, OwnerId=left), {"max_failed": share})
    assert ran.ended == (state, 1)
    assert "600 rows were written, 400 refused" in ran.log
    assert ("Do not simply clear" in ran.log) is (state == "failed")


def test_a_load_without_refusals_succeeds(org: FakeOrg, load: Load) -> None:
    """A good load is one line in the log, and its results are in XCom as ever."""
    ran = load("stock", accounts(5))
    assert ran.ended == ("success", 1)
    assert "insert into Account: all of 5 rows were written." in ran.log
    assert [row["success"] for row in ran.results] == [True] * 5
    assert written(org) == 5


def test_mapped_tasks_are_judged_one_by_one(org: FakeOrg, left: str, load: Load, tmp_path: Path) -> None:
    """Each of a mapped task's loads has its own share that may fail, its own verdict and its own file."""
    loads = [accounts(50), accounts(49) + accounts(1, OwnerId=left), accounts(48) + accounts(2, OwnerId=left)]
    ran = load("mapped", loads, {"max_failed": "2%", "failed_rows_to": str(tmp_path)})
    assert ran.states == ["success", "success", "failed"]
    assert written(org) == 147
    names = [file.name for file in sorted(tmp_path.iterdir())]
    assert [("map-1" in name, "map-2" in name) for name in names] == [(True, False), (False, True)]


def test_rows_from_an_upstream_task_are_known(left: str, load: Load, tmp_path: Path) -> None:
    """The payload is the rendered one, so that file and message are about the rows that were sent."""
    ran = load("upstream", accounts(1, OwnerId=left), {"failed_rows_to": str(tmp_path)})
    assert ran.ended == ("failed", 1)
    [file] = tmp_path.iterdir()
    assert json.loads(file.read_text())["payload"] == {"Name": "Account 0", "OwnerId": left}


def test_any_task_that_returns_results(org: FakeOrg, left: str, load: Load) -> None:
    """A task of the user's own that loads by simple-salesforce is judged too, as far as it tells what it did."""
    ran = load("taskflow", accounts(2) + accounts(1, OwnerId=left))
    assert ran.ended == ("failed", 1)
    assert "Salesforce refused 1 of 3 rows (load): records are to be owned by an inactive user" in ran.log
    assert written(org) == 2


def test_a_check_that_was_not_called_fails_at_once(load: Load) -> None:
    """`post_execute=check_bulk_results` without parentheses must neither pass for a check nor send the rows four times."""
    ran = load("uncalled", accounts(1), retries=3)
    assert ran.ended == ("failed", 1)
    assert "post_execute=check_bulk_results()" in ran.log


def test_results_that_are_kept_back_fail_at_once(load: Load) -> None:
    """With do_xcom_push=False the stock operator gives nothing to judge: that is said, and not taken for good."""
    ran = load("stock", accounts(1), do_xcom_push=False, retries=3)
    assert ran.ended == ("failed", 1)
    assert "do_xcom_push=False" in ran.log


def test_a_row_that_was_never_sent_is_missed(org: FakeOrg, load: Load) -> None:
    """simple-salesforce sends nothing of one row with batch_size="auto", and the stock operator succeeds; the check does not."""
    ran = load("stock", accounts(1), batch_size="auto")
    assert ran.ended == ("failed", 1)
    assert "Salesforce gave no result for this row" in ran.log
    assert written(org) == 0


def test_the_dag_is_serialized_the_same_each_time(load_dag: Callable[..., Any], load: Load) -> None:
    """Reading the file twice gives the same serialized DAG: no new version of it with each parse."""
    module = pytest.importorskip("airflow.serialization.serialized_objects")
    serialized = getattr(module, "DagSerialization", None) or module.SerializedDAG
    load("stock", accounts(1))
    first, second = (serialized.to_dict(load_dag(DAG)) for _ in range(2))
    assert first["dag"]["tasks"] == second["dag"]["tasks"]
    assert " at 0x" not in json.dumps(first["dag"]["tasks"], default=str)


# Whether Airflow tries again


LOCKED = {
    "statusCode": "UNABLE_TO_LOCK_ROW",
    "message": "unable to obtain exclusive access to this record",
    "fields": [],
}


def refused_by_lock(written: int) -> list[Row]:
    """Results of so many rows that were written, and of one that was not."""
    good = {"success": True, "created": False, "id": "001Zz0000000001AAA", "errors": []}
    return [good] * written + [{"success": False, "created": False, "id": None, "errors": [LOCKED]}]


def test_an_upsert_that_met_a_lock_is_tried_again(org: FakeOrg, load: Load) -> None:
    """Time heals a lock, and by an external id no row is written twice: the next try succeeds."""
    rows = [{"ERP_Id__c": f"E{each}", "Name": f"Account {each}"} for each in range(3)]
    with org.fault(path=RESULT, status=200, body=refused_by_lock(2), times=1):
        ran = load("stock", rows, operation="upsert", external_id_field="ERP_Id__c", retries=3)
    assert ran.ended == ("success", 2)
    assert "SalesforceRowsRefusedForNow" in ran.log
    assert "Airflow tries again: try 2 of 4" in ran.log
    assert written(org) == 3


def test_an_insert_that_met_a_lock_is_tried_again_where_nothing_was_written(org: FakeOrg, load: Load) -> None:
    """No row was written, so none can be written twice."""
    with org.fault(path=RESULT, status=200, body=refused_by_lock(0), times=1):
        ran = load("stock", accounts(1), retries=3)
    assert ran.ended == ("success", 2)


def test_an_insert_that_met_a_lock_is_not_tried_again_where_rows_were_written(org: FakeOrg, load: Load) -> None:
    """Time would heal the one row, and a retry would insert the other two again."""
    with org.fault(path=RESULT, status=200, body=refused_by_lock(2)):
        ran = load("stock", accounts(3), retries=3)
    assert ran.ended == ("failed", 1)
    assert "it would send the written rows again" in ran.log
    assert written(org) == 3


def test_rows_that_an_earlier_try_deleted_are_not_held_against_the_next(org: FakeOrg, load: Load) -> None:
    """A delete that met a lock is done by its second try, to which most rows are deleted already."""
    load("stock", accounts(3))
    ids = [row["Id"] for row in org.state.records["Account"].values() if str(row["Name"]).startswith("Account ")]
    with org.fault(path=RESULT, status=200, body=refused_by_lock(2), times=1):
        ran = load("stock", [{"Id": each} for each in ids], operation="delete", retries=1)
    assert ran.ended == ("success", 2)
    assert written(org) == 0
    assert load("stock", [{"Id": ids[0]}], operation="delete").ended == ("failed", 1)


# Our operator


def test_ours_examines_first_and_sends_nothing_where_the_user_is_inactive(org: FakeOrg, load: Load) -> None:
    """A deactivated user fails the task at once, by the examination inside it, and no job is opened."""
    org.user().active = False
    ran = load("own", accounts(2), retries=3)
    assert ran.ended == ("failed", 1)
    assert "Salesforce connection 'crm_prod' is unhealthy: the integration user is inactive." in ran.log
    assert not org.state.jobs


def test_ours_names_the_job(org: FakeOrg, left: str, load: Load) -> None:
    """The verdict is the same, with the job's id and the org's own links."""
    ran = load("own", accounts(6) + accounts(4, OwnerId=left), retries=3)
    assert ran.ended == ("failed", 1)
    [job] = org.state.jobs
    assert f"{job} in Setup > Bulk Data Load Jobs" in ran.log
    assert "SalesforceRowsRefused: Salesforce refused 4 of 10 rows" in ran.log
    assert f"https://{org.state.org.host}/lightning/setup/ManageUsers/home" in ran.log
    assert written(org) == 6


def test_ours_gives_what_the_stock_operator_gives(org: FakeOrg, load: Load) -> None:
    """A good load: one login for the examination, one for the client, and the results of the rows."""
    ran = load("own", accounts(3))
    assert ran.ended == ("success", 1)
    assert [row["success"] for row in ran.results] == [True] * 3
    assert org.counts().logins == 2


def test_ours_keeps_its_results_to_itself_where_it_is_told_to(left: str, load: Load) -> None:
    """do_xcom_push=False holds for XCom, and not for the verdict."""
    good, bad = load("own", accounts(2), do_xcom_push=False), load("own", accounts(1, OwnerId=left), do_xcom_push=False)
    assert (good.ended, bad.ended) == (("success", 1), ("failed", 1))
    assert good.results is None
    assert bad.results is None


def test_ours_can_be_mapped(org: FakeOrg, left: str, load: Load) -> None:
    """With a share that may fail, as the stock one."""
    ran = load("own_mapped", [accounts(50), accounts(49) + accounts(1, OwnerId=left)], {"max_failed": "1%"})
    assert ran.states == ["success", "failed"]
    assert written(org) == 99


def test_ours_logs_in_again_when_the_session_ends_on_the_way(org: FakeOrg, load: Load) -> None:
    """The session dies after the job was opened; one new login later all rows are written, once."""
    with org.fault(path=BATCH, status=401, times=1):
        ran = load("own", accounts(3))
    assert ran.ended == ("success", 1)
    assert written(org) == 3
    assert org.counts().logins == 3


def test_an_insert_that_breaks_off_is_not_tried_again(org: FakeOrg, load: Load) -> None:
    """When the connection is reset behind the first batch, nobody knows what was written: no second insert, and it is said."""
    with org.fault(path=BATCH, reset=True):
        ran = load("own", accounts(3), retries=3)
    assert ran.ended == ("failed", 1)
    assert "broke off" in ran.log
    assert "do not simply clear this task" in ran.log
    assert len(org.state.jobs) == 1


def test_an_insert_that_its_time_limit_ends_is_not_tried_again(org: FakeOrg, load: Load) -> None:
    """Airflow's time limit is no `Exception`, and it would retry; nobody knows what was written until then."""
    with org.fault(path=BATCH, delay=20.0):
        ran = load("own", accounts(3), retries=3, execution_timeout=4)
    assert ran.ended == ("failed", 1)
    assert "broke off: its execution_timeout was over" in ran.log
    assert len(org.state.jobs) == 1


def test_an_upsert_that_breaks_off_is_tried_again(org: FakeOrg, load: Load) -> None:
    """By an external id the same rows are met again, so a retry is as good as the first try."""
    rows = [{"ERP_Id__c": f"E{each}", "Name": f"Account {each}"} for each in range(3)]
    with org.fault(path=BATCH, reset=True, times=1):
        ran = load("own", rows, operation="upsert", external_id_field="ERP_Id__c", retries=3)
    assert ran.ended == ("success", 2)
    assert written(org) == 3


@pytest.mark.parametrize("kind", ["stock", "own"])
def test_no_secret_is_in_log_file_or_results(
    org: FakeOrg, left: str, load: Load, crm_prod: Callable[..., None], tmp_path: Path, kind: str
) -> None:
    """Neither a credential nor the value of a refused row is in the log; the file has the row, and no credential."""
    canaries = Canaries(org)
    crm_prod("password")
    row = {"Name": "Account 0", "Description": "Jane Q. Private", "OwnerId": left}
    long = {"Name": "Account 1", "AccountNumber": "jane.private@home.example " + "x" * 40}
    ran = load(kind, [row, long], {"failed_rows_to": str(tmp_path)})
    canaries.remember()
    [file] = tmp_path.iterdir()
    assert ran.ended == ("failed", 1)
    assert canaries.found_in(ran.log, file.read_text(), json.dumps(ran.results)) == []
    assert "Jane Q. Private" in file.read_text()
    told = ran.log[ran.log.index("Salesforce refused") :]
    assert "Jane Q. Private" not in told
    assert "jane.private" not in told
