"""Logins that were refused a while ago are tried again by nobody who can know it."""

from __future__ import annotations

import os
from dataclasses import replace
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pendulum
import pytest
from connecting import fields_of
from vaults import MemoryVault

from airflow_sf_health.org.connection import OrgConnection
from airflow_sf_health.org.errors import Refusal, Shape
from airflow_sf_health.org.refused_logins import RefusedLogins
from airflow_sf_health.org.sharing import Sharing

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


class Mates:
    """Processes that share one vault; each has a memory of its own beside it."""

    def __init__(self) -> None:
        self.vault = MemoryVault()

    def sharing(self, **changes: Any) -> Sharing:
        return Sharing(**{"vault": self.vault, "egress": "host a", **changes})


@pytest.fixture
def mates() -> Mates:
    return Mates()


def test_what_one_process_met_the_others_know(mates: Mates) -> None:
    """Where logins are shared, ten minutes hold for all of them; a corrected credential and another egress are others."""
    noted = RefusedLogins().note(connection(), REFUSAL, mates.sharing())
    known = RefusedLogins().of(connection(), mates.sharing())
    assert known is not None
    assert (known.at, known.not_before) == (noted.at, noted.at.add(minutes=10))
    assert (known.refusal.said, known.refusal.repeated) == (REFUSAL.said, True)
    assert known.refusal.not_before == known.not_before.to_iso8601_string()
    assert RefusedLogins().of(connection(password="new"), mates.sharing()) is None
    assert RefusedLogins().of(connection(), mates.sharing(egress="host b")) is None
    assert RefusedLogins().of(connection()) is None


def test_an_end_is_an_end(mates: Mates) -> None:
    """A refusal that others keep for a shorter time counts for that time; one of a clock far ahead for no more than ten minutes."""
    clock = Clock()
    clock.now = pendulum.now("UTC")
    RefusedLogins(clock).note(connection(), REFUSAL, mates.sharing())
    clock.now = clock.now.add(minutes=10)
    assert RefusedLogins(clock).of(connection(), mates.sharing()) is None
    clock.now = clock.now.subtract(minutes=14)
    ahead = RefusedLogins(clock).of(connection(), mates.sharing())
    assert ahead is not None
    assert ahead.not_before == clock.now.add(minutes=10)


def test_afresh(mates: Mates) -> None:
    """Who asks afresh tries the login, and what is met is remembered for the others."""
    RefusedLogins().note(connection(), REFUSAL, mates.sharing(afresh=True))
    assert RefusedLogins().of(connection(), mates.sharing(afresh=True)) is None
    assert RefusedLogins().of(connection(), mates.sharing()) is not None


def test_cleared(mates: Mates) -> None:
    """What a cleared task met counts for the next one that is cleared, but not what an automatic try did, nor for who asks by hand."""
    cleared = mates.sharing(afresh=True, cleared=True)
    RefusedLogins().note(connection(), REFUSAL, mates.sharing())
    assert RefusedLogins().of(connection(), cleared) is None
    RefusedLogins().note(connection(), REFUSAL, cleared)
    assert RefusedLogins().of(connection(), cleared) is not None
    assert RefusedLogins().of(connection(), mates.sharing(afresh=True)) is None


def test_what_is_of_this_machine_alone() -> None:
    """A wrong clock and a bad moment of Salesforce's are no judgement on the login: this process waits, and nobody is told of it."""
    expired = Refusal(
        shape=Shape.OAUTH,
        status=400,
        code="invalid_grant",
        message="expired authorization code",
        where="token request (JWT bearer)",
        at=NOW.to_iso8601_string(),
        server_date=format_datetime(NOW.add(minutes=5)),
    )
    for refusal in (expired, replace(REFUSAL, code="SERVER_UNAVAILABLE")):
        logins, mates = RefusedLogins(), Mates()
        noted = logins.note(connection(), refusal, mates.sharing())
        assert logins.of(connection(), mates.sharing()) == noted
        assert RefusedLogins().of(connection(), mates.sharing()) is None
        assert not mates.vault._kept


def test_noted_again(mates: Mates) -> None:
    """To meet a remembered refusal again makes it last no longer."""
    first = RefusedLogins().note(connection(), REFUSAL, mates.sharing())
    known = RefusedLogins().of(connection(), mates.sharing())
    assert known is not None
    met = replace(known.refusal, at=first.at.to_iso8601_string())
    again = RefusedLogins().note(connection(), met, mates.sharing())
    assert (again.at, again.not_before) == (first.at, first.not_before)
    assert mates.vault.asked["keep_refusal"] == 1


def test_without_a_vault_that_works(mates: Mates) -> None:
    """A vault that fails, a key that cannot be read, and a site that remembers no refusals: this process knows it by itself."""
    without_key = fields_of(login="admin@acme.com", consumer_key="key", private_key_file_path="/none.pem")
    mates.vault.problem = "The store cannot be used."
    for given, sharing in [
        (connection(), mates.sharing()),
        (without_key, mates.sharing()),
        (connection(), mates.sharing(refusal_age=0)),
    ]:
        logins = RefusedLogins()
        logins.note(given, REFUSAL, sharing)
        assert logins.of(given, sharing) is not None
        assert RefusedLogins().of(given, sharing) is None


def test_what_is_kept_of_it_is_sealed(mates: Mates) -> None:
    """Neither the credential nor Salesforce's answer can be read in the vault, and a damaged one is none."""
    RefusedLogins().note(connection(), REFUSAL, mates.sharing())
    ((fingerprint, kept),) = mates.vault._kept.items()
    assert kept.refusal is not None
    assert not any(word in kept.refusal.blob for word in (b"canary", b"INVALID_LOGIN", b"Invalid username"))
    mates.vault._kept[fingerprint] = replace(kept, refusal=replace(kept.refusal, blob=b"damaged"))
    assert RefusedLogins().of(connection(), mates.sharing()) is None
