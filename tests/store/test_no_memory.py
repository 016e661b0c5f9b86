"""A store that cannot be used is no memory: a sentence says why, and nothing is raised."""

from __future__ import annotations

import os
import resource
import socket
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest
from store.postgres import PASSWORD, Server
from store.remembered import ME, accept, recall, snapshot, user
from store.unprivileged import unprivileged

from airflow_sf_health.evidence.facts import MemoryFacts
from airflow_sf_health.store import Store, StoreError, _database, open_store, unusable
from airflow_sf_health.store._warm import close_all


def sqlite(path: Path) -> Store:
    return open_store(f"sqlite:///{path}")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A store that remembers Account."""
    path = tmp_path / "store.sqlite"
    assert accept(sqlite(path), snapshot(), user=user(), door="door") == ""
    close_all()
    return path


def assert_no_memory(store: Store, said: str) -> None:
    """Each way to ask for memory gives the sentence, or nothing; the others raise it."""
    facts = recall(store, "Account")
    assert said in facts.problem
    assert facts == MemoryFacts(problem=facts.problem)
    assert said in accept(store, snapshot(after=5))
    assert store.who_came_by("door") is None
    for ask in (store.newest, store.history):
        with pytest.raises(StoreError, match="The store"):
            ask(ME, "Account")
    for ask_all in (store.listed, store.forget):
        with pytest.raises(StoreError, match="The store"):
            ask_all(ME)


def test_a_locked_file(file: Path) -> None:
    """Another process holds the lock: what is remembered can be read, and nothing is kept."""
    with closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        store = sqlite(file)
        assert "is locked by another process" in accept(store, snapshot(after=5))
        assert list(recall(store, "Account").snapshots) == ["Account"]
    assert accept(sqlite(file), snapshot(after=5)) == ""


def test_a_locked_file_without_a_write_ahead_log(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """On a network file system a writer locks readers out too, and both are told."""
    monkeypatch.setattr("airflow_sf_health.store._engine.is_local", lambda path: False)
    assert accept(sqlite(file), snapshot(after=5)) == ""
    assert not list(file.parent.glob("*-wal"))
    with closing(sqlite3.connect(file, isolation_level=None)) as other:
        assert other.execute("PRAGMA journal_mode").fetchone() == ("delete",)
        other.execute("BEGIN EXCLUSIVE")
        assert_no_memory(sqlite(file), f"The store (SQLite {file}) is locked by another process.")


@pytest.mark.parametrize("content", [b"SQLite format 3\0" + b"\xff" * 5000, b"no database at all" * 100])
def test_a_damaged_file(tmp_path: Path, content: bytes) -> None:
    """What is no database is not replaced, and the sentence says what to do."""
    path = tmp_path / "store.sqlite"
    path.write_bytes(content)
    assert_no_memory(sqlite(path), "is damaged. Remove the file")
    assert path.read_bytes() == content


def test_a_file_damaged_in_the_middle(file: Path) -> None:
    """Pages overwritten by something else give a sentence or what is whole, and never an error."""
    for each in range(8):
        assert accept(sqlite(file), snapshot(f"Object_{each}__c", fields=300)) == ""
    content = bytearray(file.read_bytes())
    content[4096 : len(content) // 2] = os.urandom(len(content) // 2 - 4096)
    file.write_bytes(content)
    store = sqlite(file)
    facts = recall(store, "Account", "Object_1__c")
    assert "is damaged" in facts.problem or not facts.problem
    assert isinstance(accept(store, snapshot(after=5)), str)


def test_a_damaged_snapshot_is_no_baseline(file: Path) -> None:
    """Bytes that cannot be unpacked are no snapshot to compare with; who asks for it itself is told how to remove it."""
    accept(sqlite(file), snapshot("Contact"))
    with closing(sqlite3.connect(file)) as database, database:
        database.execute("UPDATE sf_health_snapshots SET shape = x'00ff', body = x'00' WHERE object_name = 'Account'")
        database.execute("UPDATE sf_health_baselines SET shape = x'00ff' WHERE object_name = 'Account'")
        database.execute("UPDATE sf_health_users SET facts = '[]'")
    store = sqlite(file)
    facts = recall(store, "Account", "Contact")
    assert (list(facts.snapshots), facts.user, facts.problem) == (["Contact"], None, "")
    assert facts.damaged == ("Account",)
    with pytest.raises(StoreError, match=r"What is kept of Account is damaged\. `sf-health metadata clear`"):
        store.newest(ME, "Account")
    assert [each.sobject for each in store.listed(ME)] == ["Contact"]
    assert store.objects(ME) == ["Account", "Contact"]
    assert sqlite(file).forget(ME, ["Account"]) == 1


@pytest.mark.usefixtures("postgres")
def test_a_newer_store(url: str) -> None:
    """What a newer version has written is neither read nor changed."""
    from sqlalchemy import create_engine

    accept(open_store(url), snapshot())
    engine = create_engine(url, future=True)
    with engine.begin() as connection:
        connection.exec_driver_sql("INSERT INTO sf_health_schema (version, made_at) VALUES (99, 0)")
    engine.dispose()
    assert_no_memory(open_store(url), "was written by a newer version of airflow-sf-health: its schema is 99")


def test_a_full_disk(file: Path) -> None:
    """Where no more can be written nothing is kept of the look, and what was there before is still there."""
    program = (
        "import sys; from store.remembered import ME, recall, snapshot; from airflow_sf_health.store import open_store\n"
        "store = open_store(sys.argv[1]); big = [snapshot(f'O{n}__c', fields=3000, label=str(n)) for n in range(90)]\n"
        "print(store.keep(ME, big)); print(*recall(store, 'Account', 'O1__c').snapshots)"
    )
    tests = str(Path(__file__).parent.parent)
    limit = file.stat().st_size + 65_536
    said = subprocess.run(
        [sys.executable, "-c", program, f"sqlite:///{file}"],
        capture_output=True,
        text=True,
        check=True,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, (tests, os.environ.get("PYTHONPATH"))))},
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit)),
    ).stdout.splitlines()
    assert "lies on a disk that is full or broken" in said[0]
    assert said[1] == "Account"
    assert list(recall(sqlite(file), "Account", "O1__c").snapshots) == ["Account"]


def test_a_read_only_file(public: Path) -> None:
    """A file that this user may only read gives what it has, if it can, and tells that nothing was kept."""
    path = public / "store.sqlite"
    accept(sqlite(path), snapshot())
    close_all()
    path.chmod(0o444)
    with unprivileged():
        assert "is read-only for this user. Give the user" in accept(sqlite(path), snapshot(after=5))
        assert list(recall(sqlite(path), "Account").snapshots) == ["Account"]
    public.chmod(0o555)
    with unprivileged():
        assert "The store (SQLite" in accept(sqlite(path), snapshot(after=5))
        facts = recall(sqlite(path), "Account")
        assert facts.problem or list(facts.snapshots) == ["Account"]


def test_a_directory_that_is_not_there(tmp_path: Path) -> None:
    """A wrong path is told, and no directory is made for it."""
    path = tmp_path / "no" / "store.sqlite"
    assert_no_memory(sqlite(path), f"The store (SQLite {path}) cannot be opened. Look whether its directory exists")
    assert not path.parent.exists()


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("sqlite://", "The store (SQLite) has no file, so nothing is kept."),
        ("postgresql://me:canary@host:port/name", "The store's address is no SQLAlchemy URL (not shown"),
        ("://canary", "The store's address is no SQLAlchemy URL (not shown"),
        ("nothing+like://me:canary@host/name", "cannot be used: NoSuchModuleError."),
        ("postgresql+pg8000://me:canary@host/name", "The store (postgresql on host) needs the Python package 'pg8000'"),
    ],
)
def test_a_url_that_cannot_be_used(url: str, said: str) -> None:
    """What is wrong with it, and no part of it that may be secret."""
    assert_no_memory(open_store(url), said)
    assert "canary" not in recall(open_store(url)).problem


def test_a_refused_password_is_not_shown(postgres: Server) -> None:
    """PostgreSQL's own words, the host, and no password."""
    store = open_store(postgres.url(password="canary-wrong-password"))
    assert_no_memory(store, f"The store (postgresql on 127.0.0.1:{postgres.port}) cannot be used: OperationalError")
    problem = recall(store).problem
    assert "password authentication failed" in problem
    assert "canary" not in problem


def test_a_user_without_the_right_to_make_tables(postgres: Server) -> None:
    """The sentence names the right that is missing; with the tables made by another user, reading and writing is enough."""
    url = postgres.new_database()
    name = url.rsplit("/", 1)[1]
    postgres.run(f"CREATE ROLE {name} LOGIN PASSWORD '{PASSWORD}'")
    mine = postgres.url(name, user=name)
    assert_no_memory(
        open_store(mine), "lacks a right for its user: InsufficientPrivilege: permission denied for schema"
    )
    assert accept(open_store(url), snapshot()) == ""
    postgres.run(f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {name}", database=name)
    assert accept(open_store(mine), snapshot(after=5), user=user(), door="door") == ""
    assert len(open_store(mine).history(ME, "Account")) == 2


def test_a_server_that_is_not_there() -> None:
    """A refused connection names host and port."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    store = open_store(f"postgresql+psycopg2://me:canary@127.0.0.1:{port}/db")
    assert_no_memory(store, f"The store (postgresql on 127.0.0.1:{port}) cannot be used: OperationalError")


def test_a_server_that_says_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits for a server that takes the connection and never answers, and it is asked once."""
    monkeypatch.setattr(_database, "PATIENCE", 0.2)
    with socket.create_server(("127.0.0.1", 0), backlog=8) as server:
        port = server.getsockname()[1]
        store = open_store(f"postgresql+psycopg2://me:canary@127.0.0.1:{port}/db?connect_timeout=2")
        assert_no_memory(store, f"The store (postgresql on 127.0.0.1:{port}) gave no answer within 0.2 seconds.")
        server.settimeout(5)
        server.accept()[0].close()
        server.settimeout(0.2)
        with pytest.raises(TimeoutError):
            server.accept()


def test_a_store_that_failed_is_asked_again_later(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """For a while it only repeats why; after that it is tried anew."""
    path = tmp_path / "sub" / "store.sqlite"
    store = sqlite(path)
    assert "cannot be opened" in recall(store).problem
    path.parent.mkdir()
    assert "cannot be opened" in recall(store).problem
    later = time.monotonic() + _database.REST + 1
    monkeypatch.setattr(time, "monotonic", lambda: later)
    assert recall(store) == MemoryFacts(reach="this host only")


def test_a_file_that_was_removed_is_made_anew(file: Path) -> None:
    """Who clears the store by removing its file has an empty one at the next look, in processes that knew the old one too."""
    store = sqlite(file)
    assert list(recall(store, "Account").snapshots) == ["Account"]
    for each in file.parent.iterdir():
        each.unlink()
    assert recall(store, "Account") == MemoryFacts(reach="this host only")
    assert accept(store, snapshot()) == ""


def test_a_store_that_never_was() -> None:
    """Where not even an address could be found, the reason is all there is."""
    store = unusable("The store has no address.")
    assert_no_memory(store, "The store has no address.")
    assert store.reach == ""
