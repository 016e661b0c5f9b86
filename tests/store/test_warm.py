"""A connection that stays open for a moment saves most of the time, and stands in nobody's way."""

from __future__ import annotations

import os
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import event
from store.remembered import accept, recall, snapshot

from airflow_sf_health.store import Store, _warm, open_store

if TYPE_CHECKING:
    from store.postgres import Server


def opened(store: Store) -> list[object]:
    """Grows with each connection that this store opens from now on."""
    [(_, engine, _)] = store._database._open.values()
    found: list[object] = []
    event.listen(engine, "connect", lambda dbapi, _: found.append(dbapi))
    return found


def files_open(path: Path) -> int:
    """How many files whose names begin so this process has open."""
    return sum(str(each.resolve()).startswith(str(path)) for each in Path("/proc/self/fd").iterdir())


def watching() -> int:
    return sum(each.name == "sf-health-store" for each in threading.enumerate())


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "store.sqlite"


@pytest.fixture
def sqlite(file: Path) -> Store:
    store = open_store(f"sqlite:///{file}")
    assert accept(store, snapshot()) == ""
    return store


def test_several_questions_take_one_connection(store: Store) -> None:
    """Of one look, or of many; after a while without any, none is open, and no thread of ours is left."""
    accept(store, snapshot())
    connections = opened(store)
    for _ in range(5):
        assert list(recall(store, "Account").snapshots) == ["Account"]
        assert accept(store, snapshot()) == ""
    assert connections == []
    assert watching() == 1
    _warm.close_all()
    assert watching() == 0
    assert list(recall(store, "Account").snapshots) == ["Account"]
    assert len(connections) == 1


def test_one_that_is_not_used_is_closed(sqlite: Store, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By itself; the next question opens it again."""
    _warm.close_all()
    monkeypatch.setattr(_warm, "IDLE", 0.2)
    assert recall(sqlite).problem == ""
    until = time.monotonic() + 20
    while (files_open(file) or watching()) and time.monotonic() < until:
        time.sleep(0.01)
    assert (files_open(file), watching()) == (0, 0)
    assert list(recall(sqlite, "Account").snapshots) == ["Account"]


def test_threads_at_once_have_one_each(store: Store) -> None:
    """And one of them is kept."""
    accept(store, snapshot())
    connections, together = opened(store), Barrier(4)

    def ask(_: int) -> str:
        return store._database.read(lambda connection: str(together.wait(20) * 0))

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(ask, range(4))) == ["0"] * 4
    assert len(connections) == 3
    assert recall(store).problem == ""
    assert len(connections) == 3


def test_a_server_that_was_restarted_costs_a_new_connection(postgres: Server) -> None:
    """Nobody is told that the old one was ended, neither who reads nor who writes."""
    url = postgres.new_database()
    store = open_store(url)
    accept(store, snapshot())
    connections = opened(store)
    name = url.rsplit("/", 1)[1]
    for number in range(1, 3):
        postgres.run(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'")
        if number == 1:
            assert list(recall(store, "Account").snapshots) == ["Account"]
        else:
            assert accept(store, snapshot(after=5)) == ""
        assert len(connections) == number


def test_a_file_that_was_removed_is_made_anew(sqlite: Store, file: Path) -> None:
    """As the sentence on a damaged one says; nothing is written into the one that is gone."""
    for each in file.parent.glob("store.sqlite*"):
        each.unlink()
    assert recall(sqlite, "Account").snapshots == {}
    assert accept(sqlite, snapshot("Contact")) == ""
    assert list(recall(open_store(f"sqlite:///{file}"), "Contact").snapshots) == ["Contact"]


@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_a_fork_has_no_file_open(sqlite: Store, file: Path) -> None:
    """Closing one there, or opening it again, would break the locks of both."""
    assert files_open(file) > 0
    child = os.fork()
    if child == 0:
        os._exit(files_open(file))
    assert os.waitpid(child, 0)[1] == 0
    assert accept(sqlite, snapshot(after=5)) == ""


def test_a_file_on_a_network_is_closed_at_once(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What its system does with one that stays open is not known."""
    monkeypatch.setattr("airflow_sf_health.store._engine.is_local", lambda path: False)
    assert accept(open_store(f"sqlite:///{file}"), snapshot()) == ""
    assert (files_open(file), watching()) == (0, 0)
