"""A database that takes connections and then falls silent costs neither threads nor each look its time."""

from __future__ import annotations

import socket
import struct
import threading
import time
from collections.abc import Iterator

import pytest
from store.remembered import ME

from airflow_sf_health.store import Store, _database, open_store

pytest.importorskip("psycopg2", reason="the driver of PostgreSQL is not installed")

GREETING = b"R\0\0\0\x08\0\0\0\0"
READY = b"Z\0\0\0\x05I"
SETTINGS = {
    "server_version": "14.0",
    "client_encoding": "UTF8",
    "DateStyle": "ISO, MDY",
    "standard_conforming_strings": "on",
}


def greeting() -> bytes:
    """What PostgreSQL says to who may log in without a password."""
    told = b"".join(
        b"S" + struct.pack(">I", len(text) + 4) + text
        for text in (f"{name}\0{value}\0".encode() for name, value in SETTINGS.items())
    )
    return GREETING + told + READY


class SilentServer:
    """It greets, and answers nothing else."""

    def __init__(self) -> None:
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.connections: list[socket.socket] = []
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def url(self) -> str:
        return f"postgresql+psycopg2://me:canary@127.0.0.1:{self.socket.getsockname()[1]}/db?sslmode=disable&gssencmode=disable"

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self.socket.accept()
            except OSError:
                return
            self.connections.append(connection)
            connection.recv(8192)
            connection.sendall(greeting())


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[SilentServer]:
    monkeypatch.setattr(_database, "PATIENCE", 0.3)
    server = SilentServer()
    yield server
    server.socket.close()
    for each in server.connections:
        each.close()


def ask(store: Store) -> str:
    return store.recall(ME, {}).problem


def asking() -> int:
    return sum(each.name == "sf-health-examination" for each in threading.enumerate())


def test_the_line_is_hung_up(server: SilentServer) -> None:
    """No thread waits for the answer for ever, and the server learns that nobody listens."""
    before = asking()
    assert "gave no answer within 0.3 seconds" in ask(open_store(server.url))
    assert asking() == before
    [connection] = server.connections
    connection.settimeout(5)
    while connection.recv(8192):
        pass


def test_each_silence_is_followed_by_a_longer_rest(server: SilentServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two minutes, four, eight; within them nobody connects."""
    store, clock = open_store(server.url), time.monotonic
    passed = 0.0
    monkeypatch.setattr(time, "monotonic", lambda: clock() + passed)
    for number, rest in enumerate((120, 240, 480), 1):
        for _ in range(2):
            assert "gave no answer" in ask(store)
        passed += rest - 30
        assert "gave no answer" in ask(store)
        assert len(server.connections) == number
        passed += 40


def test_where_nobody_can_hang_up_one_thread_waits(server: SilentServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """No second one is started while the first still hangs; when it has ended the store is asked again."""
    monkeypatch.setattr("airflow_sf_health.store._lines._hang_up", lambda connection: None)
    monkeypatch.setattr(_database, "SILENCE", 0.0)
    store, before = open_store(server.url), asking()
    for _ in range(3):
        assert "gave no answer" in ask(store)
        assert (asking(), len(server.connections)) == (before + 1, 1)
    server.connections[0].close()
    until = time.monotonic() + 5
    while asking() > before and time.monotonic() < until:
        time.sleep(0.01)
    assert "gave no answer" in ask(store)
    assert len(server.connections) == 2
