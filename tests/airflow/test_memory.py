"""The site's memory, as ``[sf_health] store`` names it."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from pathlib import Path

import pytest

from airflow_sf_health.edges.memory import amemory, memory
from airflow_sf_health.evidence.memory import Whose
from airflow_sf_health.settings import Settings, settings
from airflow_sf_health.store import Store

ME = Whose("00DHs0000000001MAA", "005Hs0000000001MAA", "64.0")


def chosen(store: str) -> Settings:
    return replace(settings(), store=store)


def both(store: str) -> list[Store]:
    """What a task has, and what a trigger has."""
    found = [memory(chosen(store)), asyncio.run(amemory(chosen(store)))]
    assert all(each is not None for each in found)
    return [each for each in found if each is not None]


def kept_connection(monkeypatch: pytest.MonkeyPatch, **fields: object) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_HEALTH_STORE", json.dumps(fields))


def problem(store: Store) -> str:
    return store.recall(ME, {"Account": ""}).problem


@pytest.mark.parametrize("word", ["none", "None"])
def test_a_site_may_have_no_memory(word: str) -> None:
    """Then there is none, and no problem."""
    assert memory(chosen(word)) is None
    assert asyncio.run(amemory(chosen(word))) is None


def test_the_default_is_one_store_of_this_host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In the Airflow home, and the same one for all that ask in this process."""
    monkeypatch.setenv("AIRFLOW_HOME", str(tmp_path))
    store, of_trigger = both("")
    assert store is of_trigger
    assert (problem(store), store.reach) == ("", "this host only")
    assert (tmp_path / "sf_health" / "store.sqlite").exists()


def test_a_url_is_the_store(tmp_path: Path) -> None:
    """Opened once per process."""
    url = f"sqlite:///{tmp_path}/store.sqlite"
    store, of_trigger = both(url)
    assert store is of_trigger
    assert problem(store) == ""
    assert (tmp_path / "store.sqlite").exists()


def test_an_airflow_connection_is_the_store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a type of database."""
    kept_connection(monkeypatch, conn_type="sqlite", host=f"{tmp_path}/store.sqlite")
    for store in both("health_store"):
        assert problem(store) == ""
    assert (tmp_path / "store.sqlite").exists()


def test_an_airflow_connection_to_postgresql_keeps_its_extras(monkeypatch: pytest.MonkeyPatch) -> None:
    """Signs of the password and options of TLS go into the URL; nothing else of the extras does."""
    from airflow_sf_health.compat import get_connection
    from airflow_sf_health.edges.memory import url_of

    kept_connection(
        monkeypatch,
        conn_type="postgres",
        host="db.example.com",
        port=6543,
        login="me@acme",
        password="p@ss/word",
        schema="health",
        extra=json.dumps({"sslmode": "require", "cursor": "dictcursor"}),
    )
    url = "postgresql://me%40acme:p%40ss%2Fword@db.example.com:6543/health?sslmode=require"
    assert url_of(get_connection("health_store")) == url
    assert [store.reach for store in both("health_store")] == ["shared: postgresql"] * 2


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"conn_type": "http", "host": "db.example.com"}, "it is of type 'http', and has to be one of postgres"),
        ({}, "NotFound"),
    ],
)
def test_a_connection_that_is_no_database_is_no_memory(
    monkeypatch: pytest.MonkeyPatch, fields: dict[str, str], said: str
) -> None:
    """A sentence names it and says what to do."""
    if fields:
        kept_connection(monkeypatch, **fields)
    for store in both("health_store"):
        assert "names the Airflow connection 'health_store'" in problem(store)
        assert said in problem(store)


def test_what_is_no_id_is_not_repeated() -> None:
    """A URL that lacks its scheme may hold a password."""
    for store in both("me:canary@db.example.com/health"):
        assert "canary" not in problem(store)


def test_the_password_of_the_store_is_masked() -> None:
    """As it stands in the URL, and as it is."""
    from airflow_sf_health.compat import redact

    memory(chosen("postgresql://me:canary%2Dstore@db.example.com/health"))
    assert redact("canary-store canary%2Dstore") == "*** ***"


def test_a_password_that_is_part_of_each_word_is_not_masked() -> None:
    """A log in which each "p" is hidden tells nothing, and hides nothing either."""
    from airflow_sf_health.compat import redact

    memory(chosen("postgresql://me:p@db.example.com/health"))
    assert redact("the preflight passed") == "the preflight passed"


@pytest.mark.parametrize("written", ["sqlite:///{path}", "sqlite://{host}"])
def test_a_connection_to_a_file_may_be_written_as_a_uri(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, written: str
) -> None:
    """Airflow reads the path of one as a schema, or as a host where it is encoded."""
    path = f"{tmp_path}/store.sqlite"
    monkeypatch.setenv("AIRFLOW_CONN_HEALTH_STORE", written.format(path=path, host=path.replace("/", "%2F")))
    for store in both("health_store"):
        assert problem(store) == ""
    assert (tmp_path / "store.sqlite").exists()


def test_a_connection_to_no_file_is_no_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nor is a store in memory taken for one."""
    kept_connection(monkeypatch, conn_type="sqlite")
    for store in both("health_store"):
        assert "names no file as its host" in problem(store)


def test_extras_are_read_as_they_are_stored(monkeypatch: pytest.MonkeyPatch) -> None:
    """Airflow's own way to read them tells its supervisor of secrets, which a trigger must not do."""
    from airflow_sf_health import compat
    from airflow_sf_health.edges.memory import url_of

    kept_connection(monkeypatch, conn_type="postgres", host="db", extra=json.dumps({"sslmode": "require"}))
    found = compat.get_connection("health_store")
    monkeypatch.setattr(type(found), "extra_dejson", property(lambda _: pytest.fail("asked for")))
    assert url_of(found) == "postgresql://db/?sslmode=require"


def test_broken_extras_are_no_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """They are not shown: they may hold secrets. Airflow 3.1 itself cannot read such a connection, and says that there is none."""
    from airflow_sf_health import compat

    kept_connection(monkeypatch, conn_type="postgres", host="db", extra="{canary")
    is_unread = compat.AIRFLOW_V_3_1_PLUS and not compat.AIRFLOW_V_3_3_PLUS
    for store in both("health_store"):
        assert ("AirflowNotFoundException" if is_unread else "its extra is no JSON object") in problem(store)
        assert "canary" not in problem(store)
