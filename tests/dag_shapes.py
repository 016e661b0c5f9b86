"""DAGs of many shapes, with what each guards by: for `guard`, the decorator and whoever looks at guarded tasks.

A case is a function that wires a DAG. `>` in an expected text is an edge from a preflight; `~` a task that examines by itself.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any

from airflow.providers.common.compat.sdk import BaseOperator, TaskGroup, task, task_group
from airflow.providers.salesforce.operators.bulk import SalesforceBulkOperator

from airflow_sf_health import compat, guard, preflight, preflight_hook
from airflow_sf_health.operators.bulk import SalesforceBulkOperator as OurBulkOperator
from airflow_sf_health.operators.salesforce import SalesforcePreflightOperator
from airflow_sf_health.sensors.salesforce import SalesforceHealthSensor

_HOME = "airflow.providers.standard.operators" if compat.AIRFLOW_V_3_0_PLUS else "airflow.operators"
EmptyOperator: Any = importlib.import_module(f"{_HOME}.empty").EmptyOperator
_python: Any = importlib.import_module(f"{_HOME}.python")
BranchPythonOperator, ShortCircuitOperator = _python.BranchPythonOperator, _python.ShortCircuitOperator

SHAPES: dict[str, tuple[Callable[[Any], None], str]] = {}


def shape(expected: str) -> Callable[[Callable[[Any], None]], Callable[[Any], None]]:
    def keep(wire: Callable[[Any], None]) -> Callable[[Any], None]:
        SHAPES[wire.__name__] = (wire, expected)
        return wire

    return keep


class Reader(BaseOperator):
    """An operator of somebody else's."""

    def __init__(self, *, salesforce_conn_id: str = "salesforce_default", word: str = "", **kwargs: Any):
        super().__init__(**kwargs)
        self.salesforce_conn_id = salesforce_conn_id
        self.word = word


def sf(task_id: str, conn_id: str = "crm", **kwargs: Any) -> SalesforceBulkOperator:
    arguments = {"operation": "insert", "object_name": "Account", "payload": [{"Name": "a"}], **kwargs}
    return SalesforceBulkOperator(task_id=task_id, salesforce_conn_id=conn_id, **arguments)


def other(task_id: str, **kwargs: Any) -> Any:
    return EmptyOperator(task_id=task_id, **kwargs)


@task
def plain_function() -> None: ...


@task
def rows() -> list[str]:
    return ["a"]


# ── one task, several tasks ──────────────────────────────────────────────────────────────────────────────────────────


@shape("crm>a")
def one_task(dag: Any) -> None:
    guard(sf("a"))


@shape("crm>a")
def the_dag(dag: Any) -> None:
    sf("a")
    guard(dag)


@shape("crm>b crm>load.a")
def the_dag_that_is_being_built(dag: Any) -> None:
    sf("b")
    with TaskGroup("load"):
        sf("a")
        guard()


@shape("")
def no_salesforce_task(dag: Any) -> None:
    other("a") >> other("b")
    guard(dag)


@shape("crm>a crm>b")
def two_roots(dag: Any) -> None:
    sf("a")
    sf("b")
    guard(dag)


@shape("crm>a")
def a_chain(dag: Any) -> None:
    sf("a") >> sf("b") >> sf("c")
    guard(dag)


@shape("crm>a")
def with_others_between(dag: Any) -> None:
    other("first") >> sf("a") >> other("between") >> sf("b")
    guard(dag)


@shape("crm>a crm>b")
def before_it_is_wired(dag: Any) -> None:
    a, b = sf("a"), sf("b")
    guard(dag)
    a >> b


@shape("crm>b")
def one_of_two_tasks(dag: Any) -> None:
    sf("a")
    guard(sf("b"))


@shape("crm>a crm>b")
def a_list(dag: Any) -> None:
    guard([sf("a"), [sf("b")]])


@shape("crm>join1 crm>join2")
def a_diamond(dag: Any) -> None:
    other("start") >> [sf("join1"), sf("join2")] >> sf("end")
    guard(dag)


@shape("crm>r")
def an_operator_of_somebody_else(dag: Any) -> None:
    Reader(task_id="r", salesforce_conn_id="crm")
    guard(dag)


@shape("salesforce_default>r")
def the_default_connection(dag: Any) -> None:
    Reader(task_id="r")
    guard(dag)


@shape("crm>plain_function")
def a_function_that_the_author_names(dag: Any) -> None:
    guard(plain_function(), "crm")


@shape("")
def a_function_of_which_nothing_is_known(dag: Any) -> None:
    guard(plain_function())


@shape("crm>a crm>a__1 crm>a__2")
def made_in_a_loop(dag: Any) -> None:
    for number in range(3):
        sf("a" if not number else f"a__{number}")
    guard(dag)


# ── several connections ──────────────────────────────────────────────────────────────────────────────────────────────


@shape("crm>a erp>b")
def two_connections(dag: Any) -> None:
    sf("a")
    sf("b", "erp")
    guard(dag)


@shape("crm>a erp>b")
def one_behind_the_other(dag: Any) -> None:
    sf("a") >> sf("b", "erp") >> sf("c")
    guard(dag)


@shape("erp>b")
def only_one_of_the_connections(dag: Any) -> None:
    sf("a")
    sf("b", "erp")
    guard(dag, "erp")


@shape("a~")
def a_connection_that_only_the_run_knows(dag: Any) -> None:
    sf("a", "{{ params.org }}")
    guard(dag)


@shape("my.crm_eu>a")
def a_connection_whose_id_is_no_task_id(dag: Any) -> None:
    sf("a", "my.crm_eu")
    guard(dag)


# ── groups ───────────────────────────────────────────────────────────────────────────────────────────────────────────


@shape("crm>load.a")
def a_group(dag: Any) -> None:
    with TaskGroup("load") as load:
        sf("a") >> sf("b")
    guard(load)


@shape("crm>load.a")
def a_group_behind_another_task(dag: Any) -> None:
    with TaskGroup("load") as load:
        other("x") >> sf("a")
    other("extract") >> load
    guard(load)


@shape("crm>outer.inner.a crm>outer.b")
def groups_in_groups(dag: Any) -> None:
    with TaskGroup("outer") as outer:
        with TaskGroup("inner"):
            sf("a")
        sf("b")
    guard(outer)


@shape("crm>one.a crm>two.a")
def two_groups_one_after_the_other(dag: Any) -> None:
    for name in ("one", "two"):
        with TaskGroup(name) as load:
            sf("a")
        guard(load)


@shape("crm>one.a")
def a_group_behind_a_guarded_one(dag: Any) -> None:
    with TaskGroup("one") as one:
        sf("a")
    with TaskGroup("two") as two:
        sf("a")
    one >> two
    guard(one)
    guard(two)


@shape("crm>load.f crm>load.g")
def a_group_of_functions(dag: Any) -> None:
    with TaskGroup("load") as load:
        plain_function.override(task_id="f")()
        plain_function.override(task_id="g")()
    guard(load, "crm")


@shape("crm>load.a")
def called_within_the_group(dag: Any) -> None:
    with TaskGroup("load") as load:
        sf("a")
        guard(load)


# ── mapped ───────────────────────────────────────────────────────────────────────────────────────────────────────────


@shape("crm>m")
def mapped(dag: Any) -> None:
    SalesforceBulkOperator.partial(
        task_id="m", operation="insert", object_name="Account", salesforce_conn_id="crm"
    ).expand(payload=[[{"Name": "a"}], [{"Name": "b"}]])
    guard(dag)


@shape("crm>m")
def mapped_over_the_output_of_a_task(dag: Any) -> None:
    SalesforceBulkOperator.partial(
        task_id="m", operation="insert", object_name="Account", salesforce_conn_id="crm"
    ).expand(payload=rows())
    guard(dag)


@shape("m~")
def mapped_over_connections(dag: Any) -> None:
    Reader.partial(task_id="m").expand(salesforce_conn_id=["crm", "erp"])
    guard(dag)


@shape("salesforce_default>m")
def mapped_with_the_default_connection(dag: Any) -> None:
    Reader.partial(task_id="m").expand(word=["a", "b"])
    guard(dag)


@shape("m~")
def mapped_over_whatever_a_task_gives(dag: Any) -> None:
    SalesforceBulkOperator.partial(
        task_id="m", operation="insert", object_name="Account", salesforce_conn_id="crm", trigger_rule="all_done"
    ).expand(payload=rows())
    guard(dag)


@shape("crm>each.a")
def a_mapped_group(dag: Any) -> None:
    @task_group
    def each(row: str) -> None:
        plain_function.override(task_id="x")() >> sf("a")

    each.expand(row=["a", "b"])
    guard(dag)


@shape("crm>f")
def a_mapped_function(dag: Any) -> None:
    @task
    def f(row: str) -> None: ...

    guard(f.expand(row=["a"]), "crm")


# ── branches and trigger rules ───────────────────────────────────────────────────────────────────────────────────────


@shape("crm>a")
def a_branch(dag: Any) -> None:
    BranchPythonOperator(task_id="branch", python_callable=lambda: "a") >> [sf("a"), other("b")]
    guard(dag)


@shape("crm>a join~")
def a_join_behind_a_branch(dag: Any) -> None:
    branch = BranchPythonOperator(task_id="branch", python_callable=lambda: "a")
    branch >> [sf("a"), other("b")] >> sf("join", trigger_rule="none_failed_min_one_success")
    guard(dag)


@shape("crm>a crm>b")
def content_with_what_was_skipped(dag: Any) -> None:
    branch = BranchPythonOperator(task_id="branch", python_callable=lambda: "a")
    branch >> sf("a") >> sf("b", trigger_rule="none_failed")
    guard(dag)


@shape("crm>a")
def behind_a_short_circuit(dag: Any) -> None:
    ShortCircuitOperator(task_id="goes_on", python_callable=lambda: True) >> sf("a") >> sf("b")
    guard(dag)


@shape("crm>b")
def behind_one_that_runs_anyway(dag: Any) -> None:
    other("x", trigger_rule="all_done") >> sf("b")
    guard(dag)


@shape("crm>a crm>b")
def one_that_runs_anyway_between(dag: Any) -> None:
    sf("a") >> other("x", trigger_rule="all_done") >> sf("b")
    guard(dag)


def _with_rule(rule: str) -> Callable[[Any], None]:
    def wire(dag: Any) -> None:
        other("x") >> sf("a", trigger_rule=rule)
        guard(dag)

    wire.__name__ = f"a_root_with_{rule}"
    return wire


for _rule in ("all_success", "none_failed"):
    shape("crm>a")(_with_rule(_rule))
for _rule in (
    "all_done",
    "all_failed",
    "one_success",
    "one_failed",
    "one_done",
    "none_skipped",
    "all_skipped",
    "always",
    "none_failed_min_one_success",
):
    shape("a~")(_with_rule(_rule))


# ── setups and teardowns ─────────────────────────────────────────────────────────────────────────────────────────────


@shape("crm>up")
def a_salesforce_setup(dag: Any) -> None:
    up, down = sf("up").as_setup(), other("down")
    up >> sf("a") >> down.as_teardown(setups=up)
    guard(dag)


@shape("crm>a")
def a_setup_of_something_else(dag: Any) -> None:
    up, down = other("up").as_setup(), other("down")
    up >> [sf("a"), other("b")] >> down.as_teardown(setups=up)
    guard(dag)


@shape("crm>a")
def a_salesforce_teardown(dag: Any) -> None:
    up, down = other("up").as_setup(), sf("down")
    up >> sf("a") >> down.as_teardown(setups=up)
    guard(dag)


@shape("")
def nothing_but_a_teardown(dag: Any) -> None:
    up, down = other("up").as_setup(), sf("down")
    up >> other("a") >> down.as_teardown(setups=up)
    guard(dag)


@shape("crm>a")
def a_teardown_that_the_author_names(dag: Any) -> None:
    up, down = other("up").as_setup(), sf("down")
    up >> sf("a") >> down.as_teardown(setups=up)
    guard([dag.get_task("a"), dag.get_task("down")], "crm")


# ── guarded already ──────────────────────────────────────────────────────────────────────────────────────────────────


@shape("crm>a")
def twice(dag: Any) -> None:
    sf("a") >> sf("b")
    guard(dag)
    guard(dag)


@shape("a~")
def twice_where_it_examines_by_itself(dag: Any) -> None:
    sf("a", trigger_rule="all_done")
    guard(dag)
    guard(dag)


@shape("crm>a")
def behind_a_preflight_of_the_author(dag: Any) -> None:
    SalesforcePreflightOperator(task_id="look", salesforce_conn_id="crm") >> sf("a") >> other("x") >> sf("b")
    guard(dag)


@shape("")
def far_behind_a_preflight_of_the_author(dag: Any) -> None:
    SalesforcePreflightOperator(task_id="look", salesforce_conn_id="crm") >> other("x") >> sf("a")
    guard(dag)


@shape("")
def behind_a_mapped_preflight_of_the_author(dag: Any) -> None:
    look = SalesforcePreflightOperator.partial(task_id="look", salesforce_conn_id="crm")
    look.expand(checks=[["user"], ["quota"]]) >> other("x") >> sf("a")
    guard(dag)


@shape("crm>a erp>a")
def behind_a_preflight_mapped_over_connections(dag: Any) -> None:
    look = SalesforcePreflightOperator.partial(task_id="look").expand(salesforce_conn_id=["crm", "erp"])
    look >> sf("a") >> sf("b", "erp")
    guard(dag)


@shape("erp>a crm>a")
def behind_a_preflight_of_another_connection(dag: Any) -> None:
    SalesforcePreflightOperator(task_id="other", salesforce_conn_id="erp") >> sf("a")
    guard(dag)


@shape("crm>a")
def behind_a_sensor(dag: Any) -> None:
    SalesforceHealthSensor(task_id="wait", salesforce_conn_id="crm") >> sf("a")
    guard(dag)


@shape("a~")
def with_a_hook(dag: Any) -> None:
    sf("a", pre_execute=preflight_hook())
    guard(dag)


@shape("f~")
def with_a_decorator_below(dag: Any) -> None:
    @task
    @preflight("crm")
    def f() -> None: ...

    guard(f(), "crm")


@shape("f~")
def with_a_decorator_above(dag: Any) -> None:
    @preflight("crm")
    @task(retries=1)
    def f() -> None: ...

    guard(f(), "crm")


@shape("f~")
def with_two_decorators(dag: Any) -> None:
    @task
    @preflight("erp")
    @preflight("crm")
    def f() -> None: ...

    guard(f(), "crm")


@shape("f~")
def with_a_hook_and_a_decorator(dag: Any) -> None:
    @task(pre_execute=preflight_hook("erp"))
    @preflight("crm")
    def f() -> None: ...

    guard(f(), "crm")


@shape("f~")
def a_mapped_function_with_a_decorator(dag: Any) -> None:
    @preflight("crm")
    @task
    def f(row: str) -> None: ...

    f.expand(row=["a", "b"])
    guard(dag)


@shape("f~")
def a_branch_with_a_decorator(dag: Any) -> None:
    @task.branch
    @preflight("crm")
    def f() -> str:
        return "x"

    f() >> other("x")
    guard(dag)


@shape("")
def our_own_bulk_operator(dag: Any) -> None:
    OurBulkOperator(task_id="a", salesforce_conn_id="crm", operation="insert", object_name="Account", payload=[])
    guard(dag)
