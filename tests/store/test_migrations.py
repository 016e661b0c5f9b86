"""How tables come to be, and change."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import create_engine, inspect
from store.remembered import accept, recall, snapshot, user

from airflow_sf_health.store import migrations, open_store
from airflow_sf_health.store._tables import METADATA

if TYPE_CHECKING:
    import pytest
    from sqlalchemy.engine import Connection


def add_notes(connection: Connection) -> None:
    connection.exec_driver_sql("CREATE TABLE sf_health_notes (note TEXT)")


def fail(connection: Connection) -> None:
    add_notes(connection)
    raise ZeroDivisionError


def tables(url: str) -> dict[str, Any]:
    """Table -> column -> whether it may be empty."""
    engine = create_engine(url, future=True)
    found = inspect(engine)
    seen = {
        name: {each["name"]: each["nullable"] for each in found.get_columns(name)} for name in found.get_table_names()
    }
    engine.dispose()
    return seen


def versions(url: str) -> list[int]:
    engine = create_engine(url, future=True)
    with engine.connect() as connection:
        found = connection.exec_driver_sql("SELECT version FROM sf_health_schema ORDER BY version").scalars().all()
    engine.dispose()
    return list(found)


def take(monkeypatch: pytest.MonkeyPatch, *steps: Any) -> None:
    """A later version of this package, with these steps more."""
    monkeypatch.setattr(migrations, "STEPS", (*migrations.STEPS, *steps))
    monkeypatch.setattr(migrations, "VERSION", len(migrations.STEPS))


def test_the_steps_make_the_tables_that_are_used(url: str) -> None:
    """Names, columns and what may be empty are the same."""
    assert recall(open_store(url)).problem == ""
    used = {
        name: {column.name: bool(column.nullable) for column in table.columns}
        for name, table in METADATA.tables.items()
    }
    assert {name: columns for name, columns in tables(url).items() if name != "sf_health_schema"} == used
    assert versions(url) == list(range(1, migrations.VERSION + 1))


def test_a_later_version_takes_the_steps_that_are_missing(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was remembered is still there."""
    accept(open_store(url), snapshot(), user=user())
    take(monkeypatch, add_notes)
    facts = recall(open_store(url), "Account")
    assert (list(facts.snapshots), facts.user) == (["Account"], user())
    assert "sf_health_notes" in tables(url)
    assert versions(url) == list(range(1, migrations.VERSION + 1))


def test_what_the_first_version_remembered_is_kept(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its tables stay as they are, and those of logins, passes and verdicts come beside them."""
    with monkeypatch.context() as earlier:
        earlier.setattr(migrations, "STEPS", migrations.STEPS[:1])
        earlier.setattr(migrations, "VERSION", 1)
        accept(open_store(url), snapshot(), user=user(), door="door")
        before = tables(url)
    assert "sf_health_logins" not in before
    store = open_store(url)
    assert store.vault.take_lease("login", "one", 60)
    facts = recall(store, "Account")
    assert (list(facts.snapshots), facts.user, store.who_came_by("door")) == (["Account"], user(), user())
    assert {name: tables(url)[name] for name in before} == before
    assert versions(url) == list(range(1, migrations.VERSION + 1))


def test_a_step_that_fails_leaves_the_store_as_it_was(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """All steps or none; the earlier version goes on with it."""
    accept(open_store(url), snapshot())
    with monkeypatch.context() as later:
        take(later, fail)
        assert "cannot be used: ZeroDivisionError" in recall(open_store(url), "Account").problem
    assert "sf_health_notes" not in tables(url)
    assert list(recall(open_store(url), "Account").snapshots) == ["Account"]


def test_a_process_of_the_earlier_version_stops_remembering(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker that was not upgraded yet, and has the store open, writes nothing into newer tables."""
    store = open_store(url)
    assert accept(store, snapshot()) == ""
    with monkeypatch.context() as later:
        take(later, add_notes)
        assert recall(open_store(url)).problem == ""
    assert "was written by a newer version" in accept(store, snapshot(after=5))
