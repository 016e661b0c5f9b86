"""What is one way to the internet, and what are two."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from airflow_sf_health.edges import egress as module
from airflow_sf_health.edges.egress import egress


@pytest.fixture
def host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Where this host keeps its ids. What the process has learnt of them is forgotten afterwards."""
    monkeypatch.setattr(module, "_IDS", (str(tmp_path / "machine-id"), str(tmp_path / "boot_id")))
    yield tmp_path
    forget()


def forget() -> None:
    """As in a process that has not asked yet."""
    module._machine.cache_clear()
    module._of_host.cache_clear()


def asked_anew() -> str:
    forget()
    return egress("")


def test_machines_of_one_image(host: Path) -> None:
    """The same name and machine id do not make two machines one: each was started by itself, and stays what it is until then."""
    (host / "machine-id").write_text("of the image")
    (host / "boot_id").write_text("first")
    first = asked_anew()
    assert asked_anew() == first
    (host / "boot_id").write_text("second")
    assert asked_anew() != first


def test_a_host_without_ids(host: Path) -> None:
    """It is still known by its name; and so is one whose name the site gives, whatever its ids."""
    assert asked_anew().startswith("host ")
    (host / "boot_id").write_text("first")
    assert egress("eu-nat-1") == "declared eu-nat-1"


def test_proxies(host: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another proxy is another way out, from the moment that the environment names it."""
    before = asked_anew()
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.example.com:3128")
    assert egress("") != before
