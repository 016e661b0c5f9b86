"""What every vault does, be it in SQLite, in PostgreSQL, or the one that tests of other parts use."""

from __future__ import annotations

from threading import Barrier, Thread

import pendulum
import pytest
from vaults import MemoryVault

from airflow_sf_health.org.vault import Grant, Kept, Sealed, Vault
from airflow_sf_health.store import open_store

NOW = pendulum.now("UTC")
ME, OTHER = "a" * 64, "b" * 64


def sealed(after: float = 0, text: str = "") -> Sealed:
    """Bytes of so many seconds after now."""
    return Sealed((text or f"after {after:g}").encode(), NOW.add(microseconds=int(after * 1_000_000)))


@pytest.fixture(params=["memory", "sqlite", "postgresql"])
def vault(request: pytest.FixtureRequest) -> Vault:
    if request.param == "memory":
        return MemoryVault()
    if request.param == "sqlite":
        return open_store(f"sqlite:///{request.getfixturevalue('tmp_path')}/store.sqlite").vault
    return open_store(request.getfixturevalue("postgres").new_database()).vault


@pytest.fixture
def soon() -> pendulum.DateTime:
    return pendulum.now("UTC").add(seconds=40)


def test_nothing_is_known_at_first(vault: Vault) -> None:
    """Neither token nor refusal nor grant, and there is nothing to forget."""
    assert vault.recall(ME) == Kept()
    assert vault.grant(ME) is None
    assert vault.forget(ME) == 0
    vault.drop_token(ME, NOW)
    vault.give_back("login", "somebody")


def test_a_token_comes_back_as_it_was(vault: Vault) -> None:
    """With when it was minted, and to nobody else."""
    vault.keep_token(ME, sealed())
    assert vault.recall(ME) == Kept(token=sealed())
    assert vault.recall(OTHER) == Kept()


def test_the_newest_token_is_kept(vault: Vault) -> None:
    """Whichever was kept last."""
    for after in (0, 20, 10):
        vault.keep_token(ME, sealed(after))
    assert vault.recall(ME).token == sealed(20)


def test_a_refused_token_is_dropped_and_no_newer_one(vault: Vault) -> None:
    """Another task may have logged in meanwhile."""
    vault.keep_token(ME, sealed(10))
    vault.drop_token(ME, sealed(0).at)
    assert vault.recall(ME).token == sealed(10)
    vault.drop_token(ME, sealed(10).at)
    assert vault.recall(ME) == Kept()


def test_a_refusal_comes_back_until_its_end(vault: Vault, soon: pendulum.DateTime) -> None:
    """The token stays: it may still live."""
    vault.keep_token(ME, sealed())
    vault.keep_refusal(ME, sealed(1, "refused"), soon)
    assert vault.recall(ME) == Kept(token=sealed(), refusal=sealed(1, "refused"), refused_until=soon)
    vault.keep_refusal(ME, sealed(2, "refused"), NOW.subtract(seconds=1))
    assert vault.recall(ME) == Kept(token=sealed())


def test_a_login_that_goes_well_ends_an_older_refusal(vault: Vault, soon: pendulum.DateTime) -> None:
    """And no later one."""
    vault.keep_refusal(ME, sealed(10), soon)
    vault.keep_token(ME, sealed(5))
    assert vault.recall(ME).refusal == sealed(10)
    vault.keep_token(ME, sealed(10, "token"))
    assert vault.recall(ME) == Kept(token=sealed(10, "token"))


def test_a_late_refusal_is_not_kept(vault: Vault, soon: pendulum.DateTime) -> None:
    """What was refused before another login went well, or before a later refusal, is no news."""
    vault.keep_token(ME, sealed(10))
    vault.keep_refusal(ME, sealed(5), soon)
    assert vault.recall(ME) == Kept(token=sealed(10))
    for after in (20, 15):
        vault.keep_refusal(ME, sealed(after), soon)
    assert vault.recall(ME).refusal == sealed(20)


def test_forgetting_counts_what_there_was(vault: Vault, soon: pendulum.DateTime) -> None:
    """Token and refusal; a grant is never forgotten so."""
    vault.keep_token(ME, sealed())
    vault.keep_refusal(ME, sealed(1), soon)
    vault.keep_token(OTHER, sealed())
    vault.begin_spending(ME, "spender")
    assert vault.forget(ME) == 2
    assert vault.forget(ME) == 0
    assert (vault.recall(ME), vault.recall(OTHER).token) == (Kept(), sealed())
    assert vault.grant(ME) is not None


def test_what_is_of_the_future_does_not_count(vault: Vault, soon: pendulum.DateTime) -> None:
    """A clock that is a day ahead blocks nobody: its token is not used, and gives way; its refusal too."""
    vault.keep_refusal(ME, sealed(86_400), soon.add(days=1))
    assert vault.recall(ME) == Kept()
    vault.keep_token(ME, sealed(86_400))
    assert vault.recall(ME) == Kept()
    vault.keep_refusal(ME, sealed(1), soon)
    vault.keep_token(ME, sealed())
    assert vault.recall(ME) == Kept(token=sealed(), refusal=sealed(1), refused_until=soon)


def test_a_lease_has_one_holder(vault: Vault) -> None:
    """Who has it may keep it; others have it when it was given back, by the holder and nobody else."""
    assert vault.take_lease("login", "one", 60)
    assert vault.take_lease("login", "one", 60)
    assert not vault.take_lease("login", "two", 60)
    assert vault.take_lease("pass", "two", 60)
    vault.give_back("login", "two")
    assert not vault.take_lease("login", "two", 60)
    vault.give_back("login", "one")
    assert vault.take_lease("login", "two", 60)


def test_a_lease_ends_by_itself(vault: Vault) -> None:
    """Whose holder was killed, or is late."""
    assert vault.take_lease("login", "one", 0)
    assert vault.take_lease("login", "two", 60)
    assert not vault.take_lease("login", "one", 60)


def test_of_many_threads_one_takes_the_lease(vault: Vault) -> None:
    """Of those that ask at once for one that nobody has had."""
    together, taken = Barrier(6), list[str]()

    def take(name: str) -> None:
        together.wait()
        if vault.take_lease("login", name, 60):
            taken.append(name)

    threads = [Thread(target=take, args=(str(number),)) for number in range(6)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert len(taken) == 1


def test_a_grant_is_spent_and_replaced(vault: Vault) -> None:
    """Who spends it gets it as it was; its successor takes its place, and nobody spends any more."""
    assert vault.begin_spending(ME, "one") == Grant(None)
    begun = vault.grant(ME)
    assert begun is not None
    assert (begun.sealed, begun.spender) == (None, "one")
    assert begun.spending_since is not None
    assert abs((begun.spending_since - pendulum.now("UTC")).total_seconds()) < 60
    assert vault.end_spending(ME, "one", sealed())
    assert vault.grant(ME) == Grant(sealed())
    assert vault.begin_spending(ME, "two") == Grant(sealed())
    assert vault.end_spending(ME, "two", sealed(-5))
    assert vault.grant(ME) == Grant(sealed(-5))
    assert vault.grant(OTHER) is None


def test_a_grant_that_was_not_spent_stays(vault: Vault) -> None:
    """Be it the connection's own, or the vault's."""
    for kept in (None, sealed()):
        vault.begin_spending(ME, "one")
        assert vault.end_spending(ME, "one", kept)
        vault.begin_spending(ME, "two")
        assert vault.end_spending(ME, "two", None)
        assert vault.grant(ME) == Grant(kept)


def test_who_was_overtaken_keeps_nothing(vault: Vault) -> None:
    """Another has begun since: its end counts, and is told who was before."""
    vault.begin_spending(ME, "one")
    before = vault.begin_spending(ME, "two")
    assert before.spender == "one"
    assert before.spending_since is not None
    assert not vault.end_spending(ME, "one", sealed(1))
    assert not vault.end_spending(ME, "one", None)
    assert vault.end_spending(ME, "two", sealed(2))
    assert vault.grant(ME) == Grant(sealed(2))
    assert not vault.end_spending(ME, "one", sealed(1))


def test_an_end_may_be_told_twice(vault: Vault) -> None:
    """Who did not hear that it was noted, tells it again; nothing that never began ends."""
    vault.begin_spending(ME, "one")
    assert vault.end_spending(ME, "one", sealed())
    assert vault.end_spending(ME, "one", sealed())
    assert not vault.end_spending(OTHER, "one", sealed())
