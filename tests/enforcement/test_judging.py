"""Which tasks of a DAG nothing examines."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from itertools import pairwise
from typing import Any

import dag_shapes
import pendulum
import pytest
from airflow.providers.common.compat.sdk import DAG, BaseOperator, TaskGroup, task, task_group
from dag_shapes import SHAPES, EmptyOperator, Reader, other, rows, sf

from airflow_sf_health import guard, preflight, preflight_hook
from airflow_sf_health.enforcement.judging import judged
from airflow_sf_health.enforcement.values import LATE
from airflow_sf_health.guards import attach
from airflow_sf_health.guards._attach import has_hook
from airflow_sf_health.operators.bulk import SalesforceBulkOperator as OurBulkOperator
from airflow_sf_health.operators.metadata import SalesforceRefreshMetadataOperator
from airflow_sf_health.operators.reauthenticate import SalesforceReauthenticateOperator
from airflow_sf_health.operators.salesforce import SalesforcePreflightOperator
from airflow_sf_health.sensors.salesforce import SalesforceHealthSensor

UNGUARDED = {
    "one_task": "a:crm",
    "the_dag": "a:crm",
    "the_dag_that_is_being_built": "b:crm load.a:crm",
    "two_roots": "a:crm b:crm",
    "a_chain": "a:crm b:crm c:crm",
    "with_others_between": "a:crm b:crm",
    "before_it_is_wired": "a:crm b:crm",
    "one_of_two_tasks": "a:crm b:crm",
    "a_list": "a:crm b:crm",
    "a_diamond": "end:crm join1:crm join2:crm",
    "an_operator_of_somebody_else": "r:crm",
    "the_default_connection": "r:salesforce_default",
    "made_in_a_loop": "a:crm a__1:crm a__2:crm",
    "two_connections": "a:crm b:erp",
    "one_behind_the_other": "a:crm b:erp c:crm",
    "only_one_of_the_connections": "a:crm b:erp",
    "a_connection_that_only_the_run_knows": "a:late",
    "a_connection_whose_id_is_no_task_id": "a:my.crm_eu",
    "a_group": "load.a:crm load.b:crm",
    "a_group_behind_another_task": "load.a:crm",
    "groups_in_groups": "outer.b:crm outer.inner.a:crm",
    "two_groups_one_after_the_other": "one.a:crm two.a:crm",
    "a_group_behind_a_guarded_one": "one.a:crm two.a:crm",
    "called_within_the_group": "load.a:crm",
    "mapped": "m:crm",
    "mapped_over_the_output_of_a_task": "m:crm",
    "mapped_over_connections": "m:crm,erp",
    "mapped_with_the_default_connection": "m:salesforce_default",
    "mapped_over_whatever_a_task_gives": "m:crm",
    "a_mapped_group": "each.a:crm",
    "a_branch": "a:crm",
    "a_join_behind_a_branch": "a:crm join:crm",
    "content_with_what_was_skipped": "a:crm b:crm",
    "behind_a_short_circuit": "a:crm b:crm",
    "behind_one_that_runs_anyway": "b:crm",
    "one_that_runs_anyway_between": "a:crm b:crm",
    "a_root_with_all_success": "a:crm",
    "a_root_with_none_failed": "a:crm",
    "a_root_with_all_done": "a:crm",
    "a_root_with_all_failed": "a:crm",
    "a_root_with_one_success": "a:crm",
    "a_root_with_one_failed": "a:crm",
    "a_root_with_one_done": "a:crm",
    "a_root_with_none_skipped": "a:crm",
    "a_root_with_all_skipped": "a:crm",
    "a_root_with_always": "a:crm",
    "a_root_with_none_failed_min_one_success": "a:crm",
    "a_salesforce_setup": "a:crm up:crm",
    "a_setup_of_something_else": "a:crm",
    "a_salesforce_teardown": "a:crm",
    "a_teardown_that_the_author_names": "a:crm",
    "twice": "a:crm b:crm",
    "twice_where_it_examines_by_itself": "a:crm",
    "behind_a_preflight_of_another_connection": "a:crm",
}
"""What is unguarded of each shape without its `guard`: tasks and connections. Of the others nothing is."""


def a_dag(name: str = "judged", **arguments: Any) -> DAG:
    return DAG(name, schedule=None, start_date=pendulum.datetime(2026, 1, 1, tz="UTC"), **arguments)


def unguarded(dag: Any) -> str:
    return " ".join(
        f"{each.task.task_id}:{','.join(each.unguarded).replace(LATE, 'late')}"
        for each in judged(dag)
        if not each.is_guarded
    )


@pytest.mark.parametrize("name", SHAPES)
def test_each_shape_before_it_is_guarded(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Exactly what nothing examines is named."""
    monkeypatch.setattr(dag_shapes, "guard", lambda *_, **__: [])
    with a_dag(name) as dag:
        SHAPES[name][0](dag)
    assert unguarded(dag) == UNGUARDED.get(name, "")


@pytest.mark.parametrize("name", SHAPES)
def test_each_shape_once_it_is_guarded(name: str) -> None:
    """`guard(dag)` leaves nothing unguarded."""
    with a_dag(name) as dag:
        SHAPES[name][0](dag)
    guard(dag)
    assert unguarded(dag) == ""


# ── who guards, and how ──────────────────────────────────────────────────────────────────────────────────────────────

CASES: dict[str, tuple[Callable[[Any], None], str]] = {}


def case(expected: str) -> Callable[[Callable[[Any], None]], Callable[[Any], None]]:
    """Task by task: how, the guards in brackets, and after `!` what is unguarded."""

    def keep(wire: Callable[[Any], None]) -> Callable[[Any], None]:
        CASES[wire.__name__] = (wire, expected)
        return wire

    return keep


def look(task_id: str = "look", conn_id: Any = "crm", **arguments: Any) -> SalesforcePreflightOperator:
    return SalesforcePreflightOperator(task_id=task_id, salesforce_conn_id=conn_id, **arguments)


def wait(task_id: str = "wait", **arguments: Any) -> SalesforceHealthSensor:
    return SalesforceHealthSensor(task_id=task_id, salesforce_conn_id="crm", **arguments)


@case("a=operator(look)")
def only_some_checks(dag: Any) -> None:
    look(checks=["user.active"]) >> sf("a")


@case("a=operator(look)")
def going_on_when_nothing_is_known(dag: Any) -> None:
    look(options={"on_undetermined": "proceed"}) >> sf("a")


@case("a=sensor(wait)")
def a_skipped_sensor_skips(dag: Any) -> None:
    wait(soft_fail=True) >> sf("a")


@case("a=none!crm")
def a_skipped_sensor_is_no_failure(dag: Any) -> None:
    wait(soft_fail=True) >> sf("a", trigger_rule="none_failed")


@case("a=none!crm")
def a_sensor_that_never_fails(dag: Any) -> None:
    wait(never_fail=True) >> sf("a", trigger_rule="none_failed")


@case("a=sensor(wait)")
def a_sensor_that_fails(dag: Any) -> None:
    wait() >> sf("a", trigger_rule="none_failed")


@case("a=none!crm")
def a_preflight_that_may_be_skipped(dag: Any) -> None:
    other("branch") >> look() >> sf("a", trigger_rule="none_failed")


@case("a=operator(look)")
def a_preflight_that_may_be_skipped_with_its_task(dag: Any) -> None:
    other("branch") >> look() >> sf("a")


@case("a=none!crm")
def a_mapped_preflight_may_be_none_at_all(dag: Any) -> None:
    mapped = SalesforcePreflightOperator.partial(task_id="look", salesforce_conn_id="crm")
    mapped.expand(requirements=rows()) >> sf("a", trigger_rule="none_failed")


@case("a=operator(look) b=operator(look) c=none!sandbox")
def a_preflight_mapped_over_connections(dag: Any) -> None:
    mapped = SalesforcePreflightOperator.partial(task_id="look").expand(salesforce_conn_id=["crm", "erp"])
    mapped >> [sf("a"), sf("b", "erp"), sf("c", "sandbox")]


@case("a=none!crm")
def a_task_that_runs_anyway(dag: Any) -> None:
    look() >> sf("a", trigger_rule="all_done")


@case("a=none!crm")
def beside_the_preflight(dag: Any) -> None:
    look() >> other("x")
    sf("a")


@case("a=none!crm")
def before_the_preflight(dag: Any) -> None:
    sf("a") >> look()


@case("a=operator(look)")
def a_sensor_before_the_preflight(dag: Any) -> None:
    wait() >> look() >> sf("a")


@case("a=sensor(wait)")
def a_preflight_before_the_sensor(dag: Any) -> None:
    look() >> other("x") >> wait() >> other("y") >> sf("a")


@case("a=operator(look,wait)")
def a_preflight_and_a_sensor(dag: Any) -> None:
    [look(), wait()] >> sf("a")


@case("a=operator(look)")
def behind_a_preflight_of_another_one(dag: Any) -> None:
    look() >> look("erp", "erp") >> sf("a")


@case("a=operator(login)")
def a_fresh_login(dag: Any) -> None:
    SalesforceReauthenticateOperator(task_id="login", salesforce_conn_id="crm") >> sf("a")


@case("a=none!crm")
def descriptions_are_no_examination(dag: Any) -> None:
    SalesforceRefreshMetadataOperator(task_id="describe", salesforce_conn_id="crm", objects=["Account"]) >> sf("a")


@case("a=pre_execute")
def within_beats_before(dag: Any) -> None:
    look() >> sf("a", pre_execute=preflight_hook())


@case("f=decorator")
def the_decorator_is_nearer_than_the_hook(dag: Any) -> None:
    @task(pre_execute=preflight_hook("crm"))
    @preflight("crm")
    def f() -> None: ...

    f()


@case("f=decorator!erp")
def a_function_of_two_connections(dag: Any) -> None:
    @task
    @preflight("crm")
    def f(salesforce_conn_id: str) -> None: ...

    f(salesforce_conn_id="erp")


@case("f=decorator")
def two_decorators(dag: Any) -> None:
    @task
    @preflight("crm")
    @preflight("erp")
    def f(salesforce_conn_id: str) -> None: ...

    f(salesforce_conn_id="erp")


@case("f=none!crm")
def a_function_in_another_process(dag: Any) -> None:
    @task.external_python(python="python3")
    @preflight("crm")
    def f() -> None: ...

    f()


@case("a=pre_execute!erp")
def a_hook_for_another_connection(dag: Any) -> None:
    sf("a", "erp", pre_execute=preflight_hook("crm"))


@case("a=pre_execute")
def a_hook_in_a_hook(dag: Any) -> None:
    attach(sf("a", "erp", pre_execute=preflight_hook("crm")), preflight_hook("erp"))


@case("a=own b=own")
def our_operator(dag: Any) -> None:
    arguments: Any = {"operation": "insert", "object_name": "Account", "payload": []}
    OurBulkOperator(task_id="a", salesforce_conn_id="{{ params.org }}", trigger_rule="all_done", **arguments)
    OurBulkOperator.partial(task_id="b", **arguments).expand(salesforce_conn_id=["crm", "erp"])


# ── connections that the run knows ───────────────────────────────────────────────────────────────────────────────────


@case("a=operator(look) b=none!late")
def the_same_template(dag: Any) -> None:
    look(conn_id="{{ var.value.org }}") >> [sf("a", "{{ var.value.org }}"), sf("b", "{{ var.value.other }}")]


@case("a=none!late")
def a_template_that_is_the_tasks_own(dag: Any) -> None:
    look(conn_id="{{ task.task_id }}") >> sf("a", "{{ task.task_id }}")


@case("a=operator(look) b=none!late")
def a_param_that_a_task_changes(dag: Any) -> None:
    org = "{{ params.org }}"
    look(conn_id=org) >> [sf("a", org), sf("b", org, params={"org": "erp"})]


@case("a=operator(look)")
def what_a_task_has_left(dag: Any) -> None:
    org = "{{ ti.xcom_pull(task_ids='which') }}"
    other("which") >> look(conn_id=org) >> sf("a", org)


@case("a=operator(look)")
def the_output_of_a_task(dag: Any) -> None:
    @task
    def which() -> str:
        return "crm"

    org: Any = which()
    look(conn_id=org) >> sf("a", org)


@case("each.a=operator(each.look)")
def a_mapped_group_over_connections(dag: Any) -> None:
    @task_group
    def each(org: Any) -> None:
        look(conn_id=org) >> sf("a", org)

    each.expand(org=["crm", "erp"])


@case("a=none!late")
def a_known_preflight_before_an_unknown_connection(dag: Any) -> None:
    look() >> sf("a", "{{ var.value.org }}")


@case("m=operator(look)!erp")
def mapped_over_connections_one_of_which_is_guarded(dag: Any) -> None:
    look() >> Reader.partial(task_id="m").expand(salesforce_conn_id=["crm", "erp"])


@case("m=none!crm,salesforce_default")
def mapped_over_dicts(dag: Any) -> None:
    Reader.partial(task_id="m").expand_kwargs([{"salesforce_conn_id": "crm"}, {"word": "x"}])


@case("m=none!late n=none!crm")
def mapped_over_whatever_dicts_a_task_gives(dag: Any) -> None:
    Reader.partial(task_id="m").expand_kwargs(rows())
    Reader.partial(task_id="n", salesforce_conn_id="crm").expand_kwargs(rows())
    EmptyOperator.partial(task_id="o").expand_kwargs(rows())


@case("f=none!crm,erp")
def a_function_mapped_over_connections(dag: Any) -> None:
    @task
    def f(salesforce_conn_id: str) -> None: ...

    f.expand(salesforce_conn_id=["crm", "erp"])


@case("down=none load.a=operator(load.up)")
def a_preflight_as_setup(dag: Any) -> None:
    with TaskGroup("load"):
        up, work = look("up").as_setup(), sf("a")
    down = sf("down").as_teardown(setups=up)
    up >> work >> down


@pytest.mark.parametrize("name", CASES)
def test_who_guards(name: str) -> None:
    """What is sure to keep the task from running is a guard, and nothing else is."""
    wire, expected = CASES[name]
    with a_dag(name, params={"org": "crm"}) as dag:
        wire(dag)
    found = [
        f"{each.task.task_id}={each.how}{'({})'.format(','.join(each.by)) if each.by else ''}"
        f"{'!{}'.format(','.join(each.unguarded).replace(LATE, 'late')) if each.unguarded else ''}"
        for each in judged(dag)
    ]
    assert " ".join(found) == expected


# ── what the site knows ──────────────────────────────────────────────────────────────────────────────────────────────


class Sync(BaseOperator):
    """An operator that takes any connection."""

    def __init__(self, *, http_conn_id: str = "", salesforce_conn_id: str | None = None, **kwargs: Any):
        super().__init__(**kwargs)
        self.http_conn_id = http_conn_id
        self.salesforce_conn_id = salesforce_conn_id


def test_a_connection_that_the_site_names() -> None:
    """It makes a task a Salesforce task, of which a hook without a connection knows nothing."""
    with a_dag() as dag:
        Sync(task_id="a", http_conn_id="sf_rest")
        Sync(task_id="b", http_conn_id="sf_rest", pre_execute=preflight_hook("sf_rest"))
        Sync(task_id="c", http_conn_id="sf_rest", salesforce_conn_id="crm", pre_execute=preflight_hook())
        look(conn_id="sf_rest") >> Sync(task_id="d", http_conn_id="sf_rest")
        Sync(task_id="e", http_conn_id="another")
    found = {each.task.task_id: (each.how, each.unguarded) for each in judged(dag, frozenset({"sf_rest"}))}
    assert found == {
        "a": ("none", ("sf_rest",)),
        "b": ("pre_execute", ()),
        "c": ("pre_execute", ("sf_rest",)),
        "d": ("operator", ()),
    }
    assert [each.task.task_id for each in judged(dag)] == ["b", "c"]


def test_a_task_that_begins_in_the_triggerer() -> None:
    """It examines nothing, whatever hook it has; a preflight before it does."""
    with a_dag() as dag:
        for name in ("a", "b"):
            sf(name, pre_execute=preflight_hook()).start_from_trigger = True
        look() >> dag.get_task("b")
    assert [(each.how, each.unguarded) for each in judged(dag)] == [("none", ("crm",)), ("operator", ())]


def test_several_dags_of_one_file() -> None:
    """A preflight of another DAG guards nothing here."""
    with a_dag("one") as one:
        look() >> sf("a")
    with a_dag("two") as two:
        sf("a")
    assert (unguarded(one), unguarded(two)) == ("", "a:crm")


def test_a_waiver_comes_along() -> None:
    """With what was found, whether the task is guarded or not."""
    with a_dag() as dag:
        sf("a", params={"sf_health_waiver": {"reason": "a sandbox", "until": "2026-06-01"}})
        sf("b")
    first, second = judged(dag, today=date(2026, 6, 1))
    assert first.waiver is not None
    assert (first.is_guarded, first.is_in_order, first.waiver.reason) == (False, True, "a sandbox")
    assert (second.waiver, second.is_in_order) == (None, False)
    [expired, _] = judged(dag, today=date(2026, 6, 2))
    assert not expired.is_in_order


def test_it_says_the_same_each_time() -> None:
    """In the DAG processor and in each worker."""
    said = []
    for _ in range(2):
        with a_dag() as dag:
            for number in range(20):
                sf(f"t{number}", f"crm{number % 3}")
            look(conn_id="crm0") >> dag.get_task("t0") >> dag.get_task("t3")
        said.append([(each.task.task_id, each.how, each.by, each.unguarded) for each in judged(dag)])
    assert said[0] == said[1]


def test_a_long_chain() -> None:
    """As long as nobody writes one: no depth of calls, and each task is looked at once."""
    with a_dag() as dag:
        before: Any = look()
        for number in range(3000):
            before = before >> (sf if number % 1000 == 999 else other)(f"t{number:04}")
    assert [each.by for each in judged(dag)] == [("look",)] * 3


def test_very_many_guards() -> None:
    """Some of them are named, those right before the task first."""
    with a_dag() as dag:
        guards = [look(f"look{number:03}") for number in range(200)]
        tasks = [sf(f"t{number:03}") for number in range(200)]
        tasks[0].set_upstream(guards)
        for before, after in pairwise(tasks):
            before >> after
        look("nearest") >> tasks[-1]
    found = judged(dag)
    assert {len(each.by) for each in found} == {10}
    assert found[0].by == tuple(f"look{number:03}" for number in range(10))
    assert found[-1].by[:2] == ("nearest", "look000")


def test_a_hook_is_for_the_tasks_own_connections() -> None:
    """What only the caller knows of is none of those."""
    with a_dag():
        known = sf("a", "crm", pre_execute=preflight_hook())
        unknown = sf("b", "{{ params.org }}", pre_execute=preflight_hook())
        none = EmptyOperator(task_id="c", pre_execute=preflight_hook())
    assert [has_hook(each, "erp") for each in (known, unknown, none)] == [False, True, False]
    assert has_hook(known, "crm")
    assert all(has_hook(each, None) for each in (known, unknown, none))


def test_an_operator_whose_function_cannot_be_read() -> None:
    """A property that raises, say: it uses Salesforce all the same, and nothing examines that."""

    class NotYet(Reader):
        @property
        def python_callable(self) -> Any:
            raise RuntimeError("not yet")

    with a_dag() as dag:
        NotYet(task_id="a", salesforce_conn_id="crm")
    assert [each.unguarded for each in judged(dag)] == [("crm",)]
