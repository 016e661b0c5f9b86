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
