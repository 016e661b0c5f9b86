"""The words for a login that was asked for on demand."""

from __future__ import annotations

from typing import Any

import pendulum
import pytest
from reports import report_of

from airflow_sf_health.org.flows import LoginFlow
from airflow_sf_health.present.reauthenticated import login_said
from airflow_sf_health.report.reauthenticated import LoginMade, Reauthenticated

AT = pendulum.datetime(2026, 11, 22, 2, 0, 13, tz="UTC")
MADE = {"login": LoginMade.MADE, "flow": LoginFlow.JWT_BEARER, "at": AT, "shared": True}
LOGGED_IN = "Logged in by JWT bearer at 02:00:13 UTC."
NEW = "The token is a new one: the one that was shared before is replaced."
SAME = "The token is the same as before: its session is alive, and Salesforce gives it again."
TAKEN = "Other tasks take it from now on."


@pytest.mark.parametrize(
    ("done", "said"),
    [
        (
            {**MADE, "is_new": False},
            f"{LOGGED_IN} {SAME} {TAKEN}",
        ),
        (
            {**MADE, "is_new": True},
            f"{LOGGED_IN} {NEW} {TAKEN}",
        ),
        (
            {**MADE, "shared": False},
            f"{LOGGED_IN} No token was kept before, so that nobody can tell whether this one is new. It is kept for no other task.",
        ),
        (
            {**MADE, "is_new": True, "beside_session": True},
            f"{LOGGED_IN} {NEW} {TAKEN} The ready session in the connection stays what tasks use first.",
        ),
        (
            {"login": LoginMade.FAILED, "flow": LoginFlow.SOAP_TOKEN},
            "Asked for a token by user name, password and security token, and got none.",
        ),
        (
            {"login": LoginMade.WITHHELD, "why": "its refresh token belongs to 'skyvia' (refresh_token_owner)"},
            "No login was made: its refresh token belongs to 'skyvia' (refresh_token_owner).",
        ),
        (
            {"login": LoginMade.IMPOSSIBLE, "why": "Connection 'crm' holds nothing."},
            "No login was made: Connection 'crm' holds nothing.",
        ),
    ],
)
def test_what_is_said(done: dict[str, Any], said: str) -> None:
    """By which flow and when, whether the token is new, and who takes it; or why there is none."""
    assert login_said(Reauthenticated(report=report_of(), **done)) == said


def test_what_programs_read() -> None:
    """JSON values with one word for the token."""
    told = Reauthenticated(report=report_of(), **MADE, is_new=False).as_dict()  # type: ignore[arg-type]
    assert told == {
        "login": "made",
        "flow": "jwt_bearer",
        "at": "2026-11-22T02:00:13Z",
        "token": "same",
        "shared": True,
        "why": "",
    }
