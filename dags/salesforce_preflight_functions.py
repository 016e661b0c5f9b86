"""Functions that use Salesforce by code of their own, each examined in its own process before it begins.

`@preflight` stands above or below `@task`, and says what the function needs: nobody can infer that from its code. Mapped instances examine each in its own
process, and share the verdict: those that begin within a minute cost one examination.

That is better than a preflight upstream where the instances run on other queues or in pods of their own, or where most of them begin long after it
(here two at a time do). Where they begin at once, `guard(counted, "crm_prod")` puts one preflight before all of them.
"""

from __future__ import annotations

from datetime import timedelta

import pendulum
from airflow.providers.common.compat.sdk import DAG, task

from airflow_sf_health import preflight

SALESFORCE_CONN_ID = "crm_prod"


@task(max_active_tis_per_dagrun=2)
@preflight(SALESFORCE_CONN_ID, {"objects": {"Account": ["Id"], "Contact": ["Id"]}})
def count(object_name: str) -> int:
    """How many records there are; here counting them stands in for writing them to the warehouse."""
    # Imported here, so that reading this file costs no HTTP library.
    from airflow_sf_health.hooks.salesforce import SalesforceHealthHook

    client = SalesforceHealthHook(SALESFORCE_CONN_ID).get_conn()
    return int(client.query(f"SELECT COUNT() FROM {object_name}")["totalSize"])  # noqa: S608 - a name from below


@task
@preflight(SALESFORCE_CONN_ID, {"objects": {"Account": {"insert": ["Name"]}}})
def note(counts: list[int]) -> str:
    """Write into Salesforce how many there were."""
    from airflow_sf_health.hooks.salesforce import SalesforceHealthHook

    made = SalesforceHealthHook(SALESFORCE_CONN_ID).get_conn().Account.create({"Name": f"Counted {sum(counts)}"})
    return str(made["id"])


with DAG(
    "salesforce_preflight_functions",
    schedule="0 7 * * *",
    start_date=pendulum.datetime(2026, 1, 1, tz="UTC"),
    catchup=False,
    max_active_runs=1,
    default_args={"retries": 2, "retry_delay": timedelta(minutes=1)},
    tags=["salesforce"],
) as dag:
    counted = count.expand(object_name=["Account", "Contact"])
    note(counted)
