"""What the author of an unguarded task is told to write, tried out."""

from __future__ import annotations

import textwrap
from typing import Any

import pytest

from airflow_sf_health.enforcement.advice import Advice, advice, how_to_guard
from airflow_sf_health.enforcement.judging import judged
from airflow_sf_health.enforcement.values import Judged

HEAD = """
import pendulum
from airflow.providers.common.compat.sdk import DAG, task
from airflow.providers.salesforce.operators.bulk import SalesforceBulkOperator
from dag_shapes import Reader
from http_sync import HttpSync

LOAD = {"operation": "insert", "object_name": "Account"}

with DAG("advised", schedule=None, start_date=pendulum.datetime(2026, 1, 1)) as dag:
"""
CONNECTIONS = frozenset({"sf_rest", "sf_soap"})

FILES = {
    "an operator": ('SalesforceBulkOperator(task_id="a", salesforce_conn_id="crm", payload=[], **LOAD,', ")"),
    "an operator with the default connection": ('Reader(task_id="a",', ")"),
    "an operator with a template": ('Reader(task_id="a", salesforce_conn_id="{{ params.org }}",', ")"),
    "an operator with a rule of its own": ('Reader(task_id="a", trigger_rule="all_done",', ")"),
    "a mapped operator": (
        'SalesforceBulkOperator.partial(task_id="a", salesforce_conn_id="crm", **LOAD,',
        ").expand(payload=[[], []])",
    ),
    "mapped over connections": ('Reader.partial(task_id="a",', ').expand(salesforce_conn_id=["crm", "erp"])'),
    "mapped over dicts": ('Reader.partial(task_id="a",', ').expand_kwargs([{"salesforce_conn_id": "crm"}])'),
    "a connection that the site knows": ('HttpSync(task_id="a", http_conn_id="sf_rest",', ")"),
    "two of those": ('HttpSync(task_id="a", http_conn_id="sf_rest", soap_conn_id="sf_soap",', ")"),
    "one of those and one of its own": ('HttpSync(task_id="a", http_conn_id="sf_rest", salesforce_conn_id="crm",', ")"),
    "one of those and a template": (
        'HttpSync(task_id="a", http_conn_id="sf_rest", salesforce_conn_id="{{ params.org }}",',
        ")",
    ),
    "a mapped one": ('HttpSync.partial(task_id="a", http_conn_id="sf_rest",', ').expand(path=["/a", "/b"])'),
    "with a hook of its author's": ('Reader(task_id="a", pre_execute=print,', ")"),
    "with a hook and a template": (
        'Reader(task_id="a", pre_execute=print, salesforce_conn_id="{{ params.org }}",',
        ")",
    ),
    "a function": ("@task", 'def a(salesforce_conn_id): ...\na(salesforce_conn_id="crm")'),
    "a mapped function": (
        "@task",
        'def a(salesforce_conn_id, row): ...\na.partial(salesforce_conn_id="crm").expand(row=[1, 2])',
    ),
    "a function of a connection that the site knows": ("@task", 'def a(conn_id): ...\na(conn_id="sf_rest")'),
    "a function with a template": ("@task", 'def a(salesforce_conn_id): ...\na(salesforce_conn_id="{{ params.org }}")'),
    "a function mapped over connections": (
        "@task",
        'def a(salesforce_conn_id): ...\na.expand(salesforce_conn_id=["crm", "erp"])',
    ),
    "a function in another process": (
        '@task.external_python(python="python3",',
        ')\ndef a(salesforce_conn_id): ...\na(salesforce_conn_id="crm")',
    ),
    "a function mapped over what a task gives": (
        "@task(",
        ")\ndef a(salesforce_conn_id): ...\n@task\ndef ids(): ...\na.expand(salesforce_conn_id=ids())",
    ),
}
"""What stands before the place where a line is to be added, and behind it."""


def read(name: str, listed: tuple[Advice, ...] = ()) -> Judged:
    """The task of such a file, with the lines added where they are said to belong."""
    before, behind = FILES[name]
    last = [each.line for each in listed if each.name == "guard"]
    inside = [each.line for each in listed if each.name != "guard"]
    body = "\n".join([before, *inside, behind, *last])
    source = "\n".join([*(each.import_line for each in listed), HEAD + textwrap.indent(body, "    ")])
    variables: dict[str, Any] = {}
    exec(compile(source, "advised.py", "exec"), variables)
    [found] = [each for each in judged(variables["dag"], CONNECTIONS) if each.task.task_id == "a"]
    return found


@pytest.mark.parametrize("name", FILES)
def test_who_does_what_is_said_is_guarded(name: str) -> None:
    """The lines work where they are put, and nothing else is needed."""
    found = read(name)
    assert not found.is_guarded
    assert read(name, advice(found)).unguarded == ()


@pytest.mark.parametrize(
    ("name", "place", "line"),
    [
        ("an operator", "Add to the operator's arguments", "pre_execute=preflight_hook(),"),
        ("an operator with a template", "Add to the operator's arguments", "pre_execute=preflight_hook(),"),
        ("a mapped operator", "Add to the arguments of .partial(…)", "pre_execute=preflight_hook(),"),
        (
            "a connection that the site knows",
            "Add to the operator's arguments",
            'pre_execute=preflight_hook("sf_rest"),',
        ),
        ("a function", "Add between @task and def", '@preflight("crm")'),
        ("a function with a template", "Add between @task and def", '@preflight("{{ params.org }}")'),
        ("a function in another process", "Add to the arguments of @task", "pre_execute=preflight_hook(),"),
        ("with a hook of its author's", "Add as the last line inside the DAG's with block or function", "guard()"),
    ],
)
def test_the_line(name: str, place: str, line: str) -> None:
    """As short as it can be, with its place."""
    [found] = advice(read(name))
    assert (found.place, found.line) == (place, line)


def test_the_text() -> None:
    """It stands alone: place, line, import, and the other way."""
    assert how_to_guard(read("an operator")) == textwrap.dedent(
        """\
        Add to the operator's arguments:

            pre_execute=preflight_hook(),

        and at the top of the file:

            from airflow_sf_health import preflight_hook

        Or put a task before it: guard() as the last line inside the DAG's with block or function (from airflow_sf_health import guard)."""
    )


def test_several_lines() -> None:
    """All of them are needed, and each is imported once."""
    text = how_to_guard(read("two of those"))
    assert 'pre_execute=preflight_hook("sf_rest"),' in text
    assert 'guard(dag.get_task("a"), "sf_soap")' in text
    assert text.count("import guard") == 1


def test_tasks_that_need_the_same_are_told_the_same() -> None:
    """So that a long list of tasks is told once."""
    assert how_to_guard(read("an operator")) == how_to_guard(read("an operator with the default connection"))


def test_the_other_way_works_too() -> None:
    """For a task of a connection that it names."""
    last = (Advice("", "guard()", "guard"),)
    assert read("an operator", last).how == "operator"


def test_a_task_that_begins_in_the_triggerer() -> None:
    """Nothing within it would be examined."""
    found = read("an operator")
    found.task.start_from_trigger = True
    assert [each.line for each in advice(found)] == ["guard()"]
