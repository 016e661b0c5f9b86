"""Tasks that examine by themselves or stand behind a guard, as Airflow runs them."""

from __future__ import annotations

import inspect
import signal
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from airflow.providers.common.compat.sdk import DAG, dag, task, task_group

from airflow_sf_health import compat, preflight, preflight_hook
from airflow_sf_health.compat import AIRFLOW_V_3_3_PLUS
from airflow_sf_health.edges.preflight import Preflight
from airflow_sf_health.errors import OptionsError
from airflow_sf_health.exceptions import SalesforceUndetermined, SalesforceUnhealthy
from airflow_sf_health.guards import _hook
from airflow_sf_health.guards._time_limit import OutOfTime, limited
from airflow_sf_health.testing import FakeOrg

FILE = Path(__file__).parent / "dags" / "guarded_tasks.py"


class Notes:
    """Runs a DAG of the file, and tells what its tasks have noted."""

    def __init__(self, path: Path, load_dag: Callable[..., Any]) -> None:
        self.path, self._load_dag = path, load_dag

    def run(self, name: str) -> dict[str, Any]:
        """The task instances of one run, by id; of a mapped task with its index."""
        self.path.write_text("")
        found = self._load_dag(FILE, name).test().get_task_instances()
        return {each.task_id + (f"[{each.map_index}]" if each.map_index >= 0 else ""): each for each in found}

    def states(self, name: str) -> dict[str, str]:
        return {task_id: str(each.state) for task_id, each in self.run(name).items()}

    @property
    def words(self) -> list[str]:
        return self.path.read_text().split("\n")[:-1]


@pytest.fixture
def notes(
    tmp_path: Path, crm_prod: Callable[..., None], load_dag: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> Notes:
    path = tmp_path / "notes"
    monkeypatch.setenv("SF_HEALTH_TESTS_NOTES", str(path))
    return Notes(path, load_dag)


def examinations(org: FakeOrg) -> int:
    return org.counts().by_path.get("/services/data/v64.0/composite", 0)


def in_pairs(words: list[str]) -> list[tuple[str, str]]:
    """What each task noted before its work, with its work."""
    return sorted(zip(words[::2], words[1::2], strict=True))


def test_a_healthy_task_does_its_work(org: FakeOrg, notes: Notes) -> None:
    """It examines once, by the connection that its own argument names, and leaves no report in the place of its result."""
    [work] = notes.run("hooked").values()
    assert (str(work.state), notes.words, examinations(org)) == ("success", ["work"], 1)
    assert work.xcom_pull(task_ids="work") is None


def test_an_unhealthy_one_fails_before_it_begins(org: FakeOrg, notes: Notes) -> None:
    """At once, whatever retries are left, with the report beside what would be the result of its own work."""
    org.user().active = False
    [work] = notes.run("hooked").values()
    assert (str(work.state), work.try_number, notes.words) == ("failed", 1, [])
    assert work.xcom_pull(task_ids="work", key="sf_health")["cause"] == "user_inactive"
    assert work.xcom_pull(task_ids="work") is None


def test_what_only_the_run_knows_is_inferred_then(org: FakeOrg, notes: Notes) -> None:
    """Connection and query of a template are those of the rendered task: a query with a field that is gone fails it."""
    assert notes.states("templated") == {"work": "success"}
    org.state.schema["Account"].remove("Name")
    [work] = notes.run("templated").values()
    assert (str(work.state), notes.words) == ("failed", [])


def test_who_resumes_is_not_examined_again(org: FakeOrg, notes: Notes) -> None:
    """One examination for each try, however often it goes on after it was deferred; a retry examines again."""
    [work] = notes.run("deferring").values()
    assert str(work.state) == "success"
    assert notes.words == ["began", "went on", "began", "went on"]
    assert examinations(org) == 2


def test_a_function_is_examined_where_the_task_goes_on(org: FakeOrg, notes: Notes) -> None:
    """Unless it is the task's own one, which was when the task began."""
    assert notes.states("helped") == {"work": "success"}
    assert (notes.words, examinations(org)) == (["began", "helped"], 1)


def test_a_connection_under_another_name(org: FakeOrg, notes: Notes) -> None:
    """A template for it is rendered from what the operator was given, since nobody knows where it keeps it."""
    assert notes.states("renaming") == {"work": "success"}
    assert (notes.words, examinations(org)) == (["crm_prod"], 1)


def test_what_is_inferred_goes_by_the_tasks_own_connection(org: FakeOrg, notes: Notes) -> None:
    """What another org has to have is not asked of the one that is examined beside it."""
    assert set(notes.states("of_another").values()) == {"success"}
    assert (notes.words, examinations(org)) == (["work", "work"], 2)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("composed", ["own hook", "work"]),
        ("composed_of_a_generator", ["own hook", "work"]),
        ("overriding", ["own method", "work"]),
        ("overriding_mapped", ["own method", "a", "own method", "b"]),
    ],
)
def test_the_tasks_own_comes_after_ours(name: str, words: list[str], org: FakeOrg, notes: Notes) -> None:
    """A hook of the author's, and a method of the operator's, run after a healthy examination, once, and not at all after another."""
    notes.run(name)
    # Airflow asks its database for the instances of a mapped task in no order; which one comes first is its affair.
    assert in_pairs(notes.words) == in_pairs(words)
    assert examinations(org) == len(words) / 2
    org.user().active = False
    assert set(notes.states(name).values()) == {"failed"}
    assert notes.words == []


def test_each_of_two_hooks_examines(org: FakeOrg, notes: Notes) -> None:
    """Also before a method of the operator's own: a second connection that is not there is found, after the first one."""
    assert notes.states("overriding_of_two") == {"work": "failed"}
    assert (notes.words, examinations(org)) == ([], 1)


def test_each_mapped_task_looks_at_its_own_connection(org: FakeOrg, notes: Notes) -> None:
    """One connection that is not there stops its own instance alone."""
    assert notes.states("mapped")["work[0]"] == "success"
    assert notes.words == ["work"]


def test_decorated_functions(org: FakeOrg, notes: Notes) -> None:
    """Above and below `@task`, mapped and not, a function runs when its connection is healthy, and gives what it gives."""
    found = notes.run("decorated")
    assert {str(each.state) for each in found.values()} == {"success"}
    assert sorted(notes.words) == ["above", "above", "below"]
    assert found["below"].xcom_pull(task_ids="below") == "done"
    assert org.counts().logins == 3


def test_decorated_functions_of_an_org_that_refuses(org: FakeOrg, notes: Notes) -> None:
    """None of them begins, and none is tried again."""
    org.user().active = False
    found = notes.run("decorated")
    assert {(str(each.state), each.try_number) for each in found.values()} == {("failed", 1)}
    assert notes.words == []


def test_no_trigger_rule_runs_a_guarded_task(org: FakeOrg, notes: Notes) -> None:
    """In an org that refuses, no task of any rule does its work, and those that are none of Salesforce's do theirs."""
    org.user().active = False
    notes.run("any_rule")
    assert {word for word in notes.words if not word.startswith("before_")} == set()
    assert len(notes.words) == 6


def test_each_trigger_rule_means_what_it_meant(org: FakeOrg, notes: Notes) -> None:
    """In a healthy org each of them runs, once."""
    assert set(notes.states("any_rule").values()) == {"success"}
    assert len(notes.words) == 13


def test_teardowns_run_after_all(org: FakeOrg, notes: Notes) -> None:
    """What a setup has made is taken down, though the work between was held back."""
    org.user().active = False
    states = notes.states("torn_down")
    assert (states["load"], states["down"], notes.words) == ("upstream_failed", "success", ["up", "down"])


def test_a_setup_that_uses_salesforce_is_held_back(org: FakeOrg, notes: Notes) -> None:
    """Then there is nothing to take down either."""
    org.user().active = False
    assert set(notes.states("set_up").values()) == {"failed", "upstream_failed"}
    assert notes.words == []


def test_the_other_branch_runs(org: FakeOrg, notes: Notes) -> None:
    """A branch that leads past Salesforce is no matter of its health."""
    org.user().active = False
    states = notes.states("branching")
    assert (states["other"], notes.words) == ("success", ["other"])
    assert states["load"] in ("skipped", "upstream_failed")


def test_a_function_outside_any_task(org: FakeOrg, crm_prod: Callable[..., None]) -> None:
    """In a script or a test of its own, a decorated function examines too."""
    read = preflight("crm_prod")(lambda: "read")
    assert read() == "read"
    org.user().active = False
    with pytest.raises(SalesforceUnhealthy):
        read()


def test_a_coroutine_and_a_generator_stay_what_they_are(org: FakeOrg, crm_prod: Callable[..., None]) -> None:
    """Airflow treats each kind of function in its own way."""
    import asyncio

    @preflight("crm_prod")
    async def later() -> int:
        return 1

    @preflight("crm_prod")
    def some() -> Any:
        yield 2

    assert (asyncio.run(later()), list(some())) == (1, [2])


def test_what_is_called_as_a_coroutine_stays_so(org: FakeOrg, crm_prod: Callable[..., None]) -> None:
    """An object with such a method, and a function that gives one thing after the other."""
    import asyncio

    class Later:
        async def __call__(self) -> int:
            return 1

    @preflight("crm_prod")
    async def some() -> Any:
        yield 2

    async def all_of_them() -> list[int]:
        return [each async for each in some()]

    later = preflight("crm_prod")(Later())
    assert inspect.iscoroutinefunction(later)
    assert inspect.isasyncgenfunction(some)
    assert (asyncio.run(later()), asyncio.run(all_of_them()), examinations(org)) == (1, [2], 2)


@pytest.mark.skipif(not AIRFLOW_V_3_3_PLUS, reason="two threads would take each other's answers of Airflow's")
def test_the_loop_of_a_coroutine_goes_on(org: FakeOrg, crm_prod: Callable[..., None]) -> None:
    """What else the task does there may have asked Airflow something, and the examination's own question would wait for that."""
    import asyncio

    @preflight("crm_prod")
    async def read() -> None: ...

    async def turns_meanwhile() -> int:
        reading, turns = asyncio.create_task(read()), 0
        while not reading.done():
            turns += 1
            await asyncio.sleep(0.001)
        return turns

    assert asyncio.run(turns_meanwhile()) > 2


def test_a_sensor_is_examined_once_for_each_try(org: FakeOrg, notes: Notes) -> None:
    """However often it looks while it waits: here thrice in each of two tries."""
    assert notes.states("sensing") == {"waits": "success"}
    assert notes.words == ["poke"] * 6
    assert examinations(org) == 2


def test_also_where_it_is_rescheduled(org: FakeOrg, notes: Notes) -> None:
    """Each look is in another process then; it may be the sensor's own function that is examined, or one that it calls."""
    assert notes.states("sensing_again") == {"looks": "success", "looks_by_method": "success"}
    assert (notes.words, examinations(org)) == (["poke"] * 6, 2)


@pytest.fixture
def hurried(crm_prod: Callable[..., None], monkeypatch: pytest.MonkeyPatch) -> Any:
    """The connection for a hook that has little time. All that is imported to look it up is imported by then."""
    monkeypatch.setattr(_hook, "BESIDE", 0.2)
    monkeypatch.setattr(_hook, "LOOKS", 0)
    return Preflight.of("crm_prod", None, None, None).connected()


@pytest.fixture
def hanging(hurried: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """An examination that hangs, of a connection that Airflow has given at once."""
    monkeypatch.setattr(Preflight, "connected", lambda _: hurried)
    monkeypatch.setattr(Preflight, "look_at", hang)


def hang(*_: Any, **__: Any) -> None:
    time.sleep(60)


@pytest.mark.usefixtures("hanging")
def test_the_hook_has_a_time_limit() -> None:
    """What hangs beside the examination's own limit does not hang the task."""
    with pytest.raises(SalesforceUndetermined, match="could not be examined within 0"):
        preflight("crm_prod")(lambda: None)()


@pytest.mark.usefixtures("hanging")
def test_what_cannot_be_asked_in_time_may_be_passed(caplog: pytest.LogCaptureFixture) -> None:
    """`on_undetermined` says so, and what could not be found out is said in the log."""
    with caplog.at_level("WARNING", logger=_hook.__name__):
        assert preflight("crm_prod", options={"on_undetermined": "proceed"})(lambda: "done")() == "done"
    assert "could not be examined within 0.2 s. The task goes on all the same" in caplog.text


@pytest.mark.usefixtures("hurried")
@pytest.mark.parametrize(
    ("choice", "asked"), [("retry", "crm_prod"), ("proceed", "crm_prod"), ("proceed", "health_store")]
)
def test_no_task_goes_on_beside_a_call_of_airflows(choice: str, asked: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its late answer would be taken for the answer to the task's own next call: another connection, with its password."""
    given = compat.get_connection
    monkeypatch.setenv("AIRFLOW__SF_HEALTH__STORE", "health_store")
    monkeypatch.setattr(compat, "get_connection", lambda conn_id: hang() if conn_id == asked else given(conn_id))
    with pytest.raises(
        SalesforceUndetermined, match="Airflow did not give connection 'crm_prod', or that of the store, within 0"
    ):
        preflight("crm_prod", options={"on_undetermined": choice})(lambda: None)()


def test_a_limit_that_ends_sooner_counts() -> None:
    """`execution_timeout` uses the same clock of the process."""
    with pytest.raises(OutOfTime), limited(0.2), limited(30):
        time.sleep(5)


def test_a_limit_that_ends_later_goes_on() -> None:
    """The time that went by meanwhile is not given to it once more, and its own handler hears of its end."""
    with limited(30):
        with pytest.raises(OutOfTime), limited(0.2):
            time.sleep(5)
        assert 25 < signal.getitimer(signal.ITIMER_REAL)[0] < 29.9

    def goes_on() -> None:
        with suppress(OutOfTime), limited(0.1):
            time.sleep(5)
        time.sleep(5)

    with pytest.raises(OutOfTime), limited(0.3):
        goes_on()
    assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)


def test_a_clock_that_cannot_be_put_back_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """A handler that an extension has set is unknown to Python; and a thread has no clock."""
    monkeypatch.setattr(signal, "getsignal", lambda _: None)
    monkeypatch.setattr(signal, "signal", lambda *_: pytest.fail("the handler was changed"))
    with limited(0.01):
        time.sleep(0.05)
    monkeypatch.undo()
    ended: list[int] = []

    def in_a_thread() -> None:
        with limited(0.01):
            time.sleep(0.05)
        ended.append(1)

    thread = threading.Thread(target=in_a_thread)
    thread.start()
    thread.join()
    assert ended == [1]


@pytest.mark.parametrize("target", [int, "load"])
def test_what_cannot_be_decorated(target: Any) -> None:
    """It is said while the file is read."""
    with pytest.raises(OptionsError, match="@preflight takes a function"):
        preflight("crm_prod")(target)


def test_what_makes_a_dag_or_a_part_of_one_is_not_examined(org: FakeOrg, crm_prod: Callable[..., None]) -> None:
    """It runs each time that Airflow reads the file, and that no task does its work is no help to the tasks in it."""
    around: Any = preflight("crm_prod")

    def build() -> None: ...

    with pytest.raises(OptionsError, match=r"what @dag makes of one\. .* use guard"):
        around(dag(schedule=None)(build))
    with pytest.raises(OptionsError, match=r"a DAG's file\. .* use guard"):
        dag(schedule=None)(around(build))()
    with DAG("grouped", schedule=None), pytest.raises(OptionsError, match="'build', which no task calls here"):
        task_group(around(build))()
    assert org.counts().logins == 0


@pytest.mark.parametrize("kind", [staticmethod, classmethod])
def test_methods_of_a_class_are_examined_within(kind: Any, org: FakeOrg, crm_prod: Callable[..., None]) -> None:
    """The other way round they would come to be methods of its objects."""
    with pytest.raises(OptionsError, match=f"Put it below @{kind.__name__}"):
        preflight("crm_prod")(kind(lambda *_: "done"))
    within = kind(preflight("crm_prod")(lambda *_: "done"))
    assert type("Client", (), {"read": within}).read() == "done"  # type: ignore[attr-defined]


def test_the_output_of_a_task_is_refused() -> None:
    """A hook gives its task no upstream, so at the run there may be none yet; a preflight waits for it."""

    @task
    def needs() -> dict[str, Any]:
        return {}

    with DAG("outputs", schedule=None):
        found: Any = needs()
    for arguments in (
        {"requirements": found},
        {"requirements": {"objects": [found]}},
        {"checks": [found]},
        {"options": found},
    ):
        with pytest.raises(OptionsError, match=r"the output of another task.* SalesforcePreflightOperator"):
            preflight_hook("crm_prod", **arguments)


def test_forgotten_parentheses() -> None:
    """`@preflight` and `pre_execute=preflight_hook` are found while the file is read, or at the latest when the task runs."""
    with pytest.raises(OptionsError, match="preflight needs the connection"):
        preflight(lambda: None)  # type: ignore[arg-type]
    with pytest.raises(OptionsError, match="has to be called"):
        preflight_hook({"ti": None})  # type: ignore[arg-type]
