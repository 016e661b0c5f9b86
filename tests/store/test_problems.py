"""What a sentence on a store is made of: never of words that stand in a path, and without a word of the password."""

from __future__ import annotations

import errno
import os
import sqlite3
from pathlib import Path

import pytest
from store.remembered import ME

from airflow_sf_health.store import open_store
from airflow_sf_health.store._problems import told


@pytest.mark.parametrize(
    ("number", "said"),
    [
        (errno.EACCES, "cannot be opened"),
        (errno.ENOENT, "cannot be opened"),
        (errno.ENOSPC, "lies on a disk that is full or broken"),
        (errno.EROFS, "is read-only for this user"),
        (errno.EBUSY, "is locked by another process"),
        (errno.ELOOP, "cannot be used: OSError"),
    ],
)
@pytest.mark.parametrize("path", ["/srv/locked/busy", "/srv/readonly", "/srv/is full/disk I/O error", "/x"])
def test_the_number_of_an_error_tells(number: int, said: str, path: str) -> None:
    """Whatever the directory is called."""
    assert str(told(OSError(number, os.strerror(number), path), "SQLite")).startswith(f"The store (SQLite) {said}")


def test_the_result_of_sqlite_tells(tmp_path: Path) -> None:
    """A statement that is wrong is no locked database, though a table may be called so."""
    (tmp_path / "locked is full").mkdir()
    with pytest.raises(sqlite3.OperationalError) as met:
        sqlite3.connect(tmp_path / "locked is full" / "no" / "store.sqlite")
    assert "cannot be opened" in str(told(met.value, "SQLite"))
    with sqlite3.connect(":memory:") as database, pytest.raises(sqlite3.OperationalError) as met:
        database.execute("SELECT * FROM locked")
    assert "cannot be used: OperationalError: no such table" in str(told(met.value, "SQLite"))


@pytest.mark.parametrize("password", ["p", "g2", "psycopg"])
def test_a_short_password_leaves_the_missing_driver_readable(password: str) -> None:
    """A gap in a word would tell what the password is."""
    error = ModuleNotFoundError("No module named 'psycopg2'", name="psycopg2")
    said = str(told(error, "postgresql on db", (password,)))
    assert said == "The store (postgresql on db) needs the Python package 'psycopg2', which is not installed here."


@pytest.mark.parametrize(
    ("password", "said"),
    [("p", 'no entry for user "***", permission'), ("entry", 'no *** for user "p", permission')],
)
def test_a_password_is_hidden(password: str, said: str) -> None:
    """A long one wherever it stands, a short one where it stands by itself."""
    assert said in str(told(RuntimeError('no entry for user "p", permission'), "db", (password,)))


@pytest.mark.parametrize(
    "address",
    [
        "postgresql://u:canary@cenary@127.0.0.1/x",
        "postgresql+psycopg2://u:canary@can/ary@127.0.0.1/x",
        "postgresql://u:1234?canary@127.0.0.1/x",
        "postgres://u@canary@127.0.0.1/x",
        "mysql+pymysql://u:p@canary@127.0.0.1/x",
        "postgresql://u:p@127.0.0.1/canary@x",
    ],
)
def test_an_address_that_would_be_split_within_the_password_is_refused(address: str) -> None:
    """SQLAlchemy takes the first @ for the end of the password, and what comes after it for the host."""
    problem = open_store(address).recall(ME, {}).problem
    assert "no SQLAlchemy URL (not shown" in problem
    assert "@ as %40" in problem
    assert not {"canary", "cenary", "ary"} & set(problem.replace("@", " ").replace("/", " ").split())


@pytest.mark.parametrize(
    "address",
    [
        "postgresql+psycopg2://u:p%40ss@db.example.com/x?application_name=me@acme",
        "postgresql+psycopg2://u@db.example.com/x",
        "postgresql+psycopg2:///x?host=/run/postgresql&user=me@acme",
    ],
)
def test_an_address_that_is_encoded_is_taken(address: str) -> None:
    """An @ in what follows the question mark is none of a password."""
    assert "no SQLAlchemy URL" not in open_store(address.replace("psycopg2", "nodriver")).recall(ME, {}).problem


def test_a_path_may_hold_an_at(tmp_path: Path) -> None:
    """SQLite's address has no password."""
    assert open_store(f"sqlite:///{tmp_path}/me@acme@x.sqlite").recall(ME, {}).problem == ""
