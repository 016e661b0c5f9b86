"""What a command reads."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from airflow_sf_health.commands.errors import CommandError
from airflow_sf_health.commands.files import read_mapping

WANTED = {"sandbox": False, "packages": ["npsp"]}
LAUGHS = b"a0: &a0 [1]\n" + b"".join(
    f"a{number}: &a{number} [{', '.join([f'*a{number - 1}'] * 10)}]\n".encode() for number in range(1, 12)
)
"""Aliases of aliases, which stand for a hundred billion values."""


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
        ("r.yaml", b"a: &a [*a]", "r.yaml is neither YAML nor JSON, in line 1: an alias holds itself."),
        ("r.yaml", LAUGHS, "it stands for more than 100,000 values with its aliases written out."),
        ("r.json", b'{"sandbox": no}', "r.json cannot be read as JSON: Expecting value: line 1"),
        ("r.json", b'{"a": ' + b"[" * 100_000, "r.json cannot be read as JSON: "),
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
