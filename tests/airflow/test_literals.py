"""What is wrong in a DAG file is said while the file is read; what only a run can know waits for the run."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from airflow.providers.common.compat.sdk import DAG, BaseOperator

from airflow_sf_health import Options, Requirements
from airflow_sf_health.operators.salesforce import SalesforcePreflightOperator
from airflow_sf_health.sensors.salesforce import SalesforceHealthSensor

WRONG: list[tuple[dict[str, Any], str]] = [
    ({"requirements": {"sandbx": True}}, "Did you mean 'sandbox'?"),
    ({"requirements": {"sandbx": "{{ params.sandbox }}"}}, "Did you mean 'sandbox'?"),
    ({"requirements": {"org_id": "acme"}}, "which is no org id"),
    ({"options": {"on_undetermined": "explode"}}, "retry, fail, proceed"),
    ({"checks": ["user.activ"]}, "Did you mean 'user.active'?"),
    ({"checks": ["{{ params.check }}", "-user.activ"]}, "Did you mean 'user.active'?"),
    ({"checks": "user"}, r"Write a list: \['user'\]"),
    ({"requirements": {"objects": {"Account": {"raed": ["Name"]}}}}, "Did you mean 'read'?"),
    ({"requirements": {"objects": {"Account": {"raed": ["{{ params.field }}"]}}}}, "Did you mean 'read'?"),
    ({"requirements": {"objects": {"Account": {"insert": "Name", "read": ["{{ params.field }}"]}}}}, r"Write a list"),
    ({"requirements": {"objects": {"Account": {"upsert": ["Name"]}}}}, "no 'external_id'"),
    ({"requirements": {"objects": {"Account": {"delete": "{{ params.deletes }}"}, "no name": {}}}}, "no API name"),
    ({"requirements": '{"objcts": {}}'}, "Did you mean 'objects'?"),
    ({"requirements": "objcts:\n  Account: [Name]\n"}, "Did you mean 'objects'?"),
    ({"requirements": "objcts: {}"}, "Did you mean 'objects'?"),
    ({"requirements": "sandbox: no\nsandbox: yes\n"}, "'sandbox' stands twice"),
    ({"requirements": "objects: {Account: {read: [Name], read: [Id]}}"}, "'read' stands twice"),
    ({"requirements": Requirements(queries=("SELECT Id FROM A WHERE B = '{{ ds }}'",))}, "which nobody renders"),
    ({"requirements": {"records": "many"}}, "a whole number"),
    ({"options": {"max_age": "soon"}}, "a number of seconds"),
    ({"requirements": ["Account"]}, "'requirements' must be a dict, a path or a Requirements, and is of type list"),
    ({"requirements": 3}, "is of type int"),
    ({"options": ["retry"]}, "'options' must be a dict or an Options, and is of type list"),
    ({"options": Path("options.yaml")}, "'options' must be a dict or an Options"),
    ({"checks": {"user"}}, "'checks' must be a list of ids, and is of type set"),
    ({"checks": 3}, "'checks' must be a list of ids"),
    ({"schema_lock": {"format": 1, "objcts": {}}}, "objects|lock"),
]
RIGHT: list[dict[str, Any]] = [
    {"requirements": Requirements(sandbox=True), "options": Options(on_undetermined="fail")},
    {"requirements": {"org_id": "{{ var.value.org }}"}, "checks": ["{{ params.check }}", "user"]},
    {"requirements": "{{ params.requirements }}", "checks": "{{ params.checks }}", "options": "{{ params.options }}"},
    {"requirements": None, "checks": [], "options": {}},
    {
        "requirements": {
            "objects": {"Account": {"read": ["Name", "{{ params.field }}"], "delete": "{{ params.deletes }}"}}
        }
    },
    {"requirements": {"objects": {"Account": {"upsert": "{{ params.fields }}", "external_id": "ERP_Id__c"}}}},
    {"requirements": {"objects": {"Account": {"upsert": ["Name"], "external_id": "{{ params.key }}"}}}},
    {"requirements": {"objects": {"Account": "{{ params.use }}"}, "records": "{{ params.records }}"}},
    {
        "requirements": {
            "objects": "{{ params.objects }}",
            "queries": ["{{ params.soql }}"],
            "owners": "{{ params.owners }}",
        }
    },
    {"requirements": "no_such_file.yaml", "schema_lock": "no_such.lock.json"},
    {"requirements": "sandbox: no\nobjects:\n  Account: [Name]\n"},
    {"requirements": "objcts:\n  Account: [{{ params.field }}]\n"},
    {"requirements": '{# of the CRM #}\n{"objcts": {}}'},
    {"requirements": Path("no_such_file.yaml"), "schema_lock": "{{ params.lock }}"},
]


@pytest.mark.parametrize("kind", [SalesforcePreflightOperator, SalesforceHealthSensor])
@pytest.mark.parametrize(("arguments", "said"), WRONG)
def test_a_wrong_literal_is_refused(kind: type, arguments: dict[str, Any], said: str) -> None:
    """The error names what is meant, and Airflow shows it as the import error of the file."""
    with pytest.raises(ValueError, match=said):
        kind(task_id="t", **arguments)


@pytest.mark.parametrize("kind", [SalesforcePreflightOperator, SalesforceHealthSensor])
def test_what_another_task_gives_waits(kind: type) -> None:
    """The output of another task may stand anywhere in the requirements; what stands beside it is looked at."""
    with DAG("literals", schedule=None, start_date=datetime(2026, 1, 1, tzinfo=UTC)):
        output = BaseOperator(task_id="before").output
        kind(task_id="t", requirements={"objects": {"Account": {"read": [output, "Name"]}}, "owners": output})
        kind(task_id="all", requirements=output, checks=output, options=output, schema_lock=output)
        with pytest.raises(ValueError, match=r"Did you mean 'read'\?"):
            kind(task_id="u", requirements={"objects": {"Account": {"raed": [output]}}})


@pytest.mark.parametrize("kind", [SalesforcePreflightOperator, SalesforceHealthSensor])
@pytest.mark.parametrize("arguments", RIGHT)
def test_right_literals_and_templates_pass(kind: type, arguments: dict[str, Any]) -> None:
    """Values, dicts, and templates wherever they may stand."""
    task = kind(task_id="t", **arguments)
    assert all(getattr(task, name) == value for name, value in arguments.items())
