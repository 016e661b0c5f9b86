"""Another process that uses the vault of a store, until it is done or killed."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pendulum

from airflow_sf_health.org.vault import Sealed
from airflow_sf_health.store import _database, _place, open_store

NAME, FINGERPRINT = "login", "a" * 64


def count(url: str, file: str, turns: str) -> None:
    """Add one to the number in a file so often, each time under the lease; what is read and written apart shows two holders."""
    vault, path, me = open_store(url).vault, Path(file), str(os.getpid())
    for _ in range(int(turns)):
        while not vault.take_lease(NAME, me, 30):
            time.sleep(0.002)
        number = int(path.read_text())
        time.sleep(0.002)
        path.write_text(str(number + 1))
        vault.give_back(NAME, me)


def hold(url: str, seconds: str) -> None:
    """Take the lease, say so, and stay."""
    assert open_store(url).vault.take_lease(NAME, "who is killed", float(seconds))
    print("held", flush=True)
    time.sleep(600)


def spend(url: str) -> None:
    """Spend the grant again and again: each token is the number after the one before, said before it counts."""
    vault, me = open_store(url).vault, str(os.getpid())
    while True:
        found = vault.begin_spending(FINGERPRINT, me)
        number = int(found.sealed.blob) + 1 if found.sealed is not None else 1
        print(f"spending {number}", flush=True)
        assert vault.end_spending(FINGERPRINT, me, Sealed(str(number).encode(), pendulum.now("UTC")))
        print(f"kept {number}", flush=True)


if __name__ == "__main__":
    _database.PATIENCE = _place.BUSY_SECONDS = 60  # how long many of them take at once is no matter here
    acts: dict[str, Callable[..., None]] = {"count": count, "hold": hold, "spend": spend}
    acts[sys.argv[1]](*sys.argv[2:])
