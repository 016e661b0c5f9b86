"""Several processes share leases and grants, and some of them are killed."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

from store.logins import FINGERPRINT, NAME

from airflow_sf_health.store import Store, open_store

PROGRAM = Path(__file__).with_name("logins.py")


def start(*arguments: str) -> subprocess.Popen[str]:
    """Another process that does what :mod:`store.logins` says."""
    paths = os.pathsep.join(filter(None, (str(PROGRAM.parent.parent), os.environ.get("PYTHONPATH"))))
    return subprocess.Popen(
        [sys.executable, str(PROGRAM), *arguments],
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": paths},
    )


def test_five_processes_never_hold_one_lease_together(url: str, tmp_path: Path) -> None:
    """Each adds to a number that is read and written apart, and none of it is lost."""
    file = tmp_path / "number"
    file.write_text("0")
    processes = [start("count", url, str(file), "12") for _ in range(5)]
    for each in processes:
        each.communicate(timeout=120)
    assert [each.returncode for each in processes] == [0] * 5
    assert file.read_text() == "60"


def test_a_killed_holder_delays_others_by_the_lease(url: str) -> None:
    """Until its time is over nobody has it, and then the next one."""
    vault = open_store(url).vault
    with start("hold", url, "3") as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        began = time.monotonic()
        refused = not vault.take_lease(NAME, "next", 30)
        asked = time.monotonic()
        holder.send_signal(signal.SIGKILL)
    assert refused or asked - began > 3
    while not vault.take_lease(NAME, "next", 30):
        assert time.monotonic() < began + 60
        time.sleep(0.01)
    assert not vault.take_lease(NAME, "another", 30)


def test_a_killed_spender_leaves_the_grant_and_its_name(url: str) -> None:
    """Killed again and again: what was said to be kept is there; and of one that was begun, who had begun it."""
    vault, number = open_store(url).vault, 0
    for _ in range(6):
        with start("spend", url) as spender:
            assert spender.stdout is not None
            said = [spender.stdout.readline() for _ in range(7)]
            spender.send_signal(signal.SIGKILL)
            said += spender.stdout.read().splitlines()
        told = [line.split() for line in said if line.strip()]
        kept = max(int(number) for what, number in told if what == "kept")
        grant = vault.grant(FINGERPRINT)
        assert grant is not None
        assert grant.sealed is not None
        assert int(grant.sealed.blob) in (kept, kept + 1)
        if told[-1][0] == "spending" and int(grant.sealed.blob) == kept:
            assert (grant.spender, grant.spending_since is not None) == (str(spender.pid), True)
        assert kept > number
        number = kept


def test_a_thread_and_a_process_do_not_share_a_holder(store: Store, url: str) -> None:
    """A lease that this process gave back is taken by another, and seen from here by another connection."""
    assert store.vault.take_lease(NAME, "thread", 30)
    assert not open_store(url).vault.take_lease(NAME, "another", 30)
    store.vault.give_back(NAME, "thread")
    assert open_store(url).vault.take_lease(NAME, "another", 30)
    assert not store.vault.take_lease(NAME, "thread", 30)


def test_who_waits_for_a_lease_writes_nothing(tmp_path: Path) -> None:
    """While another writes to the store, who asks for a lease that somebody has is told so at once."""
    file = tmp_path / "store.sqlite"
    vault = open_store(f"sqlite:///{file}").vault
    assert vault.take_lease(NAME, "holder", 60)
    with closing(sqlite3.connect(file, isolation_level=None)) as writer:
        writer.execute("BEGIN IMMEDIATE")
        assert not vault.take_lease(NAME, "who waits", 60)
    assert vault.take_lease(NAME, "holder", 60)
