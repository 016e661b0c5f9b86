"""A file that a command writes."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from airflow_sf_health.commands.errors import CommandError
from airflow_sf_health.commands.writing import refuse_place, write_whole


def mode(file: Path) -> int:
    return stat.S_IMODE(file.stat().st_mode)


def test_a_file_is_written_as_a_whole(tmp_path: Path) -> None:
    """The text stands there in UTF-8, a link stays one, and nothing else is left."""
    file, link = tmp_path / "schema.lock.json", tmp_path / "link.json"
    file.write_text("old")
    link.symlink_to(file)
    write_whole(str(link), "nu\u0301ovo\n")
    assert (link.is_symlink(), file.read_bytes()) == (True, "nu\u0301ovo\n".encode())
    assert sorted(tmp_path.iterdir()) == [link, file]


def test_a_write_that_fails_leaves_what_was_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What breaks off in the middle costs nothing of the old text, and leaves no half of the new one."""
    file = tmp_path / "schema.lock.json"
    file.write_text("old")

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(CommandError, match=r"schema\.lock\.json cannot be written: No space left on device\.$"):
        write_whole(str(file), "x" * 100_000)
    with pytest.raises(UnicodeEncodeError):
        write_whole(str(file), "x" * 100_000 + "\ud800")
    assert file.read_text() == "old"
    assert list(tmp_path.iterdir()) == [file]


@pytest.mark.parametrize("found", [0o664, 0o600, 0o644])
def test_a_file_keeps_its_mode(tmp_path: Path, found: int) -> None:
    """Whoever could read and write it still can, and nobody else."""
    file = tmp_path / "schema.lock.json"
    file.write_text("old")
    file.chmod(found)
    write_whole(str(file), "new")
    assert (mode(file), file.read_text()) == (found, "new")


def test_a_new_file_has_the_mode_of_any_other(tmp_path: Path) -> None:
    """The process's mask says who may read it."""
    (tmp_path / "other").touch()
    write_whole(str(tmp_path / "schema.lock.json"), "text")
    assert mode(tmp_path / "schema.lock.json") == mode(tmp_path / "other")


def test_what_is_written_first_has_no_name_that_can_be_known(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The file beside is a new one each time, and none that another user has put there is opened."""
    opened: list[tuple[str, int]] = []
    real = os.open

    def watched(path: str, flags: int, mode: int) -> int:
        opened.append((str(path), flags))
        return real(path, flags, mode)

    monkeypatch.setattr(os, "open", watched)
    for text in ("one", "two"):
        write_whole(str(tmp_path / "schema.lock.json"), text)
    (first, flags), (second, _) = opened
    assert first != second
    assert flags & os.O_EXCL
    assert flags & os.O_NOFOLLOW


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("nowhere/schema.lock.json", r"cannot be written: there is no folder .*nowhere\.$"),
        ("file/schema.lock.json", r"cannot be written: there is no folder .*file\.$"),
        ("", r"is a folder\. Name the file in it\.$"),
        ("pipe", r"is no file that can be replaced"),
        ("x" * 300, r"cannot be written: File name too long\.$"),
    ],
)
def test_a_place_where_no_file_can_be(tmp_path: Path, name: str, words: str) -> None:
    """What stands in the way is named, before anything is written."""
    (tmp_path / "file").touch()
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(CommandError, match=words):
        refuse_place(str(tmp_path / name))


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_is_read_only(tmp_path: Path) -> None:
    """A folder in which nothing may be made is named."""
    tmp_path.chmod(0o500)
    try:
        with pytest.raises(CommandError, match=r"nothing may be made in the folder"):
            refuse_place(str(tmp_path / "schema.lock.json"))
    finally:
        tmp_path.chmod(0o700)


def test_a_place_where_a_file_can_be(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A new file, one that is there, and one in the working directory are welcome, and nothing is made yet."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "old").touch()
    for file in (str(tmp_path / "new"), str(tmp_path / "old"), "new"):
        refuse_place(file)
    assert [each.name for each in tmp_path.iterdir()] == ["old"]
