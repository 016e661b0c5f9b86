"""The file of tasks that are known to be unguarded."""

from __future__ import annotations

import json
from pathlib import Path, PurePosixPath
from types import SimpleNamespace

import pytest

from airflow_sf_health.enforcement.baseline import Baseline, file_of
from airflow_sf_health.exceptions import SettingsError

ENTRIES = [("crm/b.py", "crm", "load"), ("crm/a.py", "crm", "zürich"), ("crm/a.py", "crm", "export")]


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return tmp_path / "baseline.json"


def test_it_reads_back(place: Path) -> None:
    """What was written is what is read."""
    place.write_text(Baseline.of(ENTRIES).text(), encoding="utf-8")
    assert Baseline.read(place) == Baseline.of(ENTRIES)


def test_an_empty_one_reads_back(place: Path) -> None:
    """Who has guarded all keeps a file of none."""
    place.write_text(Baseline.of([]).text(), encoding="utf-8")
    assert Baseline.read(place) == Baseline()


def test_it_is_kind_to_a_diff(place: Path) -> None:
    """One line for each task, sorted, whatever the order in which they were found; it says its version."""
    place.write_text(Baseline.of(ENTRIES).text(), encoding="utf-8")
    assert place.read_text(encoding="utf-8") == (
        '{"version": 1, "tasks": [\n'
        '  {"file": "crm/a.py", "dag": "crm", "task": "export"},\n'
        '  {"file": "crm/a.py", "dag": "crm", "task": "zürich"},\n'
        '  {"file": "crm/b.py", "dag": "crm", "task": "load"}\n'
        "]}\n"
    )


def test_it_covers_a_task_and_not_its_file() -> None:
    """A task that joins a file later is new, and so is one that moves to another file."""
    baseline = Baseline.of(ENTRIES)
    assert baseline.covers("crm/b.py", "crm", "load")
    assert not baseline.covers("crm/b.py", "crm", "export")
    assert not baseline.covers("crm/c.py", "crm", "load")


def test_a_file_that_changed_is_read_again(place: Path) -> None:
    """No process has to be started anew for it."""
    place.write_text(Baseline.of(ENTRIES).text(), encoding="utf-8")
    assert Baseline.read(place) is Baseline.read(place)
    place.write_text(Baseline.of(ENTRIES[:1]).text(), encoding="utf-8")
    assert Baseline.read(place) == Baseline.of(ENTRIES[:1])


def test_a_relative_path_begins_in_airflows_home(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It means the same in each process, wherever that was started."""
    monkeypatch.setenv("AIRFLOW_HOME", str(place.parent))
    place.write_text(Baseline.of(ENTRIES).text(), encoding="utf-8")
    assert Baseline.read(place.name) == Baseline.of(ENTRIES)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "is no baseline"),
        ("tasks: []", "is no baseline"),
        ("[]", "is no baseline"),
        ('{"version": 1}', "is no baseline"),
        ('{"version": 1, "tasks": [["a", "b", "c"]]}', "is no baseline"),
        ('{"version": 1, "tasks": [{"file": "a", "dag": "b"}]}', "is no baseline"),
        ('{"version": 1, "tasks": [{"file": "a", "dag": "b", "task": 3}]}', "is no baseline"),
        ('{"version": 2, "tasks": []}', "is of version 2, and this release reads version 1"),
        ("\udcff", "is no baseline"),
    ],
)
def test_what_is_none_is_refused(text: str, why: str, place: Path) -> None:
    """The error names the option, the file, and how to write one."""
    place.write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(
        SettingsError,
        match=rf"policy_baseline, {place}, cannot be used: {why}\. Mend it, or delete it and write it anew with `sf-health lint",
    ):
        Baseline.read(place)


def test_one_that_is_missing_is_refused(place: Path) -> None:
    """A path with a typing error does not mean that each old task is a new one."""
    with pytest.raises(
        SettingsError, match=r"cannot be used: no such file or directory\. Write it with `sf-health lint"
    ):
        Baseline.read(place)
    with pytest.raises(SettingsError, match="cannot be used: is a directory"):
        Baseline.read(place.parent)


def test_keys_of_later_releases_are_passed_over(place: Path) -> None:
    """Whoever adds a remark to an entry may."""
    place.write_text(
        json.dumps({"version": 1, "tasks": [{"file": "a", "dag": "b", "task": "c", "why": "old"}], "by": "me"})
    )
    assert Baseline.read(place).covers("a", "b", "c")


def test_a_file_is_named_relative_to_its_bundle() -> None:
    """As Airflow 3 names it (a text), or 2.11 (a path)."""
    assert file_of(SimpleNamespace(relative_fileloc="crm/a.py", fileloc="/opt/dags/crm/a.py")) == "crm/a.py"
    assert file_of(SimpleNamespace(relative_fileloc=PurePosixPath("crm/a.py"))) == "crm/a.py"


def test_a_file_of_no_bundle_is_named_relative_to_the_dags_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So it has one name where a command reads it too; elsewhere it is named in full."""
    monkeypatch.setenv("AIRFLOW__CORE__DAGS_FOLDER", str(tmp_path))
    in_folder = SimpleNamespace(relative_fileloc=str(tmp_path / "crm/a.py"), fileloc=str(tmp_path / "crm/a.py"))
    assert file_of(in_folder) == "crm/a.py"
    assert file_of(SimpleNamespace(relative_fileloc=None, fileloc="/else/where.py")) == "/else/where.py"
    assert file_of(SimpleNamespace(relative_fileloc=None, fileloc="/else/where.py"), "/else") == "where.py"


def test_a_link_is_named_as_a_link(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Airflow knows it by that name; where the folder itself is come to by a link, its files are the same."""
    monkeypatch.setenv("AIRFLOW__CORE__DAGS_FOLDER", str(tmp_path / "dags"))
    (tmp_path / "dags").mkdir()
    (tmp_path / "shared.py").touch()
    (tmp_path / "dags" / "linked.py").symlink_to("../shared.py")
    (tmp_path / "dags" / "own.py").touch()
    (tmp_path / "alias").symlink_to("dags")
    assert file_of(SimpleNamespace(relative_fileloc=None, fileloc=str(tmp_path / "dags/linked.py"))) == "linked.py"
    assert file_of(SimpleNamespace(relative_fileloc=None, fileloc=str(tmp_path / "alias/own.py"))) == "own.py"
