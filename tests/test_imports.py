"""What importing this package costs: the modules that it brings in, told by processes of their own."""

from __future__ import annotations

import subprocess
import sys

import pytest

from airflow_sf_health.compat import AIRFLOW_V_3_0_PLUS

AIRFLOW = "airflow.sdk" if AIRFLOW_V_3_0_PLUS else "airflow.models"
"""What every DAG file has loaded before it comes to us."""
HEAVY = {"simple_salesforce", "requests", "zeep", "pandas", "fastapi", "starlette", "uvicorn", "sqlalchemy", "jwt"}


def loaded_by(*modules: str) -> set[str]:
    """The top-level packages and our own modules that a fresh process has after these imports."""
    program = f"import sys, {', '.join(modules)}; print(*sys.modules)"
    said = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert said.returncode == 0, said.stderr
    names = said.stdout.split()
    return {name.split(".")[0] for name in names} | {name for name in names if name.startswith("airflow_sf_health")}


@pytest.fixture(scope="module")
def airflow_alone() -> set[str]:
    return loaded_by(AIRFLOW)


def test_the_package_loads_nothing() -> None:
    """`import airflow_sf_health` loads neither Airflow nor any module of ours: its names come on first use."""
    loaded = loaded_by("airflow_sf_health")
    assert not loaded & {"airflow", *HEAVY}
    assert {name for name in loaded if name.startswith("airflow_sf_health")} == {"airflow_sf_health"}


@pytest.mark.parametrize("edge", ["operators", "sensors", "triggers"])
def test_an_edge_loads_nothing_heavy(edge: str, airflow_alone: set[str]) -> None:
    """A DAG file that imports ours loads no HTTP client, Salesforce client or data library beyond Airflow's own."""
    added = loaded_by(AIRFLOW, f"airflow_sf_health.{edge}.salesforce") - airflow_alone
    assert not added & HEAVY
    assert not [
        name for name in added if name.startswith(("airflow_sf_health.org.session", "airflow_sf_health.testing"))
    ]


def test_the_check_of_bulk_results_loads_nothing_heavy(airflow_alone: set[str]) -> None:
    """A DAG file that adds the check to a stock operator pays for neither causes nor diagnosis until a load has run."""
    added = loaded_by(AIRFLOW, "airflow_sf_health.bulk") - airflow_alone
    assert not added & HEAVY
    assert not [name for name in added if name.startswith(("airflow_sf_health.causes", "airflow_sf_health.diagnosis"))]


READ_UNDER_POLICY = """
import os, sys
import airflow
from airflow.providers.common.compat.sdk import DAG, BaseOperator
from airflow.providers.salesforce.operators.bulk import SalesforceBulkOperator
try:
    import airflow.dag_processing.dagbag
except ImportError:
    import airflow.models.dagbag

os.environ["AIRFLOW__SF_HEALTH__CLUSTER_POLICY"] = "{mode}"
with DAG("erp", schedule=None) as other:
    BaseOperator(task_id="other")
with DAG("crm", schedule=None) as dag:
    load = SalesforceBulkOperator(
        task_id="load", operation="insert", object_name="Account", payload=[{{}}], salesforce_conn_id="crm_prod"
    )
before = set(sys.modules)

def added():
    found = set(sys.modules) - before
    return (name for name in found if name.startswith("airflow_sf_health") or name.split(".")[0] not in before)

from airflow_sf_health.cluster_policy import STOPPED, dag_policy
dag_policy(other)
print("added:", *added())
dag_policy(dag)
print("added:", *added())
assert not STOPPED, STOPPED
hook = load._pre_execute_hook
assert ("{mode}" == "inject") == (hook is not None), hook
"""


@pytest.mark.parametrize("mode", ["off", "report", "inject"])
def test_the_cluster_policy_loads_nothing_heavy(mode: str) -> None:
    """The DAG processor and each worker pay for no client, no store and no examination; for a DAG without a Salesforce task for little
    more than to know that it is one; and where the policy is off, for nothing at all.
    """
    said = subprocess.run(
        [sys.executable, "-c", READ_UNDER_POLICY.format(mode=mode)], capture_output=True, text=True, check=False
    )
    assert said.returncode == 0, said.stderr
    lines = [line.split()[1:] for line in said.stdout.splitlines() if line.startswith("added:")]
    without, with_one = (
        {name.removeprefix("airflow_sf_health.") for name in names if name != "airflow_sf_health"} for names in lines
    )
    assert not {name.split(".")[0] for name in with_one} & HEAVY
    assert not [name for name in with_one if name.startswith(BEHIND)]
    if mode == "off":
        assert with_one <= {"cluster_policy"}
    else:
        assert {name for name in without if name.split(".")[0] not in OF_EACH_DAG} <= OF_THE_POLICY
        assert "guards" in with_one


OF_EACH_DAG = {
    "cluster_policy",
    "compat",
    "connection_fields",
    "difflib",
    "errors",
    "inference",
    "options",
    "plain",
    "provider_info",
    "required_values",
    "requirements",
    "settings",
    "spelling",
}
"""What reads the options and knows a Salesforce task. Airflow forks a process for each file, at each parse, and each pays for it."""
OF_THE_POLICY = {"enforcement"} | {
    f"enforcement.{each}" for each in ("_faults", "baseline", "judging", "policy", "rules", "settings", "values")
}
BEHIND = (
    "examination",
    "org.session",
    "org.login",
    "store",
    "causes",
    "checks",
    "judgement",
    "diagnosis",
    "present",
    "testing",
)
"""What works when a task runs."""


def test_the_entry_point_loads_nothing_of_ours_but_itself() -> None:
    """`import airflow` in each process brings in one small module, beside what Airflow itself asks of an installed provider."""
    ours = {name for name in loaded_by("airflow_sf_health.cluster_policy") if name.startswith("airflow_sf_health")}
    asked = {"airflow_sf_health.provider_info", "airflow_sf_health.connection_fields"}
    assert ours - asked == {"airflow_sf_health", "airflow_sf_health.cluster_policy"}
