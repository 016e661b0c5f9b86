"""The cluster policy of this plugin (entry point ``airflow.policy``): off unless ``[sf_health] cluster_policy`` says otherwise.

``import airflow`` imports it in each process, so nothing but Airflow's marker is imported here, and nothing but a violation that the
site has asked for ever leaves it.
"""

from __future__ import annotations

from typing import Any

from airflow.policies import hookimpl

__all__ = ["dag_policy"]


@hookimpl
def dag_policy(dag: Any) -> None:
    """Report, refuse or guard the unguarded Salesforce tasks of a DAG that has just been read."""
