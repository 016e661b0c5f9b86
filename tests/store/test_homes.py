"""The Airflow home as the place of the store: used where it is this user's, and safely passed over where it is not."""

from __future__ import annotations

import logging
import os
import pwd
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
from store.remembered import ME
from store.unprivileged import unprivileged

from airflow_sf_health.store import _files, open_store
from airflow_sf_health.store._files import default_file


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.fixture
def home(public: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An Airflow home; beside it is what stands for this host's own directories."""
    path = public / "airflow"
    path.mkdir()
    path.chmod(0o777)
    monkeypatch.setenv("AIRFLOW_HOME", str(path))
    monkeypatch.setattr(_files, "_host_local", lambda: iter([public / "private"]))
    _files._warn.cache_clear()
    yield path
    path.chmod(0o777)


def test_a_home_that_may_not_be_looked_into_leaves_a_private_directory(home: Path) -> None:
    """The user of the process may not even see whether there is one."""
    outer = home / "outer"
    outer.mkdir(mode=0o700)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AIRFLOW_HOME", str(outer / "airflow"))
        with unprivileged():
            assert default_file() == home.parent / "private" / "store.sqlite"
            assert open_store(None).recall(ME, {}).problem == ""


def test_a_user_without_a_home_has_a_private_directory(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One that the system has no entry for, or whose home is named by a user who is not there."""
    monkeypatch.setenv("AIRFLOW_HOME", "~no_such_user_here/airflow")
    assert default_file() == home.parent / "private" / "store.sqlite"


def test_an_own_directory_that_lets_others_in_is_closed(home: Path) -> None:
    """What is kept there is nobody else's business."""
    (home / "sf_health").mkdir()
    (home / "sf_health").chmod(0o777)
    assert default_file() == home / "sf_health" / "store.sqlite"
    assert mode(home / "sf_health") == 0o700


def test_a_link_to_an_own_directory_is_followed(home: Path, public: Path) -> None:
    """Who has put it on another disk has a reason."""
    (public / "disk").mkdir(mode=0o755)
    (home / "sf_health").symlink_to(public / "disk")
    assert default_file() == home / "sf_health" / "store.sqlite"
    assert mode(public / "disk") == 0o700


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can make a directory of another user")
@pytest.mark.parametrize("planted", ["directory", "link", "file"])
def test_what_another_user_put_there_is_not_used(
    home: Path, public: Path, caplog: pytest.LogCaptureFixture, planted: str
) -> None:
    """However open it is: its owner reads what is kept, or changes it. The log says so, once."""
    place = home / "sf_health"
    if planted == "link":
        (public / "disk").mkdir()
        (public / "disk").chmod(0o777)
        place.symlink_to(public / "disk")
    else:
        place.mkdir()
        place.chmod(0o777)
    if planted == "file":
        os.chown(place, pwd.getpwnam("nobody").pw_uid, -1)
        (place / "store.sqlite").touch()
        (place / "store.sqlite").chmod(0o666)
    with unprivileged(), caplog.at_level(logging.WARNING):
        assert default_file() == public / "private" / "store.sqlite"
        assert default_file() == public / "private" / "store.sqlite"
    assert len([each for each in caplog.messages if f"{place} is not used for the store" in each]) == 1
