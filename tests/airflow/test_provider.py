"""The provider as a real Airflow sees it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from airflow.providers_manager import ProvidersManager

from airflow_sf_health.compat import AIRFLOW_V_3_0_PLUS
from airflow_sf_health.connection_fields import FIELD_BEHAVIOUR, OWN_FIELDS, STOCK_FIELDS

FIELDS: dict[str, Any] = {**STOCK_FIELDS, **OWN_FIELDS}
SECRETS = {name for name, field in FIELDS.items() if field["schema"].get("format") == "password"}


FORM_OF_2 = """
from airflow.providers_manager import ProvidersManager
manager, prefix = ProvidersManager(), "extra__sf_health__"
ours = {name: info.field for name, info in manager.connection_form_widgets.items() if name.startswith(prefix)}
fields = {name.removeprefix(prefix): f.field_class.__name__ == "PasswordField" for name, f in ours.items()}
"""
FORM_OF_3 = """
from airflow.api_fastapi.core_api.services.ui.connections import HookMetaService
from airflow.providers_manager import ProvidersManager
[form] = [each for each in HookMetaService.hook_meta_data() if each.connection_type == "sf_health"]
fields = {name: field["schema"].get("format") == "password" for name, field in form.extra_fields.items()}
manager = ProvidersManager()
"""
FORM_AS_JSON = """
import json
print(json.dumps({"fields": fields, **manager.field_behaviours["sf_health"]}))
"""


@pytest.fixture(scope="module")
def form(airflow_home: Path) -> dict[str, Any]:
    """The form of a `sf_health` connection: per extra field whether it is a password field, and `hidden_fields` …

    Built in a process of its own, since Airflow 3.1 puts mocks in place of form libraries that it does not have.
    """
    program = (FORM_OF_3 if AIRFLOW_V_3_0_PLUS else FORM_OF_2) + FORM_AS_JSON
    said = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert said.returncode == 0, said.stderr
    built: dict[str, Any] = json.loads(said.stdout.splitlines()[-1])
    return built


def test_the_hook_of_our_connection_type() -> None:
    """Airflow knows the type by its name, and can test such a connection from its page."""
    hook = ProvidersManager().hooks["sf_health"]
    assert hook is not None
    assert hook.hook_name == "Salesforce (health-checked)"
    assert hook.hook_class_name == "airflow_sf_health.hooks.salesforce.SalesforceHealthHook"
    assert hook.connection_testable


def test_the_stock_connection_type_keeps_its_hook() -> None:
    """A plain `salesforce` connection leads to the Salesforce provider's own hook, as without us."""
    hook = ProvidersManager().hooks["salesforce"]
    assert hook is not None
    assert hook.package_name == "apache-airflow-providers-salesforce"


def test_the_form_shows_all_fields_with_secrets_masked(form: dict[str, Any]) -> None:
    """Each field of the shared table is in the form, by whichever mechanism this Airflow has, secrets as passwords."""
    assert set(form["fields"]) == set(FIELDS)
    assert {name for name, masked in form["fields"].items() if masked} == SECRETS


def test_the_form_hides_and_names_airflows_own_fields(form: dict[str, Any]) -> None:
    """Fields that mean nothing here are hidden, and the login is called what Salesforce calls it."""
    assert sorted(form["hidden_fields"]) == sorted(FIELD_BEHAVIOUR["hidden-fields"])
    assert form["relabeling"] == FIELD_BEHAVIOUR["relabeling"]


@pytest.mark.parametrize(
    ("command", "shown"),
    [
        (["providers", "list"], "airflow-sf-health"),
        (["config", "get-value", "sf_health", "examination_timeout"], "60"),
    ],
)
def test_the_command_line_shows_us(command: list[str], shown: str) -> None:
    """`airflow providers list` has the provider, and `airflow config` its options."""
    said = subprocess.run([sys.executable, "-m", "airflow", *command], capture_output=True, text=True, check=False)
    assert said.returncode == 0, said.stderr
    assert shown in said.stdout
