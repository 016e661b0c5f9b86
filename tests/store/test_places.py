"""Where the store of this host is, and what it is opened by."""

from __future__ import annotations

import os
import sqlite3
import stat
import tempfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from store.remembered import accept, recall, snapshot
from store.unprivileged import unprivileged

from airflow_sf_health.store import open_store
from airflow_sf_health.store._files import default_file
from airflow_sf_health.store._mounts import is_local
from airflow_sf_health.store._place import kind_of, place_of, reach_of
from airflow_sf_health.store._problems import StoreError

MOUNTS = """\
/dev/vda1 / ext4 rw 0 0
proc /proc proc rw 0 0
server:/home /home nfs4 rw 0 0
//server/share /mnt/with\\040blank cifs rw 0 0
/dev/vdb /home/local xfs rw 0 0
bucket /data fuse.s3fs rw 0 0
tmpfs /data tmpfs rw 0 0
"""


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.fixture
def home(public: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An Airflow home, and beside it the places of this host that are private."""
    path = public / "airflow"
    path.mkdir()
    path.chmod(0o777)
    monkeypatch.setenv("AIRFLOW_HOME", str(path))
    return path


@pytest.fixture
def host(public: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What stands for this host's own directories."""
    monkeypatch.setattr("airflow_sf_health.store._files._host_local", lambda: iter([public / "private"]))
    return public / "private"


@pytest.fixture
def ordinary(home: Path, host: Path) -> Iterator[None]:
    with unprivileged():
        yield


def test_the_store_is_in_the_airflow_home(home: Path) -> None:
    """Its directory and all its files are for their owner only."""
    store = open_store(None)
    assert accept(store, snapshot()) == ""
    with closing(sqlite3.connect(home / "sf_health" / "store.sqlite")) as reading:
        assert reading.execute("SELECT count(*) FROM sf_health_snapshots").fetchone() == (1,)
        files = list((home / "sf_health").iterdir())
        assert {mode(each) for each in files} == {0o600}
    assert mode(home / "sf_health") == 0o700
    assert list(recall(open_store(None), "Account").snapshots) == ["Account"]


def test_a_read_only_home_leaves_a_private_directory(home: Path, host: Path) -> None:
    """It is made for this user alone, and found again."""
    home.chmod(0o555)
    with unprivileged():
        assert accept(open_store(None), snapshot()) == ""
        assert list(recall(open_store(None), "Account").snapshots) == ["Account"]
        assert (mode(host), host.stat().st_uid) == (0o700, os.geteuid())
        assert mode(host / "store.sqlite") == 0o600
    assert not list(home.iterdir())


@pytest.mark.usefixtures("ordinary")
def test_a_home_that_is_not_there_is_not_made(home: Path, host: Path) -> None:
    """A worker may have none."""
    home.rmdir()
    assert default_file() == host / "store.sqlite"
    assert not home.exists()


def test_a_store_of_another_user_in_the_home_is_left_to_that_one(home: Path, host: Path) -> None:
    """A task that runs as another user has a store of its own."""
    (home / "sf_health").mkdir(mode=0o755)
    (home / "sf_health" / "store.sqlite").touch(0o444)
    (home / "sf_health").chmod(0o555)
    with unprivileged():
        assert default_file() == host / "store.sqlite"


def test_a_directory_that_others_may_enter_is_not_used(home: Path, host: Path) -> None:
    """Somebody may have put it there to read or to change what is remembered."""
    home.chmod(0o555)
    with unprivileged():
        host.mkdir()
        host.chmod(0o755)
        with pytest.raises(
            StoreError, match=r"has no place on this host: neither .*sf_health nor .*private can be written"
        ):
            default_file()
        assert "has no place on this host" in recall(open_store(None), "Account").problem
        host.rmdir()
        host.symlink_to(tempfile.gettempdir())
        with pytest.raises(StoreError, match="has no place on this host"):
            default_file()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can make a directory of another user")
def test_a_directory_of_another_user_is_not_used(home: Path, host: Path) -> None:
    """However private it is."""
    home.chmod(0o555)
    host.mkdir(mode=0o700)
    with unprivileged(), pytest.raises(StoreError, match="has no place on this host"):
        default_file()


@pytest.mark.parametrize(
    ("path", "local"),
    [
        ("/var/tmp/store", True),
        ("/home/airflow/store", False),
        ("/home/local/store", True),
        ("/homes/store", True),
        ("/mnt/with blank/store", False),
        ("/data/store", True),
    ],
)
def test_the_nearest_mount_tells_a_disk_of_this_host(path: str, local: bool) -> None:
    """And of two mounts at one place the later one."""
    assert is_local(Path(path), MOUNTS) is local


def test_an_unknown_file_system_counts_as_shared(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """So does any, where the system does not tell its mounts."""
    assert not is_local(Path("/x"), "what / newfs rw 0 0")
    monkeypatch.setattr("airflow_sf_health.store._mounts.MOUNTS", tmp_path / "none")
    assert not is_local(tmp_path)


@pytest.mark.parametrize(
    ("url", "kind", "reach"),
    [
        (None, "sqlite", "this host only"),
        ("sqlite:////var/lib/store.sqlite", "sqlite", "this host only"),
        ("postgres://db/name", "postgresql", "shared: postgresql"),
        ("postgresql+psycopg2://db/name", "postgresql", "shared: postgresql"),
        ("mysql+pymysql://db/name", "mysql", "shared: mysql"),
    ],
)
def test_the_reach_is_told_by_the_kind_of_database(url: str | None, kind: str, reach: str) -> None:
    """Before anything is opened."""
    assert (kind_of(url), reach_of(url)) == (kind, reach)
    assert open_store(url).reach == reach


@pytest.mark.parametrize("scheme", ["postgres", "postgresql"])
def test_a_postgresql_url_without_a_driver_gets_the_one_that_is_there(scheme: str) -> None:
    """SQLAlchemy's own choice depends on its version, and it does not know the short name at all."""
    place = place_of(f"{scheme}://me:canary%40@db.example.com:6543/health")
    assert place.url.drivername == "postgresql+psycopg2"
    assert (place.name, place.secrets) == ("postgresql on db.example.com:6543", ("canary@",))
    assert "canary" not in repr(place)
    assert place.connect["connect_timeout"] == 3


def test_time_limits_of_the_url_stay() -> None:
    """Who writes one has a reason."""
    place = place_of("postgresql+psycopg2:///health?host=/run/postgresql&connect_timeout=10")
    assert "connect_timeout" not in place.connect
    assert place.name == "postgresql on /run/postgresql"


def test_a_new_file_of_a_url_is_for_its_owner_only(tmp_path: Path) -> None:
    """One that was there keeps its rights."""
    accept(open_store(f"sqlite:///{tmp_path}/new.sqlite"), snapshot())
    assert mode(tmp_path / "new.sqlite") == 0o600
    (tmp_path / "old.sqlite").touch()
    (tmp_path / "old.sqlite").chmod(0o660)
    accept(open_store(f"sqlite:///{tmp_path}/old.sqlite"), snapshot())
    assert mode(tmp_path / "old.sqlite") == 0o660
