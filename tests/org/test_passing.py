"""Which refusals of a login judge nothing."""

from __future__ import annotations

import pytest

from airflow_sf_health.org.errors import Refusal, Shape
from airflow_sf_health.org.passing import is_passing

REFRESH = "token request (refresh token)"


@pytest.mark.parametrize(
    ("code", "message", "where", "expected"),
    [
        ("server_error", "", REFRESH, True),
        ("TEMPORARILY_UNAVAILABLE", "", REFRESH, True),
        ("unknown_error", "retry your request", REFRESH, True),
        ("invalid_grant", "token request is already being processed", REFRESH, True),
        ("invalid_grant", "expired authorization code", REFRESH, True),
        ("invalid_grant", "expired authorization code", "token request (JWT bearer)", False),
        ("invalid_grant", "expired access/refresh token", REFRESH, False),
        (None, "", "", False),
    ],
)
def test_what_is_passing(code: str | None, message: str, where: str, expected: bool) -> None:
    """Salesforce's own trouble, and a token that another request is using, in the words of now and of before autumn 2024."""
    assert is_passing(Refusal(shape=Shape.OAUTH, code=code, message=message, where=where)) is expected
