"""The only modules that know Airflow versions (2.11, and 3.1 upwards).

Names of Airflow are loaded on first use: a DAG file that needs an operator does not pay for triggers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow_sf_health.compat._connections import aget_connection, get_connection, mask_secret
from airflow_sf_health.compat._installation import (
    cli_config,
    command,
    dag_bag,
    dag_folders,
    dag_paths,
    is_encrypting,
    might_contain_dag,
    missing_database,
    policy_plugins,
    providers,
    stats,
    stored_connection_ids,
    takes_commands,
    unreadable_connections,
    unreadable_variable,
)
from airflow_sf_health.compat._names import named
from airflow_sf_health.compat._running import (
    dag_being_built,
    makes_a_dag,
    resumes,
    run_hook,
    running_context,
    running_dag,
    running_in,
    times_rescheduled,
)
from airflow_sf_health.compat._supervisor import (
    Reply,
    aask_supervisor,
    ask_supervisor,
    in_a_triggerer,
    is_api_server,
    secrets_backends,
)

if TYPE_CHECKING:
    from airflow.exceptions import AirflowClusterPolicyViolation
    from airflow.providers.common.compat.sdk import (
        XCOM_RETURN_KEY,
        AirflowException,
        AirflowFailException,
        AirflowNotFoundException,
        AirflowSensorTimeout,
        AirflowSkipException,
        AirflowTaskTimeout,
        BaseHook,
        BaseOperator,
        BaseOperatorLink,
        BaseSensorOperator,
        Connection,
        Context,
        ObjectStoragePath,
        PokeReturnValue,
        RetryDecision,
        RetryPolicy,
        XCom,
        conf,
        get_parsing_context,
        redact,
    )
    from airflow.providers.common.compat.version_compat import (
        AIRFLOW_V_3_0_PLUS,
        AIRFLOW_V_3_1_PLUS,
        AIRFLOW_V_3_3_PLUS,
    )
    from airflow.triggers.base import BaseTrigger, TriggerEvent

__all__ = [
    "AIRFLOW_V_3_0_PLUS",
    "AIRFLOW_V_3_1_PLUS",
    "AIRFLOW_V_3_3_PLUS",
    "XCOM_RETURN_KEY",
    "AirflowClusterPolicyViolation",
    "AirflowException",
    "AirflowFailException",
    "AirflowNotFoundException",
    "AirflowSensorTimeout",
    "AirflowSkipException",
    "AirflowTaskTimeout",
    "BaseHook",
    "BaseOperator",
    "BaseOperatorLink",
    "BaseSensorOperator",
    "BaseTrigger",
    "Connection",
    "Context",
    "ObjectStoragePath",
    "PokeReturnValue",
    "Reply",
    "RetryDecision",
    "RetryPolicy",
    "TriggerEvent",
    "XCom",
    "aask_supervisor",
    "aget_connection",
    "ask_supervisor",
    "cli_config",
    "command",
    "conf",
    "dag_bag",
    "dag_being_built",
    "dag_folders",
    "dag_paths",
    "get_connection",
    "get_parsing_context",
    "in_a_triggerer",
    "is_api_server",
    "is_encrypting",
    "makes_a_dag",
    "mask_secret",
    "might_contain_dag",
    "missing_database",
    "policy_plugins",
    "providers",
    "redact",
    "resumes",
    "run_hook",
    "running_context",
    "running_dag",
    "running_in",
    "secrets_backends",
    "stats",
    "stored_connection_ids",
    "takes_commands",
    "times_rescheduled",
    "unreadable_connections",
    "unreadable_variable",
]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = named(name)
    globals()[name] = value
    return value
