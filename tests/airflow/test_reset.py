"""`sf-health reset`: what is remembered of a connection's logins is forgotten, and nothing else."""

from __future__ import annotations

from collections.abc import Callable

import pendulum
import pytest

from airflow_sf_health import cli
from airflow_sf_health.edges.connections import resolve
from airflow_sf_health.edges.egress import egress
from airflow_sf_health.org.credentials import credential_of
from airflow_sf_health.org.grants import KeptGrant
from airflow_sf_health.org.secret import Secret
from airflow_sf_health.org.vault import Sealed
from airflow_sf_health.store import Store, open_store
from airflow_sf_health.testing import FakeOrg

Connect = Callable[..., None]
Said = pytest.CaptureFixture[str]


@pytest.fixture
def kept(store: str, monkeypatch: pytest.MonkeyPatch) -> Store:
    """The store, on a terminal wide enough for one line."""
    monkeypatch.setenv("COLUMNS", "120")
    return open_store(store)


def fingerprint(*, of_renewal: bool = False) -> str:
    connection = resolve("crm_prod")
    if of_renewal:
        assert connection.renewal is not None
        connection = connection.renewal
    return credential_of(connection, egress("")).fingerprint


def fill(store: Store, key: str, passes: int = 2) -> pendulum.DateTime:
    now = pendulum.now("UTC")
    store.vault.keep_token(key, Sealed(b"token", now.subtract(minutes=5)))
    store.vault.keep_refusal(key, Sealed(b"refusal", now), now.add(seconds=60))
    for number in range(passes):
        store.passes.keep(f"{key} {number}", key, b"report", now, now.add(seconds=60))
    return now


def said_at(at: pendulum.DateTime) -> str:
    return f"{at.format('YYYY-MM-DD HH:mm:ss')} UTC"


def test_it_tells_what_is_forgotten(org: FakeOrg, crm_prod: Connect, kept: Store, capsys: Said) -> None:
    """Token, refused login and verdicts; and that the next task asks. Salesforce hears nothing."""
    key = fingerprint()
    now = fill(kept, key)
    capsys.readouterr()
    assert cli.main(["reset", "crm_prod"]) == 0
    said = " ".join(capsys.readouterr().out.split())
    assert said == (
        "Forgotten of the logins of connection 'crm_prod' (memory: this host only): "
        f"the token of {said_at(now.subtract(minutes=5))}, the refused login of {said_at(now)}, 2 verdicts. "
        "The next task asks Salesforce."
    )
    left = kept.vault.recall(key)
    assert (left.token, left.refusal, kept.passes.find(f"{key} 0")) == (None, None, None)
    assert org.counts().http_requests == 0


def test_there_was_nothing(crm_prod: Connect, kept: Store, capsys: Said) -> None:
    """That is said, and is no failure; a second reset says so too."""
    for _ in range(2):
        assert cli.main(["reset", "crm_prod"]) == 0
        assert capsys.readouterr().out == (
            "Nothing was remembered of the logins of connection 'crm_prod' (memory: this host only). The next task asks Salesforce.\n"
        )


def test_behind_a_ready_session(org: FakeOrg, crm_prod: Connect, kept: Store, capsys: Said) -> None:
    """What would replace the session is forgotten, and the verdicts on the session."""
    crm_prod("jwt", **org.connection("session")["extra"])
    fill(kept, fingerprint(of_renewal=True), passes=0)
    fill(kept, fingerprint(), passes=1)
    assert cli.main(["reset", "crm_prod"]) == 0
    assert "1 verdict" in capsys.readouterr().out
    assert kept.vault.recall(fingerprint(of_renewal=True)).token is None


def test_another_connection_stays(org: FakeOrg, crm_prod: Connect, kept: Store) -> None:
    """Only what this connection logs in by is forgotten."""
    crm_prod("password")
    other = fingerprint()
    fill(kept, other)
    crm_prod("jwt")
    assert cli.main(["reset", "crm_prod"]) == 0
    assert kept.vault.recall(other).token is not None


def test_a_rotating_grant_stays(crm_prod: Connect, kept: Store, capsys: Said, monkeypatch: pytest.MonkeyPatch) -> None:
    """There is no other, so it is never forgotten; that is said."""
    monkeypatch.setenv("AIRFLOW__SF_HEALTH__INSTALLATION", "acme-airflow")
    crm_prod("refresh_token", refresh_token_rotation=True, refresh_token_owner="acme-airflow")
    connection = resolve("crm_prod")
    grant = KeptGrant(connection, kept.vault)
    assert grant.begin(None)
    grant.keep(connection, Secret("the newest one"))
    assert cli.main(["reset", "crm_prod"]) == 0
    assert "The rotating refresh token in the store's keeping stays" in " ".join(capsys.readouterr().out.split())
    found = grant.found()
    assert grant.holder(found).refresh_token == Secret("the newest one")


@pytest.mark.parametrize(
    ("store", "code", "words"),
    [
        ("none", 2, "[sf_health] store is 'none', so nothing is remembered.\n"),
        ("sqlite:////proc/no/store.db", 3, "The store"),
    ],
)
def test_no_store(
    crm_prod: Connect, monkeypatch: pytest.MonkeyPatch, capsys: Said, store: str, code: int, words: str
) -> None:
    """One sentence, whether it was chosen so or does not work."""
    monkeypatch.setenv("AIRFLOW__SF_HEALTH__STORE", store)
    assert cli.main(["reset", "crm_prod"]) == code
    said = capsys.readouterr()
    assert (said.out, said.err.count("\n")) == ("", 1)
    assert said.err.startswith(f"sf-health: {words}")


def test_an_unknown_connection(capsys: Said) -> None:
    """A slip is told, as by the other commands."""
    assert cli.main(["reset", "nowhere"]) == 2
    assert "there is no connection 'nowhere'" in capsys.readouterr().err
