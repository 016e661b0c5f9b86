"""DAGs whose tasks examine by themselves, or stand behind what `guard` has put there. Each run of a task's own work is a line in a file."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pendulum
from airflow.providers.common.compat.sdk import DAG, BaseOperator, BaseSensorOperator, task
from airflow.triggers.base import BaseTrigger, TriggerEvent

from airflow_sf_health import guard, preflight, preflight_hook
from airflow_sf_health.guards import attach

STARTS: dict[str, Any] = {"schedule": None, "start_date": pendulum.datetime(2026, 1, 1, tz="UTC"), "catchup": False}


def note(word: str) -> None:
    with Path(os.environ["SF_HEALTH_TESTS_NOTES"]).open("a") as notes:
        notes.write(f"{word}\n")


def own_hook(context: Any) -> None:
    note("own hook")


def own_generator(context: Any) -> Iterator[Any]:
    yield from ()
    note("own hook")


class AtOnce(BaseTrigger):
    """Fires at once."""

    def serialize(self) -> tuple[str, dict[str, Any]]:
        return (f"{self.__module__}.AtOnce", {})

    async def run(self) -> Any:
        yield TriggerEvent({})


class Work(BaseOperator):
    """Notes that it worked, as an operator of somebody else's."""

    template_fields = ("salesforce_conn_id", "soql")

    def __init__(self, *, salesforce_conn_id: str = "crm_prod", soql: str = "", word: str = "work", **kwargs: Any):
        super().__init__(**kwargs)
        self.salesforce_conn_id = salesforce_conn_id
        self.soql = soql
        self.word = word

    def execute(self, context: Any) -> None:
        note(self.word)


class Looking(BaseSensorOperator):
    """Looks until the sixth look of all, by a function that examines and is not what the task is made of."""

    @preflight("crm_prod")
    def poke(self, context: Any) -> bool:
        note("poke")
        return Path(os.environ["SF_HEALTH_TESTS_NOTES"]).read_text().count("poke") == 6


class Deferring(Work):
    """Defers, goes on, fails then on its first try."""

    def execute(self, context: Any) -> None:
        note("began")
        self.defer(trigger=AtOnce(), method_name="go_on")

    def go_on(self, context: Any, event: Any) -> None:
        note("went on")
        if context["ti"].try_number == 1:
            raise RuntimeError("once more")


@preflight("crm_prod")
def help_out() -> None:
    note("helped")


class Helped(Deferring):
    """Uses Salesforce only when it goes on."""

    def go_on(self, context: Any, event: Any) -> None:
        help_out()


class Renaming(BaseOperator):
    """Keeps its connection under a name of its own."""

    template_fields = ("org",)

    def __init__(self, *, salesforce_conn_id: str, **kwargs: Any):
        super().__init__(**kwargs)
        self.org = salesforce_conn_id

    def execute(self, context: Any) -> None:
        note(self.org)


class Overriding(Work):
    """Has a method of its own in the place of Airflow's, which skips hooks on 2.11."""

    def pre_execute(self, context: Any) -> None:
        note("own method")


with DAG("hooked", **STARTS) as hooked:
    Work(task_id="work", retries=2, pre_execute=preflight_hook())

with DAG("templated", params={"field": "Name"}, **STARTS) as templated:
    soql = "SELECT {{ params.field }} FROM Account"
    Work(task_id="work", salesforce_conn_id="{{ 'crm_' ~ 'prod' }}", soql=soql, pre_execute=preflight_hook())

with DAG("deferring", **STARTS) as deferring:
    Deferring(task_id="work", retries=1, retry_delay=0.01, pre_execute=preflight_hook("crm_prod"))

with DAG("helped", **STARTS) as helped:
    Helped(task_id="work")

with DAG("renaming", params={"org": "crm_prod"}, **STARTS) as renaming:
    Renaming(task_id="work", salesforce_conn_id="{{ params.org }}")
    guard(renaming)

with DAG("of_another", **STARTS) as of_another:
    for_another: dict[str, Any] = {"salesforce_conn_id": "crm_copy", "soql": "SELECT Gone__c FROM Account"}
    Work(task_id="hooked", pre_execute=preflight_hook("crm_prod"), **for_another)
    guard(Work(task_id="guarded", **for_another), "crm_prod")

with DAG("composed", **STARTS) as composed:
    attach(Work(task_id="work", pre_execute=own_hook), preflight_hook())

with DAG("composed_of_a_generator", **STARTS) as composed_of_a_generator:
    attach(Work(task_id="work", pre_execute=own_generator), preflight_hook())

with DAG("overriding", **STARTS) as overriding:
    attach(Overriding(task_id="work"), preflight_hook())

with DAG("overriding_mapped", **STARTS) as overriding_mapped:
    mapped_task: Any = Overriding.partial(task_id="work").expand(word=["a", "b"])
    attach(mapped_task, preflight_hook())
    attach(mapped_task, preflight_hook())

with DAG("overriding_of_two", **STARTS) as overriding_of_two:
    attach(Overriding(task_id="work", pre_execute=preflight_hook("crm_gone")), preflight_hook("crm_prod"))

with DAG("mapped", **STARTS) as mapped:
    Work.partial(task_id="work").expand(salesforce_conn_id=["crm_prod", "crm_gone"])
    guard(mapped)

with DAG("decorated", **STARTS) as decorated:

    @task(retries=2)
    @preflight("crm_prod", {"objects": {"Account": ["Name"]}})
    def below(run_id: str | None = None, **context: Any) -> str:
        assert run_id
        note("below")
        return "done"

    @preflight("crm_prod")
    @task(retries=2)
    def above(number: int) -> int:
        note("above")
        return number

    below()
    above.expand(number=[1, 2])

with DAG("sensing", **STARTS) as sensing:

    @task.sensor(poke_interval=0.01, timeout=60, mode="poke", retries=1, retry_delay=0.01)
    @preflight("crm_prod")
    def waits() -> bool:
        note("poke")
        looks = Path(os.environ["SF_HEALTH_TESTS_NOTES"]).read_text().count("poke")
        if looks == 3:
            raise RuntimeError("once more")
        return looks == 6

    waits()

with DAG("sensing_again", **STARTS) as sensing_again:

    @task.sensor(poke_interval=0.01, timeout=60, mode="reschedule")
    @preflight("crm_prod")
    def looks() -> bool:
        note("poke")
        return Path(os.environ["SF_HEALTH_TESTS_NOTES"]).read_text().count("poke") == 3

    looks() >> Looking(task_id="looks_by_method", poke_interval=0.01, timeout=60, mode="reschedule")

with DAG("any_rule", **STARTS) as any_rule:
    first = Work(task_id="first")
    for rule in ("all_done", "one_success", "none_skipped", "always", "none_failed", "all_success"):
        task_of_rule = Work(task_id=rule, word=rule, trigger_rule=rule)
        Work(task_id=f"before_{rule}", word=f"before_{rule}", salesforce_conn_id=None) >> task_of_rule  # type: ignore[arg-type]
    guard(any_rule)

with DAG("torn_down", **STARTS) as torn_down:
    up = Work(task_id="up", word="up", salesforce_conn_id=None).as_setup()  # type: ignore[arg-type]
    down = Work(task_id="down", word="down").as_teardown(setups=up)
    up >> Work(task_id="load", word="load") >> down
    guard(torn_down)

with DAG("set_up", **STARTS) as set_up:
    sf_up = Work(task_id="up", word="up").as_setup()
    sf_down = Work(task_id="down", word="down").as_teardown(setups=sf_up)
    sf_up >> Work(task_id="load", word="load") >> sf_down
    guard(set_up)

with DAG("branching", **STARTS) as branching:

    @task.branch
    def branch() -> str:
        return "other"

    branch() >> [Work(task_id="load", word="load"), Work(task_id="other", word="other", salesforce_conn_id=None)]  # type: ignore[arg-type]
    guard(branching)
