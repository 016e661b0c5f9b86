"""What is wrong in a DAG file is said while the file is read; what only a run can know waits for the run."""

from __future__ import annotations

from typing import Any

import pytest

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
]
RIGHT: list[dict[str, Any]] = [
    {"requirements": Requirements(sandbox=True), "options": Options(on_undetermined="fail")},
    {"requirements": {"org_id": "{{ var.value.org }}"}, "checks": ["{{ params.check }}", "user"]},
    {"requirements": "{{ params.requirements }}", "checks": "{{ params.checks }}", "options": "{{ params.options }}"},
    {"requirements": None, "checks": [], "options": {}},
]


@pytest.mark.parametrize("kind", [SalesforcePreflightOperator, SalesforceHealthSensor])
@pytest.mark.parametrize(("arguments", "said"), WRONG)
def test_a_wrong_literal_is_refused(kind: type, arguments: dict[str, Any], said: str) -> None:
    """The error names what is meant, and Airflow shows it as the import error of the file."""
    with pytest.raises(ValueError, match=said):
        kind(task_id="t", **arguments)


@pytest.mark.parametrize("kind", [SalesforcePreflightOperator, SalesforceHealthSensor])
@pytest.mark.parametrize("arguments", RIGHT)
def test_right_literals_and_templates_pass(kind: type, arguments: dict[str, Any]) -> None:
    """Values, dicts, and templates wherever they may stand."""
    task = kind(task_id="t", **arguments)
    assert all(getattr(task, name) == value for name, value in arguments.items())
