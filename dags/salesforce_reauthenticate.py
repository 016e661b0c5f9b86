"""What on call triggers to have a connection log in now, whatever is remembered: no shell, and no rights in Salesforce.

After somebody changed a key, a password or a policy, or where tasks fail by a session that others say is good: it requests a token, says
whether that is a new one, examines the connection by it, and puts it in the place of the one that all tasks share. It ends nobody's session.
"""

from __future__ import annotations

import pendulum
from airflow.providers.common.compat.sdk import DAG, Param

from airflow_sf_health.operators.reauthenticate import SalesforceReauthenticateOperator

with DAG(
    "salesforce_reauthenticate",
    # By hand, in the browser: Trigger asks for the connection.
    schedule=None,
    start_date=pendulum.datetime(2026, 1, 1, tz="UTC"),
    catchup=False,
    max_active_runs=1,
    params={"salesforce_conn_id": Param("crm_prod", type="string", title="Connection")},
    tags=["salesforce"],
) as dag:
    SalesforceReauthenticateOperator(task_id="reauthenticate", salesforce_conn_id="{{ params.salesforce_conn_id }}")
