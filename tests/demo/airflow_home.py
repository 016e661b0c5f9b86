"""An Airflow of the demo's own: a home, the example DAGs, and the connections of a fake org."""

from __future__ import annotations

from pathlib import Path

from airflow_sf_health.testing import FakeOrg
from airflow_sf_health.testing.connections import as_json

ROOT = Path(__file__).resolve().parents[2]
DAGS = ROOT / "dags"
CONN_ID = "crm_prod"
"""The connection that the example DAGs use."""
DIAGNOSTIC_CONN_ID = "crm_admin"
"""The connection of a second user, who is asked when CONN_ID fails."""
ADMIN = "admin@acme.com"
"""The administrator whom a fake org has from the start."""
LIFETIMES = tuple(f"AIRFLOW__SF_HEALTH__{each}_TTL" for each in ("PASS", "TOKEN", "REFUSAL"))
"""The options by which tasks share verdicts and logins for a while."""


def settings(home: Path) -> dict[str, str]:
    """The environment of an Airflow with this home."""
    return {
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__CORE__DAGS_FOLDER": str(DAGS),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__UNIT_TEST_MODE": "False",
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{home}/airflow.db",
        "NO_COLOR": "1",
    }


def connections(org: FakeOrg) -> dict[str, str]:
    """The environment with the DAGs' connection, and that of an administrator who is asked when it fails."""
    return {
        variable(CONN_ID): as_json(org.connection("jwt", diagnostic_conn_id=DIAGNOSTIC_CONN_ID)),
        variable(DIAGNOSTIC_CONN_ID): as_json(org.connection("jwt", username=ADMIN)),
    }


def variable(conn_id: str) -> str:
    """The name by which Airflow finds a connection in the environment."""
    return f"AIRFLOW_CONN_{conn_id.upper()}"
