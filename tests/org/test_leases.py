"""A lease: one alone has it, as long as it lives, and knows when it no longer has."""

from __future__ import annotations

import itertools
import threading
import time

import pytest
from vaults import MemoryVault

from airflow_sf_health.org import leases
from airflow_sf_health.org.leases import Lease, pauses, take
from airflow_sf_health.org.vault import VaultError


class Renewed(MemoryVault):
    """Tells when a lease is taken or renewed."""

    def __init__(self) -> None:
        super().__init__()
        self.renewed = threading.Event()

    def take_lease(self, name: str, holder: str, seconds: float) -> bool:
        self.renewed.set()
        return super().take_lease(name, holder, seconds)


@pytest.fixture
def vault() -> MemoryVault:
    return MemoryVault()


def taken(vault: MemoryVault, name: str = "login:x") -> Lease:
    lease = take(vault, name)
    assert lease is not None
    return lease


def test_one_alone_has_it(vault: MemoryVault) -> None:
    """While one has it another gets none; given back, the next one does. Another name is another lease."""
    lease = taken(vault)
    with lease:
        assert lease.held
        assert take(vault, "login:x") is None
        with taken(vault, "login:y"):
            pass
    assert not lease.held_for(0)
    with taken(vault):
        pass
    assert not vault.leases


def test_an_error_gives_it_back(vault: MemoryVault) -> None:
    """Whatever ends the work, the next one need not wait."""
    with pytest.raises(KeyboardInterrupt), taken(vault):
        raise KeyboardInterrupt
    assert not vault.leases


def test_it_lives_as_long_as_the_work(monkeypatch: pytest.MonkeyPatch) -> None:
    """A thread of its own renews it, and ends with the work."""
    monkeypatch.setattr(leases, "BEAT", 0.01)
    vault = Renewed()
    with taken(vault) as lease:
        vault.renewed.clear()
        assert vault.renewed.wait(10)
        vault.renewed.clear()
        assert vault.renewed.wait(10)
        assert lease.held
    assert not lease._thread.is_alive()
    assert not vault.leases


def test_a_holder_that_is_gone(vault: MemoryVault, monkeypatch: pytest.MonkeyPatch) -> None:
    """What nobody renews is the next one's after its time, and the former holder knows, for good."""
    monkeypatch.setattr(leases, "SECONDS", 0.05)
    first = taken(vault)
    while take(vault, "login:x") is None:
        time.sleep(0.01)
    assert not first.held
    vault.leases.clear()
    assert not first.renew()
    assert not first.held
    assert not vault.leases


def test_time_in_which_nothing_could_be_renewed(vault: MemoryVault) -> None:
    """A vault that fails takes nothing from the time that it was taken for."""
    lease = taken(vault)
    vault.problem = "The store cannot be used."
    with pytest.raises(VaultError):
        lease.renew()
    assert lease.held
    vault.problem = ""
    assert lease.renew()


def test_how_long_it_stays_ours(vault: MemoryVault) -> None:
    """What is left of it is less than the time that it was taken for."""
    lease = taken(vault)
    assert lease.held_for(leases.SECONDS - 1)
    assert not lease.held_for(leases.SECONDS)


def test_one_that_is_left_to_run_out(vault: MemoryVault) -> None:
    """Where what was begun may go on elsewhere, nobody gets it before its time is over."""
    with taken(vault) as lease:
        until = vault.leases["login:x"][1]
        lease.leave()
    assert not lease._thread.is_alive()
    assert vault.leases["login:x"][1] > until
    assert take(vault, "login:x") is None


def test_a_beat_that_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    """After one that failed the next one is tried."""
    monkeypatch.setattr(leases, "BEAT", 0.01)
    vault = Renewed()
    with taken(vault) as lease:
        vault.problem = "The store cannot be used."
        vault.renewed.clear()
        assert vault.renewed.wait(10)
        vault.problem = ""
        vault.leases.clear()
        while not vault.leases:
            time.sleep(0.01)
        assert lease.held


@pytest.mark.parametrize("clock", ["monotonic", "time"])
def test_a_machine_that_slept(vault: MemoryVault, monkeypatch: pytest.MonkeyPatch, clock: str) -> None:
    """If either clock has gone on for longer than the lease lasts, it is not surely ours."""
    lease, now = taken(vault), getattr(time, clock)()
    monkeypatch.setattr(time, clock, lambda: now + 11)
    assert not lease.held
    assert not lease.renew()


def test_a_renewal_that_came_too_late(vault: MemoryVault, monkeypatch: pytest.MonkeyPatch) -> None:
    """A renewal whose answer came after the lease had ended proves nothing: another may have had it in between."""
    lease, clock = taken(vault), time.monotonic()
    times = itertools.chain([clock, clock], itertools.repeat(clock + 11))
    monkeypatch.setattr(leases, "_clocks", lambda: (next(times), time.time()))
    assert not lease.renew()


def test_a_vault_that_fails_at_the_end(vault: MemoryVault) -> None:
    """What cannot be given back ends by itself, and the work does not suffer."""
    with taken(vault):
        vault.problem = "The store cannot be used."
    assert vault.leases


def test_no_thread_to_be_had(vault: MemoryVault, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a thread it lasts as long as it was taken for."""

    def refuse(_: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", refuse)
    with taken(vault) as lease:
        assert lease.held
    assert not vault.leases


def test_pauses() -> None:
    """Who waits looks often at first, and twice a second later on."""
    shortest, longest = leases.PAUSES
    times = list(itertools.islice(pauses(), 20))
    assert times[0] <= shortest * 1.2
    assert longest * 0.8 <= times[-1] <= longest * 1.2
