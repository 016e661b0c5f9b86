"""Connections of Airflow, for tasks and for triggers, and the masking of their secrets."""

from __future__ import annotations

import asyncio
import importlib
import threading
from typing import TYPE_CHECKING

from airflow_sf_health.compat._names import named
from airflow_sf_health.compat._supervisor import in_a_triggerer, to_the_end

if TYPE_CHECKING:
    from airflow.providers.common.compat.sdk import Connection


def get_connection(conn_id: str) -> Connection:
    """The Airflow connection of that id, as a task sees it.

    Raises what Airflow raises. "Isn't defined" may also be an outage of Airflow's API server, so nothing is concluded
    from it here.
    """
    from airflow.providers.common.compat.sdk import BaseHook

    return BaseHook.get_connection(conn_id)


def mask_secret(secret: str, name: str | None = None) -> None:
    """Have Airflow replace this text by `***`: in the logs of this process, and on Airflow 3 in what it prints as well.

    Before 3.3, only the former in a thread: Airflow 3 tells its supervisor of what is printed, on a line on which two threads would take each
    other's replies ("Response read out of order").
    """
    in_thread = threading.current_thread() is not threading.main_thread()
    if not named("AIRFLOW_V_3_0_PLUS"):
        home = "airflow.utils.log.secrets_masker"
    elif in_thread and not named("AIRFLOW_V_3_3_PLUS"):
        home = "airflow.sdk._shared.secrets_masker"
    else:
        home = "airflow.sdk.log"
    importlib.import_module(home).mask_secret(secret, name)


async def aget_connection(conn_id: str) -> Connection:
    """The same on the event loop of a triggerer; raises the same.

    An asker who is cancelled leaves the look-up to end by itself. On 3.1, the reply that nobody reads any more is taken for
    the next one's, which ends the whole trigger runner ("Response read out of order").
    """
    return await to_the_end(_look_up(conn_id))


async def _look_up(conn_id: str) -> Connection:
    from airflow.providers.common.compat.sdk import AirflowNotFoundException, BaseHook

    if not hasattr(BaseHook, "aget_connection"):
        # Airflow 2.11 reads the database here, which blocks. From 3.1 on, such a thread ends the whole trigger runner.
        return await asyncio.to_thread(BaseHook.get_connection, conn_id)
    try:
        return await BaseHook.aget_connection(conn_id)
    except AirflowNotFoundException:
        if in_a_triggerer():
            raise
        # `dag.test()` shows connections of the database to the synchronous call alone.
        return get_connection(conn_id)
