"""What Airflow is told of this provider."""

from __future__ import annotations

import importlib
import importlib.metadata
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import airflow
import jsonschema
import pytest
from airflow.providers.salesforce.get_provider_info import get_provider_info as stock_provider_info

from airflow_sf_health.connection_fields import FIELD_BEHAVIOUR, OWN_FIELDS, STOCK_FIELDS
from airflow_sf_health.org.flows import LoginFlow
from airflow_sf_health.provider_info import get_provider_info

INFO = get_provider_info()
[TYPE] = INFO["connection-types"]
STOCK_TYPE: dict[str, Any] = stock_provider_info()["connection-types"][0]


def test_it_fits_airflows_schema() -> None:
    """Airflow accepts it; what it does not accept would stop every `airflow` command."""
    schema = Path(airflow.__path__[0], "provider_info.schema.json").read_text(encoding="utf-8")
    jsonschema.validate(INFO, json.loads(schema))


def test_the_package_name_is_the_distributions() -> None:
    """Airflow compares the two, and refuses to start where they differ."""
    [entry] = [e for e in importlib.metadata.entry_points(group="apache_airflow_provider") if "sf_health" in e.value]
    assert entry.dist is not None
    assert entry.dist.name == INFO["package-name"]
    assert entry.load() is get_provider_info


def test_reading_it_loads_nothing() -> None:
    """Every Airflow process reads it, so it costs nothing but its own tables."""
    program = "import sys, airflow_sf_health.provider_info; print(*[m for m in sys.modules if 'airflow' in m])"
    said = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    tables = {"airflow_sf_health", "airflow_sf_health.connection_fields", "airflow_sf_health.provider_info"}
    assert set(said.stdout.split()) == tables


def test_documentation_is_linked() -> None:
    """The Providers page links the project URL of exactly this name."""
    urls = importlib.metadata.metadata("airflow-sf-health").get_all("Project-URL") or []
    assert [url for url in urls if url.startswith("documentation, https://")]


def test_the_connection_type_is_our_own() -> None:
    """Plain `salesforce` connections stay with the stock hook."""
    assert (TYPE["connection-type"], TYPE["hook-name"]) == ("sf_health", "Salesforce (health-checked)")


@pytest.mark.skipif(
    "conn-fields" not in STOCK_TYPE, reason="this Salesforce provider lists its fields in its hook alone"
)
def test_stock_fields_are_the_stock_connection_types() -> None:
    """The form shows every field of the Salesforce provider's, labelled and masked as there."""
    assert STOCK_TYPE["conn-fields"] == STOCK_FIELDS
    assert STOCK_TYPE["ui-field-behaviour"].items() <= {**FIELD_BEHAVIOUR}.items()


def test_our_fields_are_added_and_masked() -> None:
    """Ours stand beside the stock fields, and those that are secrets are password fields."""
    assert list(TYPE["conn-fields"]) == [*STOCK_FIELDS, *OWN_FIELDS]
    secret = [name for name, field in OWN_FIELDS.items() if field["schema"].get("format") == "password"]  # type: ignore[attr-defined]
    assert secret == ["session_id", "refresh_token"]


def test_each_login_flow_can_be_chosen() -> None:
    """The field that chooses a login flow lists them all."""
    assert all(flow in OWN_FIELDS["login_flow"]["description"] for flow in LoginFlow)


def test_every_option_of_ours_is_told() -> None:
    """`airflow config list --section sf_health` shows each option with its type, default and meaning."""
    options = INFO["config"]["sf_health"]["options"]
    assert list(options) == [
        "connect_timeout",
        "read_timeout",
        "examination_timeout",
        "on_undetermined",
        "reauthenticate",
        "trust_status",
        "store",
        "max_age",
        "compare_every",
        "on_stale",
        "on_drift",
        "pass_ttl",
        "token_ttl",
        "refusal_ttl",
        "egress",
        "installation",
        "history",
        "docs_url",
        "causes",
        "cluster_policy",
        "policy_include",
        "policy_exclude",
        "policy_rules",
        "policy_connections",
        "enforce_after",
        "policy_baseline",
        "inject_retry_policy",
        "inject_explain_failure",
        "inject_bulk_check",
    ]


def named_modules() -> list[str]:
    return [m for kind in ("hooks", "operators", "sensors", "triggers") for m in INFO[kind][0]["python-modules"]]


@pytest.mark.parametrize("module", named_modules())
def test_each_module_that_is_named_exists(module: str) -> None:
    """Airflow's Providers page and its checks import them."""
    assert importlib.import_module(module).__doc__


@pytest.mark.parametrize("path", [TYPE["hook-class-name"], *INFO["extra-links"]])
def test_each_class_that_is_named_exists(path: str) -> None:
    """Airflow imports the hook and the links by these paths."""
    module, name = path.rsplit(".", 1)
    assert isinstance(getattr(importlib.import_module(module), name), type)
