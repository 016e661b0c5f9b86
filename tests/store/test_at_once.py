"""Several processes and threads use one store, and some of them are killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest
from store.remembered import ME, accept, recall, snapshot, user

from airflow_sf_health.store import Store, open_store

PROGRAM = Path(__file__).with_name("remembered.py")


def start(url: str, mode: str) -> subprocess.Popen[str]:
    """Another process that keeps what :mod:`store.remembered` says."""
    paths = os.pathsep.join(filter(None, (str(PROGRAM.parent.parent), os.environ.get("PYTHONPATH"))))
    return subprocess.Popen(
        [sys.executable, str(PROGRAM), url, mode],
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": paths},
    )


def assert_whole(store: Store) -> None:
    """What belongs together is there together, and can be read."""
    for sobject in ("Account", "Contact"):
        for each in store.history(ME, sobject):
            assert each.body is not None
            assert {field["label"] for field in each.body["fields"]} == {each.shape.label}
    account, contact = ({each.shape.label for each in store.history(ME, name)} for name in ("Account", "Contact"))
    assert account == contact


def test_eight_processes_make_one_store(url: str) -> None:
    """All find no tables, make them at once, and each keeps what it has."""
    processes = [start(url, "2") for _ in range(8)]
    said = [process.communicate(timeout=120)[0].split() for process in processes]
    assert said == [["kept", "kept"]] * 8
    assert set(recall(open_store(url), "Account", "Contact").snapshots) == {"Account", "Contact"}


def test_a_killed_writer_leaves_whole_rows(url: str) -> None:
    """Killed again and again while it writes: the store can be read, pairs are whole, and what was said to be kept is there."""
    store = open_store(url)
    for _ in range(6):
        writer = start(url, "on and on")
        assert writer.stdout is not None
        kept = 0
        while kept < 5:
            assert writer.stdout.readline() == "kept\n"
            kept += 1
        writer.send_signal(signal.SIGKILL)
        kept += writer.stdout.read().count("kept")
        writer.stdout.close()
        writer.wait()
        facts = recall(store, "Account", "Contact")
        assert facts.problem == ""
        assert facts.user is not None
        assert set(facts.snapshots) == {"Account", "Contact"}
        assert int(facts.snapshots["Account"].shape.label.removeprefix("on and on ")) >= kept - 1
        assert_whole(store)
        assert store.forget(ME) >= 2
    assert accept(store, snapshot()) == ""


def test_two_refreshes_at_once(url: str) -> None:
    """Two processes that refresh the same objects lose nothing and mix nothing."""
    processes = [start(url, "12") for _ in range(2)]
    said = [process.communicate(timeout=120)[0].split() for process in processes]
    assert said == [["kept"] * 12] * 2
    store = open_store(url)
    assert recall(store, "Account").snapshots["Account"].shape.label == "12 11"
    assert_whole(store)


def test_many_threads_share_a_store(store: Store) -> None:
    """Threads that begin together keep all of theirs, whoever makes the tables."""
    together = Barrier(8)

    def keep(number: int) -> str:
        together.wait()
        seen = user(number, user_id=f"005{number}")
        return accept(store, snapshot(f"Object_{number}__c"), user=seen, door=f"door {number}")

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(keep, range(8))) == [""] * 8
    assert len(store.listed(ME)) == 8
    assert all(store.who_came_by(f"door {number}") for number in range(8))


def test_one_new_user_seen_twice_at_once_is_one_user(store: Store) -> None:
    """Who writes the same new row a moment later changes it instead, and nobody is told of it."""
    together = Barrier(6)
    accept(store, snapshot("Contact"))

    def keep(number: int) -> str:
        together.wait()
        return store.keep(ME, user=user(number), door="door")

    with ThreadPoolExecutor(6) as pool:
        assert list(pool.map(keep, range(6))) == [""] * 6
    assert store.who_came_by("door") == user(5)


@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_a_forked_process_opens_the_store_itself(store: Store, tmp_path: Path) -> None:
    """A task is a fork of a process that may have used the store; both go on."""
    accept(store, snapshot())
    child = os.fork()
    if child == 0:
        (tmp_path / "said").write_text(accept(store, snapshot(after=10)) or "kept")
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0
    assert (tmp_path / "said").read_text() == "kept"
    assert len(store.history(ME, "Account")) == 2
