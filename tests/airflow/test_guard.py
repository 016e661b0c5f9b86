"""`guard`, on DAGs as Airflow makes them."""

from __future__ import annotations

import json
import pickle
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pendulum
import pytest
from airflow.providers.common.compat.sdk import DAG, TaskGroup, dag, task
from dag_shapes import SHAPES, Reader, other, plain_function, sf

from airflow_sf_health import compat, guard, preflight, preflight_hook
from airflow_sf_health.errors import ConfigurationError, OptionsError
from airflow_sf_health.guards import PreflightHook
from airflow_sf_health.inference import PREFLIGHT, SENSOR, _uses, class_paths, mark_of, uses_of

decorators: Any = task
LOCK = Path(__file__).parents[2] / "dags" / "salesforce_erp_revenue.lock.json"


def a_dag(name: str = "shape", **arguments: Any) -> DAG:
    return DAG(name, schedule=None, start_date=pendulum.datetime(2026, 1, 1, tz="UTC"), **arguments)


def load() -> None: ...


def told(dag: Any) -> str:
    """How the tasks of a DAG are guarded, in the words of the shapes."""
    guards = [each for each in dag.tasks if not {PREFLIGHT, SENSOR}.isdisjoint(class_paths(each))]
    edges = [
        f"{conn_id}>{name}"
        for each in guards
        if (uses := uses_of(each)) is not None
        for conn_id in uses.conn_ids
        for name in each.downstream_task_ids
        if dag.get_task(name).task_type != "EmptyOperator"
    ]
    return " ".join(sorted({*edges, *(f"{each.task_id}~" for each in dag.tasks if mark_of(each) is not None)}))


@pytest.mark.parametrize("name", SHAPES)
def test_each_shape_is_guarded_as_it_should(name: str) -> None:
    """The first Salesforce tasks get an edge, and where an edge would not hold them back, examine by themselves."""
    wire, expected = SHAPES[name]
    with a_dag(name) as dag:
        wire(dag)
    assert told(dag) == " ".join(sorted(expected.split()))


@pytest.mark.parametrize("name", SHAPES)
def test_to_guard_it_once_more_changes_nothing(name: str) -> None:
    """However often a platform guards the whole DAG after the author, each preflight stands there once."""
    with a_dag(name) as dag:
        SHAPES[name][0](dag)
    guard(dag)
    once = told(dag), sorted(dag.task_dict)
    guard(dag)
    assert (told(dag), sorted(dag.task_dict)) == once


@pytest.mark.parametrize("name", SHAPES)
def test_the_dag_stays_one_that_airflow_takes(name: str) -> None:
    """It has no cycle, its setups and teardowns are right, and what is written down of it is the same each time."""
    written = []
    for _ in range(2):
        with a_dag(name) as dag:
            SHAPES[name][0](dag)
        dag.validate_setup_teardown()
        assert len(dag.topological_sort()) == len(dag.tasks)
        written.append(sorted((each.task_id, sorted(each.downstream_task_ids)) for each in dag.tasks))
    assert written[0] == written[1]


def test_several_dags_of_one_file() -> None:
    """Tasks of two DAGs get a preflight in each."""
    with a_dag("one") as one:
        first = sf("a")
    with a_dag("two") as two:
        second = sf("a")
    made = guard([first, second])
    assert [each.dag_id for each in made] == ["one", "two"]
    assert (told(one), told(two)) == ("crm>a", "crm>a")


def test_the_preflight_requires_what_the_tasks_need() -> None:
    """Objects, fields and the largest number of records come from the tasks' own arguments, of those further down too."""
    with a_dag() as dag:
        sf("a") >> sf("b", operation="upsert", external_id_field="Key__c", payload=[{"Key__c": "1", "Phone": "2"}] * 3)
    [made] = guard(dag)
    account = {"insert": ["Name"], "upsert": ["Key__c", "Phone"], "external_id": "Key__c"}
    assert made.requirements == {"objects": {"Account": account}, "records": 3}


def test_what_is_taught_is_required_of_the_connection_that_it_names(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not of the operator's own, which it may have from its class."""
    taught = {"salesforce_conn_id": "erp", "objects": {"Account": {"read": ["Name"]}}}
    monkeypatch.setattr(_uses, "registered", lambda: {f"{Reader.__module__}.{Reader.__qualname__}": None})
    monkeypatch.setattr(_uses, "taught", lambda _: lambda task: taught)
    with a_dag() as dag:
        Reader(task_id="a", salesforce_conn_id="crm")
    required = {each.salesforce_conn_id: each.requirements for each in (*guard(dag), *guard(dag.get_task("a"), "hr"))}
    assert required == {"crm": None, "erp": {"objects": {"Account": {"read": ["Name"]}}}, "hr": None}


def test_it_runs_where_its_tasks_run() -> None:
    """Queue and pool are taken over where they agree; what is given goes before."""
    with a_dag() as dag:
        sf("a", queue="dmz", pool="one")
        sf("b", queue="dmz", pool="two")
    [made] = guard(dag, retries=7)
    assert (made.queue, made.pool, made.retries) == ("dmz", "default_pool", 7)


def test_the_order_of_the_dags_other_tasks_is_not_its_own() -> None:
    """A preflight that failed yesterday does not keep today's from asking, whatever the DAG's defaults say."""
    with a_dag(default_args={"depends_on_past": True, "trigger_rule": "all_done"}) as dag:
        sf("a", trigger_rule="all_success")
    [made] = guard(dag)
    assert (made.depends_on_past, str(getattr(made.trigger_rule, "value", made.trigger_rule))) == (False, "all_success")


def test_an_upstream_of_its_own_makes_it_run_late() -> None:
    """What it gives can stand in a chain, right before what it guards."""
    with a_dag() as dag:
        extract, load = other("extract"), sf("a")
        extract >> guard(load, task_id="look")
    assert dag.get_task("look").upstream_task_ids == {"extract"}
    assert dag.get_task("a").upstream_task_ids == {"look"}


def test_it_stands_outside_the_group() -> None:
    """A group's own first tasks stay its first tasks."""
    with a_dag() as dag:
        with TaskGroup("load") as load:
            sf("a")
        [made] = guard(load)
        other("start") >> load
    assert made.task_id == "preflight_crm"
    assert dag.get_task("load.a").upstream_task_ids == {"preflight_crm", "start"}


def test_other_requirements_are_another_preflight() -> None:
    """Who asks for something particular is not content with a preflight that does not."""
    with a_dag() as dag:
        sf("a")
    guard(dag)
    guard(dag, requirements={"sandbox": False})
    guard(dag, requirements={"sandbox": False})
    assert dag.get_task("a").upstream_task_ids == {"preflight_crm", "preflight_crm_2"}


def test_a_task_id_that_is_taken_is_refused() -> None:
    """By whatever task: only a preflight that is there and holds all tasks back already is the one that is meant."""
    with a_dag() as dag:
        other("taken")
        a, b = sf("a"), sf("b", "erp")
        made = guard(a, task_id="look")
        assert guard(a, task_id="look") == made
        for target, more in ((a, {"requirements": {"sandbox": False}}), (b, {}), (dag, {"conn_id": "erp"})):
            with pytest.raises(ConfigurationError, match="task_id 'look' is taken in DAG 'shape'"):
                guard(target, task_id="look", **more)
        with pytest.raises(ConfigurationError, match="task_id 'taken' is taken"):
            guard(b, task_id="taken")
    assert told(dag) == "crm>a"


def test_connections_whose_ids_look_alike_get_a_preflight_each() -> None:
    """What no task may be called by is left out of their ids."""
    with a_dag() as dag:
        sf("a", "my crm")
        sf("b", "my_crm")
    for _ in range(2):
        made = guard(dag, task_id="look")
        found = {each.salesforce_conn_id: each.downstream_task_ids for each in made}
        assert found == {"my crm": {"a"}, "my_crm": {"b"}}


def test_a_preflight_before_earlier_tasks_is_not_given() -> None:
    """Wired behind what those lead to, it would wait for itself."""
    with a_dag() as dag:
        a, b, c = sf("a"), sf("b"), sf("c", pre_execute=preflight_hook())
        between = other("between")
        other("extract") >> guard(a)
        a >> between >> [b, c]
        assert guard([b, c]) == []
        dag.get_task("preflight_crm") >> b
        between >> guard([b, c])
    assert len(dag.topological_sort()) == len(dag.tasks)


def test_new_and_old_preflights_are_given() -> None:
    """So that all of them can be wired behind the same task."""
    with a_dag() as dag:
        old = guard(sf("a"))
        given = guard([dag.get_task("a"), sf("b")])
    assert [each.task_id for each in given] == ["preflight_crm_2", "preflight_crm"]
    assert given[1:] == old


@pytest.mark.parametrize("read", [str, json.loads], ids=["text", "dict"])
def test_the_same_schema_lock_is_the_same_preflight(read: Callable[[str], Any]) -> None:
    """Its content is given anew each time the file is read."""
    with a_dag() as dag:
        sf("a")
    for _ in range(2):
        guard(dag, schema_lock=read(LOCK.read_text()))
    assert sorted(dag.task_dict) == ["a", "preflight_crm"]


def test_who_is_content_with_what_is_skipped_is_not_left_to_a_preflight_that_may_be() -> None:
    """That of a part of a DAG may be wired behind another task, so such a task examines by itself, and stays as it is then."""
    with a_dag() as dag:
        extract, load = other("extract"), sf("load", trigger_rule="none_failed")
        extract >> guard([load, sf("more")])
        guard(dag)
    assert told(dag) == "crm>more load~"


def test_a_dag_in_a_list_is_a_whole_one() -> None:
    """Beside a part of another one."""
    with a_dag() as dag:
        sf("a", trigger_rule="none_failed")
    with a_dag("part") as part:
        load = sf("b", trigger_rule="none_failed")
    guard([dag, load])
    assert (told(dag), told(part)) == ("crm>a", "b~")


def test_the_users_own_hook_is_kept() -> None:
    """A task that examines by itself runs its author's `pre_execute` after it."""

    def own(context: Any) -> None: ...

    with a_dag() as dag:
        task = sf("a", trigger_rule="all_done", pre_execute=own)
    guard(dag)
    hook: Any = task._pre_execute_hook
    assert (hook.conn_id, hook.then) == ("crm", own)


class InTheTriggerer(Reader):
    start_from_trigger = True


class WithAMethod(Reader):
    """Airflow 2.11 runs no hook of such a task by itself."""

    def pre_execute(self, context: Any) -> None: ...


def test_a_hook_that_is_not_run_is_no_guard() -> None:
    """A task that begins in the triggerer comes to a worker when it resumes, so a preflight stands before it all the same."""
    with a_dag() as dag:
        InTheTriggerer(task_id="a", salesforce_conn_id="crm", pre_execute=preflight_hook())
    assert [each.task_id for each in guard(dag)] == ["preflight_crm"]
    assert dag.get_task("a").upstream_task_ids == {"preflight_crm"}


def test_a_hook_of_the_authors_is_run(monkeypatch: pytest.MonkeyPatch) -> None:
    """On Airflow 2.11 too, where the operator's own method would keep it from that: that is seen to."""
    with a_dag() as dag:
        task = WithAMethod(task_id="a", salesforce_conn_id="crm", pre_execute=preflight_hook())
    assert guard(dag) == []
    ran: list[Any] = []
    monkeypatch.setattr(PreflightHook, "examine", lambda self, context: ran.append(self))
    if not compat.AIRFLOW_V_3_0_PLUS:
        task.pre_execute({"task": task})
        assert ran == [preflight_hook()]


@pytest.mark.parametrize(
    ("arguments", "match"),
    [
        (
            {"salesforce_conn_id": "crm", "trigger_rule": "all_done"},
            "'all_done'.*triggerer.*Either give it the trigger",
        ),
        ({"salesforce_conn_id": "{{ params.org }}"}, "known only when it runs.*triggerer.*Either name it"),
    ],
)
def test_what_nothing_can_guard_is_refused(arguments: dict[str, Any], match: str) -> None:
    """Neither an edge nor a hook would keep it back, so its author has to decide."""
    with a_dag() as dag:
        InTheTriggerer(task_id="a", **arguments)
    with pytest.raises(ConfigurationError, match=match):
        guard(dag)


def test_the_output_of_a_task_for_who_examines_by_itself() -> None:
    """A preflight takes it and a hook does not; whose hook that is, and what its author can do, is said."""
    with a_dag() as dag:
        needs = decorators(load)()
        sf("a"), sf("b", trigger_rule="all_done")
    with pytest.raises(
        ConfigurationError, match=r"task 'b' .*'all_done'.* which 'requirements' holds\. Either give it the trigger"
    ):
        guard(dag, requirements=needs)


def test_the_function_of_a_dag() -> None:
    """Where the DAG has no name, it needs none; outside, the decorator is no DAG, and which one is meant has to be said."""

    @dag(schedule=None, start_date=pendulum.datetime(2026, 1, 1))
    def built() -> None:
        sf("a")
        guard()

    assert told(built()) == "crm>a"
    with pytest.raises(OptionsError, match=r"guard\(dag\)"):
        guard()
    with pytest.raises(OptionsError, match=r"it takes none: guard\(\)"):
        guard(dag)


@pytest.mark.skipif(not hasattr(decorators, "stub"), reason="this Airflow has no @task.stub")
def test_a_stub_gets_a_task_before_it() -> None:
    """A worker of another language does its work: neither its function nor a hook is run."""
    with a_dag() as dag:
        decorators.stub(pre_execute=preflight_hook("crm"))(preflight("crm")(load))()
        guard(dag)
    assert told(dag) == "crm>load load~"
    with pytest.raises(OptionsError, match="which a worker of another language does"):
        preflight("crm")(decorators.stub(load))


def test_a_decorator_that_is_not_run_is_no_guard() -> None:
    """Another process gets the function without it, so the task examines by a hook."""
    with a_dag() as dag:
        function = decorators.external_python(python=sys.executable, trigger_rule="all_done")(preflight("crm")(load))()
    for _ in range(2):
        assert guard(function, "crm") == []
    assert dag.get_task("load")._pre_execute_hook == preflight_hook("crm")  # type: ignore[union-attr]


def test_the_data_and_hooks_of_the_dags_other_tasks_are_not_its_own() -> None:
    """A preflight that gave out their asset would have other DAGs run before there is any data."""
    theirs = {"outlets": ["x"], "inlets": ["y"], "pre_execute": preflight_hook("erp"), "post_execute": preflight_hook()}
    with a_dag(default_args=theirs) as dag:
        sf("a")
    [made] = guard(dag)
    found: Any = made
    assert (found.outlets, found.inlets, found._pre_execute_hook, found._post_execute_hook) == ([], [], None, None)


def test_many_connections_cost_what_one_does(monkeypatch: pytest.MonkeyPatch) -> None:
    """The order of a DAG's tasks is asked for once, which takes Airflow longest."""
    with a_dag() as dag:
        for number in range(5):
            sf(f"a{number}", f"crm_{number}")
    asked: list[Any] = []
    in_order = type(dag).topological_sort

    def counted(self: Any) -> Any:
        asked.append(self)
        return in_order(self)

    monkeypatch.setattr(type(dag), "topological_sort", counted)
    assert len(guard(dag)) == 5
    assert len(asked) == 1


def test_a_task_uses_what_all_its_hooks_examine() -> None:
    """One that runs examines its own connection by itself, and leaves those of the hooks beside to them, with their options."""
    with a_dag():
        task = sf("a", pre_execute=PreflightHook(then=preflight_hook("erp", options={"on_undetermined": "proceed"})))
        function = decorators(pre_execute=preflight_hook("erp"))(preflight("crm")(load))().operator
    found = [uses_of(each, rendered=rendered) for each in (task, function) for rendered in (False, True)]
    assert [each and each.conn_ids for each in found] == [("crm", "erp"), ("crm",), ("erp", "crm"), ("erp", "crm")]


def test_a_task_without_a_dag_is_refused() -> None:
    """The author learns it while the file is read."""
    with pytest.raises(ConfigurationError, match="task 'a' belongs to no DAG yet"):
        guard(sf("a"))


def test_something_else_is_refused() -> None:
    """The function in the place of the task it makes, say."""
    with pytest.raises(ConfigurationError, match="guard takes a task, a task group, a DAG"):
        guard(plain_function, "crm")


def test_nothing_is_not_the_whole_dag() -> None:
    """It comes of a function that forgot to give its tasks; who means the DAG that is being built gives no target."""
    with a_dag():
        sf("a")
        with pytest.raises(ConfigurationError, match="and this is a NoneType"):
            guard(None)


def test_requirements_in_the_place_of_the_connection_are_refused() -> None:
    """As `preflight_hook` refuses them."""
    with a_dag() as dag:
        sf("a")
    with pytest.raises(ConfigurationError, match="'conn_id' must be the id of a connection, and is of type dict"):
        guard(dag, {"objects": {"Account": ["Name"]}})  # type: ignore[arg-type]


def test_a_hook_can_be_copied_and_written_down() -> None:
    """It survives pickling, and looks the same each time the file is read."""
    hook = preflight_hook("crm", {"sandbox": False})
    assert pickle.loads(pickle.dumps(hook)) == hook
    assert " at 0x" not in repr(hook)
