"""The names of Airflow that this package uses, and connections by both calls."""

from __future__ import annotations

import asyncio
import importlib.metadata
import threading
from pathlib import Path
from typing import Any

import pytest

import airflow_sf_health
from airflow_sf_health import compat

PACKAGE = Path(airflow_sf_health.__file__).parent


@pytest.mark.parametrize("name", compat.__all__)
def test_every_name_exists_on_this_airflow(name: str) -> None:
    """Whatever another module may take from `compat` is there on each supported version."""
    assert getattr(compat, name) is not None


def test_an_unknown_name_is_an_attribute_error() -> None:
    """A name that is not offered is refused as Python does it."""
    with pytest.raises(AttributeError, match="no attribute 'Nothing'"):
        _ = compat.Nothing


def test_version_flags() -> None:
    """The flags say what the installed Airflow is."""
    major, minor = map(int, importlib.metadata.version("apache-airflow").split(".")[:2])
    assert (major, minor) >= (3, 0) if compat.AIRFLOW_V_3_0_PLUS else major == 2
    assert (major, minor) >= (3, 1) if compat.AIRFLOW_V_3_1_PLUS else (major, minor) < (3, 1)


def test_no_other_module_asks_for_the_version() -> None:
    """Version flags and `airflow.__version__` appear in `compat` alone."""
    for file in PACKAGE.rglob("*.py"):
        text = file.read_text(encoding="utf-8")
        assert file.parent.name == "compat" or "version_compat" not in text, file
        assert "airflow.__version__" not in text, file


def test_a_connection_by_both_calls(monkeypatch: pytest.MonkeyPatch) -> None:
    """The synchronous and the asynchronous call give the same connection."""
    monkeypatch.setenv("AIRFLOW_CONN_SOME_ORG", '{"conn_type": "salesforce", "login": "user@example.com"}')
    assert compat.get_connection("some_org").login == "user@example.com"
    assert asyncio.run(compat.aget_connection("some_org")).login == "user@example.com"


def test_a_look_up_outlives_who_asked_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """A trigger that is cancelled while it asks leaves no reply that the next one would read."""
    ended = []

    async def slow(conn_id: str) -> str:
        await asyncio.sleep(0.05)
        ended.append(conn_id)
        return conn_id

    async def cancel() -> None:
        asking = asyncio.create_task(compat.aget_connection("some_org"))
        await asyncio.sleep(0.01)
        asking.cancel()
        await asyncio.sleep(0.1)

    monkeypatch.setattr("airflow_sf_health.compat._connections._look_up", slow)
    asyncio.run(cancel())
    assert ended == ["some_org"]


@pytest.mark.skipif(not compat.AIRFLOW_V_3_0_PLUS, reason="Airflow 2 has no supervisor")
@pytest.mark.parametrize("in_thread", [False, True])
def test_a_thread_masks_and_does_not_speak_on_a_line_without_a_lock(
    monkeypatch: pytest.MonkeyPatch, in_thread: bool
) -> None:
    """A text is masked in this process at any rate; the supervisor is told from the main thread, and where threads may speak to it."""
    from airflow.sdk.execution_time import task_runner

    class Line:
        def __init__(self) -> None:
            self.sent: list[Any] = []

        def send(self, message: Any) -> None:
            self.sent.append(message)

    line = Line()
    monkeypatch.setattr(task_runner, "SUPERVISOR_COMMS", line, raising=False)
    secret = f"token-taken-{'beside' if in_thread else 'by'}-the-main-thread"
    if in_thread:
        thread = threading.Thread(target=compat.mask_secret, args=(secret,))
        thread.start()
        thread.join()
    else:
        compat.mask_secret(secret)
    assert secret not in str(compat.redact(f"Bearer {secret}"))
    assert bool(line.sent) is (not in_thread or compat.AIRFLOW_V_3_3_PLUS)
