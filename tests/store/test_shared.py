"""What tasks share beside logins: passes and the last verdicts; what is pruned of both, and what a damaged store gives."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import pendulum
import pytest
from sqlalchemy import create_engine

from airflow_sf_health.org.vault import Grant, Kept, Sealed, VaultError
from airflow_sf_health.report import Cost, Finding, Level, Proof, Report
from airflow_sf_health.store import Store, StoredPass, StoredVerdict, StoreError, open_store, unusable

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

NOW = pendulum.now("UTC")
KEY, ME, OTHER = "c" * 64, "a" * 64, "b" * 64


def keep(store: Store, key: str = KEY, after: float = 0, lasts: float = 60, whose: str = ME) -> StoredPass:
    """Keep a pass of an examination so many seconds after now."""
    at = pendulum.now("UTC").add(seconds=int(after))
    made = StoredPass(
        key=key, fingerprint=whose, sealed=f"{after:g}".encode(), examined_at=at, expires_at=at.add(seconds=int(lasts))
    )
    store.passes.keep(key, whose, made.sealed, made.examined_at, made.expires_at)
    return made


def run(url: str, *statements: str) -> None:
    """Change the tables behind the store's back."""
    engine = create_engine(url, future=True)
    with engine.begin() as connection:
        for each in statements:
            connection.exec_driver_sql(each)
    engine.dispose()


def rows(url: str, table: str) -> int:
    engine = create_engine(url, future=True)
    with engine.connect() as connection:
        found = connection.exec_driver_sql(f"SELECT count(*) FROM sf_health_{table}").scalar_one()
    engine.dispose()
    return int(found)


def report(after: float = 0, *findings: Finding, **more: object) -> Report:
    return Report(conn_id="crm", examined_at=NOW.add(seconds=int(after)), findings=findings, **more)  # type: ignore[arg-type]


def test_a_pass_is_found_until_it_expires(store: Store) -> None:
    """As it was kept; another key has none."""
    made = keep(store)
    assert store.passes.find(KEY) == made
    assert store.passes.find("another") is None
    keep(store, after=-61)
    assert store.passes.find(KEY) == made
    keep(store, "another", after=-61)
    assert store.passes.find("another") is None


def test_the_latest_examination_is_the_pass(store: Store) -> None:
    """Whichever task came last to keep its own; one of a clock that is a day ahead is none, and gives way."""
    made = keep(store, after=-5)
    keep(store, after=-10)
    assert store.passes.find(KEY) == made
    ahead = keep(store, after=86_400)
    assert ahead.examined_at > NOW
    assert store.passes.find(KEY) is None
    made = keep(store)
    assert store.passes.find(KEY) == made


def test_the_passes_of_a_credential_are_forgotten(store: Store) -> None:
    """All of them, and of no other."""
    keep(store)
    keep(store, "another")
    other = keep(store, "third", whose=OTHER)
    assert store.passes.forget(ME) == 2
    assert (store.passes.find(KEY), store.passes.find("third")) == (None, other)


def test_what_is_long_over_is_removed(url: str) -> None:
    """With the next one that is kept: passes, leases and logins of edited connections; no grant, and nothing that counts."""
    store, until = open_store(url), pendulum.now("UTC").add(seconds=60)
    for each in range(30):
        keep(store, f"old {each}", after=-7200)
        assert store.vault.take_lease(f"old {each}", "killed", 0)
        store.vault.keep_token(f"old {each}", Sealed(b"token", NOW.subtract(days=3)))
        store.vault.begin_spending(f"old {each}", "killed")
    run(url, "UPDATE sf_health_leases SET until = until - 7200000000")
    store.vault.keep_refusal("old 1", Sealed(b"refusal", NOW), until)
    for each in range(3):
        keep(store, f"new {each}")
        assert store.vault.take_lease(f"new {each}", "one", 60)
        store.vault.keep_token(f"new {each}", Sealed(b"token", NOW))
    assert [rows(url, each) for each in ("passes", "leases", "logins", "grants")] == [3, 3, 4, 30]
    assert store.vault.recall("old 1").refusal is not None


def test_a_verdict_is_recorded(store: Store) -> None:
    """With what decided it, in one line, what it cost, and how old its proof was."""
    proof = Proof(at=NOW.subtract(seconds=12), flow="JWT bearer", fresh=True)
    cost = Cost(http_requests=3, api_calls=1, logins=1, seconds=0.4214)
    found = Finding(level=Level.FAILED, summary="the user is\n inactive", cause="user_inactive")
    store.verdicts.record("crm", report(-20, cost=cost, proof=proof, repairs=("mended",)), "nightly.load", keep=9)
    store.verdicts.record("crm", report(-10, found), "by\ud800" + "x" * 600, keep=9)
    store.verdicts.record("other", report(), "sf-health check", keep=9)
    bad, good = store.verdicts.last("crm", 9)
    assert good == StoredVerdict(
        conn_id="crm",
        examined_at=NOW.subtract(seconds=20),
        verdict="healthy",
        cause=None,
        summary="asked 0 of 0",
        by="nightly.load",
        http_requests=3,
        api_calls=1,
        logins=1,
        seconds=0.421,
        repaired=True,
        proof_at=NOW.subtract(seconds=12),
    )
    assert (bad.verdict, bad.cause, bad.summary) == ("unhealthy", "user_inactive", "the user is inactive")
    assert (bad.repaired, bad.proof_at, len(bad.by)) == (False, None, 512)
    assert store.verdicts.last("crm", 1) == (bad,)
    assert store.verdicts.last("nobody", 9) == ()


def test_the_last_verdicts_are_kept_of_each_connection(url: str) -> None:
    """As many as the site says; a clock that ran ahead does not hold others down."""
    store = open_store(url)
    store.verdicts.record("other", report(-900), "me", keep=3)
    for seconds in range(-9, 0):
        store.verdicts.record("crm", report(seconds), f"me {seconds}", keep=3)
    assert [each.by for each in store.verdicts.last("crm", 9)] == ["me -1", "me -2", "me -3"]
    store.verdicts.record("crm", report(86_400), "ahead", keep=3)
    assert store.verdicts.last("crm", 9)[0].examined_at < pendulum.now("UTC").add(seconds=5)
    assert rows(url, "verdicts") == 4


def test_a_long_name_of_a_site_is_cut(store: Store) -> None:
    """A site's cause and connection may have any name; the store takes what fits, and goes on."""
    found = Finding(level=Level.FAILED, summary="no", cause="our_own_" + "x" * 200)
    store.verdicts.record("c" * 300, report(-1, found), "me", keep=9)
    (kept,) = store.verdicts.last("c" * 255, 9)
    assert kept.cause == ("our_own_" + "x" * 200)[:64]


def test_data_that_a_database_refuses_leaves_it_usable(store: Store) -> None:
    """The data are at fault and not the store: what is written next is kept."""

    def refused(connection: Connection) -> None:
        connection.exec_driver_sql(
            "SELECT 1 / 0" if connection.dialect.name == "postgresql" else "SELECT abs(-9223372036854775808)"
        )

    with pytest.raises(StoreError):
        store._database.read(refused)
    if store.reach.startswith("shared"):
        store.verdicts.record("crm", report(), "me", keep=9)
        assert store.vault.take_lease("after", "one", 60)


def test_many_verdicts_are_looked_through_now_and_then(store: Store) -> None:
    """What is kept stays near the number that the site says, though not each examination counts them."""
    for each in range(400):
        store.verdicts.record("crm", report(each - 1000), f"me {each}", keep=60)
    kept = store.verdicts.last("crm", 1000)
    assert 60 <= len(kept) < 300
    assert kept[0].by == "me 399"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "store.sqlite"


def test_what_is_damaged_is_not_there(file: Path) -> None:
    """Values of a wrong kind are no token, no refusal, no pass and no verdict; a lease of such a time holds nobody up; what is
    whole is there, and the store goes on.
    """
    store = open_store(f"sqlite:///{file}")
    keep(store)
    whole = keep(store, "whole")
    for each in ("me -2", "me -1"):
        store.verdicts.record("crm", report(), each, keep=9)
    store.vault.take_lease("login", "one", 60)
    store.vault.keep_token(ME, Sealed(b"token", NOW))
    store.vault.keep_refusal(OTHER, Sealed(b"refusal", NOW), pendulum.now("UTC").add(seconds=60))
    store.vault.begin_spending(ME, "one")
    store.vault.end_spending(ME, "one", Sealed(b"grant", NOW))
    with closing(sqlite3.connect(file)) as database, database:
        database.execute(f"UPDATE sf_health_passes SET examined_at = 'x' WHERE pass_key = '{KEY}'")
        database.execute("UPDATE sf_health_verdicts SET examined_at = 'x' WHERE by = 'me -1'")
        database.execute("UPDATE sf_health_leases SET until = 'x'")
        database.execute("UPDATE sf_health_logins SET minted_at = 'x', refused_until = 'x'")
        database.execute("UPDATE sf_health_grants SET kept_at = 'x', spending_since = 'x'")
    assert (store.passes.find(KEY), store.passes.find("whole")) == (None, whole)
    assert [each.by for each in store.verdicts.last("crm", 9)] == ["me -2"]
    assert store.vault.take_lease("login", "two", 60)
    assert (store.vault.recall(ME), store.vault.recall(OTHER)) == (Kept(), Kept())
    assert store.vault.grant(ME) == Grant(Sealed(b"grant", pendulum.datetime(1970, 1, 1)))
    store.vault.keep_token(ME, Sealed(b"new", NOW))
    assert store.vault.recall(ME).token == Sealed(b"new", NOW)
    assert keep(store) == store.passes.find(KEY)


ASKED: dict[str, Callable[[Store], object]] = {
    "recall": lambda store: store.vault.recall(ME),
    "keep_token": lambda store: store.vault.keep_token(ME, Sealed(b"token", NOW)),
    "drop_token": lambda store: store.vault.drop_token(ME, NOW),
    "keep_refusal": lambda store: store.vault.keep_refusal(ME, Sealed(b"token", NOW), NOW),
    "forget": lambda store: store.vault.forget(ME),
    "take_lease": lambda store: store.vault.take_lease("login", "one", 60),
    "give_back": lambda store: store.vault.give_back("login", "one"),
    "grant": lambda store: store.vault.grant(ME),
    "begin_spending": lambda store: store.vault.begin_spending(ME, "one"),
    "end_spending": lambda store: store.vault.end_spending(ME, "one", None),
    "find": lambda store: store.passes.find(KEY),
    "keep": keep,
    "forget passes": lambda store: store.passes.forget(ME),
    "record": lambda store: store.verdicts.record("crm", report(), "me", keep=9),
    "last": lambda store: store.verdicts.last("crm", 9),
}
OF_THE_VAULT = list(ASKED)[:10]


@pytest.mark.parametrize("ask", ASKED)
def test_a_store_that_cannot_be_used_says_why(ask: str, file: Path) -> None:
    """In the vault's error or the store's, and in no other, with the store's sentence: where there is none, and where it is damaged."""
    file.write_bytes(b"no database at all" * 100)
    kind = VaultError if ask in OF_THE_VAULT else StoreError
    for store, said in (
        (unusable("The store cannot be used: no connection."), "The store cannot be used: no connection."),
        (open_store(f"sqlite:///{file}"), f"The store (SQLite {file}) is damaged."),
    ):
        for _ in range(2):
            with pytest.raises(kind) as raised:
                ASKED[ask](store)
            assert type(raised.value) in (kind, *StoreError.__subclasses__())
            assert str(raised.value).startswith(said)
            assert raised.value.__cause__ is None


def test_a_fault_of_this_package_is_told_as_well(store: Store) -> None:
    """A value that no database takes costs the vault nothing but this question, and its text is not shown."""
    with pytest.raises(VaultError) as raised:
        store.vault.keep_token("canary\ud800", Sealed(b"token", NOW))
    assert str(raised.value).startswith("The store")
    assert "canary" not in str(raised.value)
