"""Why Airflow gave no connection, as what it says when it is asked again lets it be known."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from airflow_sf_health import compat
from airflow_sf_health.edges.absence import ABSENT, FOUND, REFUSED, Absence, Kind, awhy_absent, why_absent
from airflow_sf_health.edges.connections import LookupFailed, resolve

needs_an_api_server = pytest.mark.skipif(not compat.AIRFLOW_V_3_0_PLUS, reason="Airflow 2 has no API server for tasks")
NOT_FOUND, COUNTED = compat.Reply("CONNECTION_NOT_FOUND"), compat.Reply()
AWAY = compat.Reply("API_SERVER_ERROR", 500)


class ExecutionAPISecretsBackend:
    """Known by its name, as Airflow's is; it is never asked by itself."""


class Elsewhere:
    """A secrets backend that is no part of Airflow."""

    def __init__(self, answer: Callable[[], Any]) -> None:
        self.answer = answer

    def get_connection(self, conn_id: str) -> Any:
        return self.answer()


class AirflowsOwn(Elsewhere):
    __module__ = "airflow.secrets.some_place"


def raising(error: Exception) -> Callable[[], Any]:
    def answer() -> Any:
        raise error

    return answer


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Make Airflow look in these places, and its supervisor reply so, one message after the other."""

    def places(backends: list[Any], *replies: compat.Reply) -> None:
        left = iter(replies)

        async def reply(kind: str, **fields: Any) -> compat.Reply:
            return next(left)

        monkeypatch.setattr(compat, "secrets_backends", lambda: backends)
        monkeypatch.setattr(compat, "ask_supervisor", lambda kind, **fields: next(left))
        monkeypatch.setattr(compat, "aask_supervisor", reply)
        monkeypatch.setattr(compat, "in_a_triggerer", lambda: True)

    return places


SERVER = ExecutionAPISecretsBackend()
SERVER.__class__.__module__ = "airflow.sdk.execution_time.secrets.execution_api"
NOTHING, EMPTY = AirflowsOwn(lambda: None), Elsewhere(lambda: None)


@needs_an_api_server
@pytest.mark.parametrize(
    ("replies", "expected"),
    [
        ([NOT_FOUND, COUNTED], ABSENT),
        (
            [NOT_FOUND, AWAY],
            Absence(Kind.UNANSWERED, "Airflow's API server answered with HTTP status 500 (API_SERVER_ERROR)"),
        ),
        ([NOT_FOUND, compat.Reply("API_SERVER_ERROR", 400)], None),
        ([AWAY], Absence(Kind.UNANSWERED, "Airflow's API server answered with HTTP status 500 (API_SERVER_ERROR)")),
        (
            [compat.Reply("ConnectError")],
            Absence(Kind.UNANSWERED, "Airflow's API server gave no answer (ConnectError)"),
        ),
        ([compat.Reply("API_SERVER_ERROR", 403)], REFUSED),
        ([compat.Reply("PERMISSION_DENIED")], REFUSED),
        ([compat.Reply("API_SERVER_ERROR", 422)], None),
        ([compat.Reply()], FOUND),
    ],
)
def test_what_the_api_server_says(
    asked: Callable[..., None], replies: list[compat.Reply], expected: Absence | None
) -> None:
    """Its "not found" counts where its database can be asked; in a task and in a triggerer alike."""
    asked([NOTHING, SERVER], *replies)
    assert why_absent("crm") == expected
    asked([NOTHING, SERVER], *replies)
    assert asyncio.run(awhy_absent("crm")) == expected


@needs_an_api_server
def test_a_place_that_is_no_part_of_airflow_may_hide_why(asked: Callable[..., None]) -> None:
    """It may say that there is none where it was refused, so nothing is certain; in a triggerer it is not asked."""
    asked([EMPTY, NOTHING, SERVER], NOT_FOUND, COUNTED)
    assert why_absent("crm") is None
    asked([Elsewhere(raising(OSError())), NOTHING, SERVER], NOT_FOUND, COUNTED)
    assert asyncio.run(awhy_absent("crm")) is None


def test_a_place_that_fails_is_named_without_its_words(asked: Callable[..., None]) -> None:
    """They may quote what it read."""
    asked([Elsewhere(raising(OSError("password=canary"))), NOTHING])
    assert why_absent("crm") == Absence(Kind.UNANSWERED, "Elsewhere could not be asked (OSError)")


def test_a_value_that_cannot_be_read_is_no_outage(asked: Callable[..., None]) -> None:
    """A variable with broken JSON in it, for one; nothing is certain then."""
    asked([AirflowsOwn(raising(ValueError())), NOTHING])
    assert why_absent("crm") is None


def test_all_places_say_that_there_is_none(asked: Callable[..., None]) -> None:
    """That is as sure as it gets; and of no place at all, nothing is."""
    asked([NOTHING, NOTHING])
    assert why_absent("crm") is ABSENT
    asked([])
    assert why_absent("crm") is None


def test_a_connection_that_is_there_by_now_is_used(asked: Callable[..., None], monkeypatch: pytest.MonkeyPatch) -> None:
    """The outage was over as soon as it was looked for."""

    def back() -> object:
        monkeypatch.setenv(
            "AIRFLOW_CONN_LATE_CRM",
            '{"conn_type": "salesforce", "extra": {"session_id": "x", "instance_url": "https://acme.my.salesforce.com"}}',
        )
        return object()

    asked([AirflowsOwn(back)])
    assert resolve("late_crm").conn_id == "late_crm"


def test_a_connection_that_is_there_and_cannot_be_read(asked: Callable[..., None]) -> None:
    """It is not said to be missing."""
    asked([AirflowsOwn(object)])
    with pytest.raises(LookupFailed) as raised:
        resolve("nowhere")
    assert raised.value.absence is not None
    assert "fernet_key" in raised.value.absence.said


def test_what_airflow_denies_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Airflow 3.3 raises an error of its own where its API server does not let this task read the connection."""

    class Denied(PermissionError):
        __module__ = "airflow.sdk.exceptions"

    def denied(conn_id: str) -> None:
        raise Denied

    monkeypatch.setattr(compat, "get_connection", denied)
    with pytest.raises(LookupFailed) as raised:
        resolve("crm")
    assert raised.value.absence is REFUSED
