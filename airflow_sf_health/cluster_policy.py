"""The cluster policy of this plugin (entry point ``airflow.policy``): off unless ``[sf_health] cluster_policy`` says otherwise.

``import airflow`` imports it in each process, so nothing but Airflow's marker is imported here, and nothing but a violation that the
site has asked for ever leaves it.
"""

from __future__ import annotations

from typing import Any

from airflow.policies import hookimpl

__all__ = ["dag_policy"]

STOPPED: list[str] = []
"""The error of ours that has switched the policy off in this process, if one has."""


@hookimpl(trylast=True)  # a site's own dag_policy may guard the DAG, and comes first
def dag_policy(dag: Any) -> None:
    """Report, refuse or guard the unguarded Salesforce tasks of a DAG that has just been read.

    Airflow's time-outs, and what ends a process, are no `Exception` and pass.
    """
    if STOPPED:
        return
    try:
        if _is_on():
            from airflow_sf_health.enforcement.policy import apply

            apply(dag)
    except Exception as error:
        from airflow.exceptions import AirflowClusterPolicyViolation

        if isinstance(error, AirflowClusterPolicyViolation):
            raise
        _stop(error)


def _is_on() -> bool:
    """All that it costs who has not asked for it."""
    from airflow.configuration import conf

    return str(conf.get("sf_health", "cluster_policy", fallback="off")).strip().lower() != "off"


def _stop(error: Exception) -> None:
    """Airflow and its DAGs go on, without the policy."""
    import logging

    STOPPED.append(_said(error))
    logging.getLogger(__name__).error(
        "The cluster policy is off: in this process no task is reported, refused or guarded by it any more, because of an error of "
        "airflow-sf-health's own: %s",
        STOPPED[0],
    )


def _said(error: Exception) -> str:
    name = type(error).__name__
    try:
        return "; ".join((f"{name}: {error}", *getattr(error, "__notes__", ())))
    except Exception:  # noqa: BLE001 - somebody else's error, which has no text
        return name
