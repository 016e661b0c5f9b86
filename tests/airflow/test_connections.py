"""Connections as tasks and triggers see them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from airflow.models import Connection as StoredConnection
from airflow.utils.session import create_session
from cryptography.fernet import InvalidToken

from airflow_sf_health.compat import AirflowNotFoundException, aget_connection, get_connection, mask_secret
from airflow_sf_health.edges.connections import LookupFailed, aresolve, resolve
from airflow_sf_health.edges.preflight import Preflight
from airflow_sf_health.report import Verdict


def test_an_undefined_connection_is_airflows_error_by_both_calls() -> None:
    """Nothing is concluded from "isn't defined" here; Airflow's own error goes through."""
    with pytest.raises(AirflowNotFoundException, match="nowhere"):
        get_connection("nowhere")
    with pytest.raises(AirflowNotFoundException, match="nowhere"):
        asyncio.run(aget_connection("nowhere"))


def test_a_trigger_in_a_test_run_sees_a_connection_of_the_database(load_dag: Callable[..., Any]) -> None:
    """`dag.test()` answers the asynchronous call with "isn't defined", and the connection is found all the same."""
    with create_session() as session:
        session.add(StoredConnection(conn_id="stored_org", conn_type="salesforce", login="stored@example.com"))
    run = load_dag(Path(__file__).parent / "dags" / "asks_in_trigger.py").test()
    [instance] = run.get_task_instances()
    assert instance.state == "success"
    assert instance.xcom_pull(task_ids="login") == "stored@example.com"


def test_a_masked_secret_does_not_show() -> None:
    """What is given to `mask_secret` is replaced wherever this Airflow redacts."""
    from airflow.providers.common.compat.sdk import redact

    mask_secret("canary-session-id")
    assert redact("token is canary-session-id") == "token is ***"


class Encrypted:
    """A connection that another Fernet key encrypted, as the database of Airflow 2.11 gives it."""

    login = "me@example.com"
    password = None

    @property
    def extra(self) -> str:
        raise InvalidToken


def test_a_connection_that_cannot_be_decrypted_is_no_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    """It fails when a field is read and not when it is looked up; nothing is known of the org then, and nothing escapes."""

    async def found(conn_id: str) -> Encrypted:
        return Encrypted()

    monkeypatch.setattr("airflow_sf_health.compat.get_connection", lambda conn_id: Encrypted())
    monkeypatch.setattr("airflow_sf_health.compat.aget_connection", found)
    with pytest.raises(LookupFailed, match=r"^InvalidToken$"):
        resolve("crm")
    with pytest.raises(LookupFailed, match=r"^InvalidToken$"):
        asyncio.run(aresolve("crm"))
    report = Preflight.of("crm", None, None, None).look()
    assert (report.verdict, report.main and report.main.saw) == (Verdict.UNDETERMINED, "InvalidToken")
