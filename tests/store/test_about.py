"""What a person is told of a store."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from store.remembered import ME

from airflow_sf_health.store import Store, StoreError, open_store
from airflow_sf_health.store.migrations import VERSION


def test_about(store: Store) -> None:
    """Its name without a password, its schema, and how large it is; nothing that it keeps is touched."""
    about = store.about()
    assert (about.schema, (about.size or 0) > 0) == (VERSION, True)
    assert about.name.startswith(("SQLite /", "postgresql on "))
    assert list(store.objects(ME)) == []


def test_a_read_only_file(tmp_path: Path) -> None:
    """One that can be read and not written is no store that is well."""
    url = f"sqlite:///{tmp_path}/store.db?mode=ro&uri=true"
    open_store(f"sqlite:///{tmp_path}/store.db").about()
    with pytest.raises(StoreError, match="read-only"):
        open_store(url.replace("sqlite:///", "sqlite:///file:")).about()
    with sqlite3.connect(tmp_path / "store.db") as kept:
        assert kept.execute("SELECT max(version) FROM sf_health_schema").fetchone() == (VERSION,)
    kept.close()
