"""Logins that were refused a moment ago are not tried again by the same process."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pendulum
import pytest
from connecting import fields_of

from airflow_sf_health.org.connection import OrgConnection
from airflow_sf_health.org.errors import Refusal, Shape
from airflow_sf_health.org.refused_logins import RefusedLogins

NOW = pendulum.datetime(2026, 11, 22, 2, 0, 13)
REFUSAL = Refusal(shape=Shape.SOAP, status=500, code="INVALID_LOGIN", message="Invalid username")
BY_PASSWORD: dict[str, Any] = {"login": "admin@acme.com", "password": "canary-secret", "security_token": "canary-token"}


class Clock:
    """A clock that stands until it is moved."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> pendulum.DateTime:
        return self.now


def connection(**changes: Any) -> OrgConnection:
    return fields_of(**{**BY_PASSWORD, **changes})


def test_ten_minutes() -> None:
    """Known until the pause is over, and then tried anew."""
    clock = Clock()
    logins = RefusedLogins(clock)
    assert logins.of(connection()) is None
    noted = logins.note(connection(), REFUSAL)
    assert (noted.at, noted.not_before) == (NOW, NOW.add(minutes=10))
    clock.now = NOW.add(minutes=9, seconds=59)
    assert logins.of(connection()) == noted
    clock.now = NOW.add(minutes=10)
    assert logins.of(connection()) is None


@pytest.mark.parametrize(
    "changes", [{"password": "new"}, {"security_token": "new"}, {"login": "other@acme.com"}, {"domain": "acme.my"}]
)
def test_another_credential_is_another_login(changes: dict[str, Any]) -> None:
    """What was corrected is tried at once."""
    logins = RefusedLogins(Clock())
    logins.note(connection(), REFUSAL)
    assert logins.of(connection(**changes)) is None


def test_a_key_file_that_was_replaced(tmp_path: Path) -> None:
    """A new key under the same name is another credential."""
    path = tmp_path / "key.pem"
    path.write_text("one")
    by_key = fields_of(login="admin@acme.com", consumer_key="key", private_key_file_path=str(path))
    logins = RefusedLogins(Clock())
    logins.note(by_key, REFUSAL)
    assert logins.of(by_key) is not None
    os.utime(path, (1, 1))
    assert logins.of(by_key) is None


def test_no_secret_is_kept() -> None:
    """Nothing that is remembered holds the credential."""
    logins = RefusedLogins(Clock())
    logins.note(connection(), REFUSAL)
    assert "canary" not in repr(vars(logins))


def test_forget() -> None:
    """All of it can be forgotten."""
    logins = RefusedLogins(Clock())
    logins.note(connection(), REFUSAL)
    logins.forget()
    assert logins.of(connection()) is None
