"""What a command reads and writes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from airflow_sf_health.commands.errors import CommandError
from airflow_sf_health.commands.files import read_mapping, write_whole

WANTED = {"sandbox": False, "packages": ["npsp"]}


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("r.yaml", "sandbox: no\npackages: [npsp]\n", WANTED),
        ("r.yml", "# nothing\n", {}),
        ("r.json", '{"sandbox": false,\n\t"packages": ["npsp"]}', WANTED),
        ("r.txt", '{"sandbox": false, "packages": ["npsp"]}', WANTED),
    ],
)
def test_a_mapping(tmp_path: Path, name: str, text: str, value: dict[str, Any]) -> None:
    """YAML and JSON are read alike."""
    file = tmp_path / name
    file.write_text(text)
    assert read_mapping(str(file)) == value


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("r.yaml", b"sandbox: [", "r.yaml is neither YAML nor JSON, in line 1: "),
        ("r.yaml", b"- sandbox", "r.yaml must hold a mapping of names to values, such as `sandbox: false`."),
        ("r.yaml", b"text", "must hold a mapping"),
        ("r.yaml", b"a: \x00", "is neither YAML nor JSON"),
        ("r.yaml", b"a: 2026-13-45", "r.yaml cannot be read as YAML: "),
        ("r.json", b'{"sandbox": no}', "r.json cannot be read as JSON: Expecting value: line 1"),
        ("r.yaml", b"\xff", "r.yaml is no text in UTF-8, at byte 0."),
    ],
)
def test_a_wrong_file(tmp_path: Path, name: str, content: bytes, words: str) -> None:
    """What cannot be read is named with the place and the reason."""
    file = tmp_path / name
    file.write_bytes(content)
    with pytest.raises(CommandError) as raised:
        read_mapping(str(file))
    assert words in str(raised.value)


@pytest.mark.parametrize("name", ["missing.yaml", ""])
def test_no_file(tmp_path: Path, name: str) -> None:
    """A file that is not there, and a folder, are one sentence."""
    with pytest.raises(CommandError, match=r"cannot be read: (No such file or directory|Is a directory)\.$"):
        read_mapping(str(tmp_path / name))


def test_a_file_is_written_as_a_whole(tmp_path: Path) -> None:
    """The text stands there in UTF-8, a link stays one, and nothing else is left."""
    file, link = tmp_path / "schema.lock.json", tmp_path / "link.json"
    file.write_text("old")
    link.symlink_to(file)
    write_whole(str(link), "nu\u0301ovo\n")
    assert (link.is_symlink(), file.read_bytes()) == (True, "nu\u0301ovo\n".encode())
    assert sorted(tmp_path.iterdir()) == [link, file]


def test_a_write_that_fails_leaves_what_was_there(tmp_path: Path) -> None:
    """What breaks off in the middle costs nothing of the old text, and leaves no half of the new one."""
    file = tmp_path / "schema.lock.json"
    file.write_text("old")
    with pytest.raises(UnicodeEncodeError):
        write_whole(str(file), "x" * 100_000 + "\ud800")
    assert file.read_text() == "old"
    assert list(tmp_path.iterdir()) == [file]


@pytest.mark.parametrize("name", ["nowhere/schema.lock.json", ""])
def test_a_place_where_no_file_can_be(tmp_path: Path, name: str) -> None:
    """A folder that is not there, and one that stands in the file's place, are one sentence."""
    with pytest.raises(CommandError, match=r"cannot be written: (No such file or directory|Is a directory)\.$"):
        write_whole(str(tmp_path / name), "text")
    assert list(tmp_path.iterdir()) == []
